"""Leave out the spans of one execution that several layers tell of, but for one.

CLIENT  SELECT cat (SQLAlchemy)          CLIENT  users.findOne (mongoose)   left out: no text
  └─ CLIENT  SELECT (psycopg)  left out    └─ CLIENT  users.find (mongodb)

CLIENT  owners.findOne (mongoose)  left out: a sibling with the text lies within it
CLIENT  find owners (mongodb)

CLIENT  batch start (pgx), db.operation.batch.size = 10
  └─ CLIENT  SELECT            left out, and its siblings: one round trip sends them all

CLIENT  S3/GetObject (AWS SDK)
  └─ CLIENT  GET (HTTP)        left out: how the call is carried
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping
from operator import attrgetter

from otel_nplusone._core import semconv
from otel_nplusone._core.asked import Asked, asked
from otel_nplusone._core.model import Kind, Span

_CARRIERS = (Kind.HTTP, Kind.RPC)
_TEXTS = frozenset(semconv.QUERY_TEXT)
_COLLECTIONS = frozenset(semconv.COLLECTION)
# Node's spans begin at a whole millisecond.
_ROUNDED_NS = 2_000_000
_start = attrgetter("start_time_unix_nano")
_SYSTEMS = frozenset({*semconv.SYSTEM, *semconv.RPC_SYSTEM, *semconv.MESSAGING_SYSTEM})


def without_layers(spans: list[Span], by_id: Mapping[str, Span]) -> Iterable[Span]:
    """Leave out the spans that tell of an execution which another one tells of better."""
    spans = _without_covers(spans)
    ids = {span[1] for span in spans}
    if ids.isdisjoint([span[2] for span in spans]):
        return spans
    out = {
        _worse(by_id[span[2]], span)
        for span in spans
        if span[2] in ids and span[2] != span[1] and span[2] in by_id
    }
    return [span for span in spans if span[1] not in out]


def _without_covers(spans: list[Span]) -> list[Span]:
    """Leave out a library's spans without a text that lie around those of its driver."""
    covers = [s for s in spans if _TEXTS.isdisjoint(s[9]) and not _COLLECTIONS.isdisjoint(s[9])]
    if not covers:
        return spans
    told: dict[tuple[str, str], list[Span]] = defaultdict(list)
    for span in spans:
        if not _TEXTS.isdisjoint(span.attributes):
            told[_place(span)].append(span)
    for siblings in told.values():
        siblings.sort(key=_start)
    out = {span.span_id for span in covers if _lies_around(span, told.get(_place(span), []))}
    return [span for span in spans if span.span_id not in out]


def _place(span: Span) -> tuple[str, str]:
    return span.parent_span_id, semconv.text(span.attributes, semconv.COLLECTION)


def _lies_around(cover: Span, told: list[Span]) -> bool:
    """Tell whether one of these, in the order of their start, lies within a span's time."""
    first = bisect_left(told, cover.start_time_unix_nano - _ROUNDED_NS, key=_start)
    return first < len(told) and told[first].end_time_unix_nano <= (
        cover.end_time_unix_nano + _ROUNDED_NS
    )


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
