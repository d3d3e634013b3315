"""Leaves out the spans of one execution that several layers tell of, but for one.

CLIENT  SELECT cat (SQLAlchemy)          CLIENT  users.findOne (mongoose)   left out: no text
  └─ CLIENT  SELECT (psycopg)  left out    └─ CLIENT  users.find (mongodb)

CLIENT  batch start (pgx), db.operation.batch.size = 10
  └─ CLIENT  SELECT            left out, and its siblings: one round trip sends them all

CLIENT  S3/GetObject (AWS SDK)
  └─ CLIENT  GET (HTTP)        left out: how the call is carried
"""

from collections.abc import Iterable, Mapping

from otel_nplusone._core import semconv
from otel_nplusone._core.asked import Asked, asked
from otel_nplusone._core.model import Kind, Span

_CARRIERS = (Kind.HTTP, Kind.RPC)
_SYSTEMS = frozenset({*semconv.SYSTEM, *semconv.RPC_SYSTEM, *semconv.MESSAGING_SYSTEM})


def without_layers(spans: list[Span], by_id: Mapping[str, Span]) -> Iterable[Span]:
    """Leave out the spans that tell of an execution which another one tells of better."""
    ids = {span[1] for span in spans}
    if ids.isdisjoint([span[2] for span in spans]):
        return spans
    out = {
        _worse(by_id[span[2]], span)
        for span in spans
        if span[2] in ids and span[2] != span[1] and span[2] in by_id
    }
    return [span for span in spans if span[1] not in out]


def _worse(parent: Span, child: Span) -> str | None:
    """Return the id of the span that is left out, None where both are executions of their own."""
    outer, inner = asked(parent), asked(child)
    if inner is None:
        return None
    if (semconv.number(parent.attributes, semconv.BATCH_SIZE) or 0) > 1:
        return child.span_id
    if inner.kind in _CARRIERS and (outer or not _SYSTEMS.isdisjoint(parent.attributes)):
        return child.span_id
    if outer is None:
        return None
    if outer.statement.digest == inner.statement.digest:
        return child.span_id
    return parent.span_id if _is_wrapper(parent, outer, inner) else None


def _is_wrapper(parent: Span, outer: Asked, inner: Asked) -> bool:
    """Tell whether a database's span without a text stands around the one that has it."""
    databases = {outer.kind, inner.kind} <= {Kind.SQL, Kind.NOSQL}
    return databases and not semconv.text(parent.attributes, semconv.QUERY_TEXT)
