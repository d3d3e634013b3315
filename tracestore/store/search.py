"""Find traces by service, operation, time, duration and attributes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tracestore.store.database import Store
from tracestore.store.spans import MAX_NANO, attributes_of
from tracestore.store.values import as_text
from tracestore.store.variants import has_variant

DEFAULT_LIMIT = 100
_RECENT = 5

Order = Literal["newest", "longest", "spans"]
_ORDER_BY = {
    "newest": "t.start_time_unix_nano DESC",
    "longest": "t.duration_nano DESC, t.start_time_unix_nano DESC",
    "spans": "t.span_count DESC, t.start_time_unix_nano DESC",
}

SUMMARY_COLUMNS = """
SELECT t.trace_id, t.start_time_unix_nano, t.end_time_unix_nano, t.duration_nano,
       t.span_count, t.error_count, t.statement_count,
       coalesce(s.service, ''), coalesce(o.name, '')
FROM trace t
LEFT JOIN operation o ON o.operation_id = t.root_operation_id
LEFT JOIN source s ON s.source_id = o.source_id
"""

# A trace is found by one span that meets every condition, as in Jaeger. The sums in trace_operation
# rule most traces out before a span is read. Often they answer by themselves: if the shortest or
# the longest span of an operation has the wanted duration, and the whole trace lies in the wanted
# time, then there is such a span.
_HAS_SPAN = """
EXISTS (
  SELECT 1 FROM trace_operation sums
  JOIN operation named ON named.operation_id = sums.operation_id
  JOIN source came ON came.source_id = named.source_id
  WHERE sums.trace_id = t.trace_id
    AND (:service = '' OR came.service = :service)
    AND (:operation = '' OR named.name = :operation)
    AND sums.max_duration_nano >= :duration_min AND sums.min_duration_nano <= :duration_max
    AND ({known} OR EXISTS (
      SELECT 1 FROM span
      WHERE span.trace_id = sums.trace_id AND span.operation_id = sums.operation_id
        AND max(span.end_time_unix_nano - span.start_time_unix_nano, 0)
            BETWEEN :duration_min AND :duration_max
        AND span.start_time_unix_nano BETWEEN :start_min AND :start_max
        {attributes}
    ))
)
"""
_KNOWN = """(
  t.start_time_unix_nano >= :start_min AND t.end_time_unix_nano <= :start_max
  AND (sums.max_duration_nano <= :duration_max OR sums.min_duration_nano >= :duration_min)
)"""
_HAS_VARIANT = """
EXISTS (
  SELECT 1 FROM span root INDEXED BY span_root
  WHERE root.trace_id = t.trace_id AND root.parent_span_id = x''
    AND has_variant(root.body, :variant)
)
"""
_HAS_ATTRIBUTES = "AND has_attributes(span.body, came.resource, came.scope)"


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """Ask for traces with one span that meets every condition; an empty name and None mean any.

    `variant` is what the trace's root says of itself; the other conditions are of any span.
    """

    service: str = ""
    operation: str = ""
    start_time_min_unix_nano: int = 0
    start_time_max_unix_nano: int = MAX_NANO
    duration_min_nano: int | None = None
    duration_max_nano: int | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    variant: str = ""
    limit: int = DEFAULT_LIMIT
    order: Order = "newest"


@dataclass(frozen=True, slots=True)
class TraceSummary:
    """Sum up a trace for a list. The root's service and name are empty until the root arrives."""

    trace_id: bytes
    start_time_unix_nano: int
    end_time_unix_nano: int
    duration_nano: int
    span_count: int
    error_count: int
    statement_count: int
    root_service: str
    root_name: str


def find_traces(store: Store, query: SearchQuery) -> list[TraceSummary]:
    """Return the traces that a query finds, in its order, up to its limit."""
    conditions = ["t.start_time_unix_nano <= :start_max AND t.end_time_unix_nano >= :start_min"]
    if query.variant:
        conditions.append(_HAS_VARIANT)
    if query != SearchQuery(variant=query.variant, limit=query.limit, order=query.order):
        known, attributes = ("FALSE", _HAS_ATTRIBUTES) if query.attributes else (_KNOWN, "")
        conditions.append(_HAS_SPAN.format(known=known, attributes=attributes))
    sql = (
        f"{SUMMARY_COLUMNS} WHERE {' AND '.join(conditions)}"
        f" ORDER BY {_ORDER_BY[query.order]} LIMIT :limit"
    )
    with store.read() as connection:
        connection.create_function("has_attributes", 3, _has_attributes(query.attributes))
        connection.create_function("has_variant", 2, has_variant)
        rows = connection.execute(sql, _parameters(query)).fetchall()
    return [TraceSummary(*row) for row in rows]


def recent_traces(store: Store) -> list[TraceSummary]:
    """Return the newest traces, for pages that have nothing else to show."""
    return find_traces(store, SearchQuery(limit=_RECENT))


def read_summary(store: Store, trace_id: bytes) -> TraceSummary | None:
    """Return one trace as a list shows it; None if it is unknown."""
    with store.read() as connection:
        row = connection.execute(f"{SUMMARY_COLUMNS} WHERE t.trace_id = ?", (trace_id,)).fetchone()
    return None if row is None else TraceSummary(*row)


def _parameters(query: SearchQuery) -> dict[str, str | int]:
    return {
        "service": query.service,
        "operation": query.operation,
        "start_min": query.start_time_min_unix_nano,
        "start_max": query.start_time_max_unix_nano,
        "duration_min": query.duration_min_nano or 0,
        "duration_max": MAX_NANO if query.duration_max_nano is None else query.duration_max_nano,
        "variant": query.variant,
        "limit": query.limit,
    }


def _has_attributes(wanted: Mapping[str, str]) -> Callable[[bytes, bytes, bytes], bool]:
    """Make a function for SQLite that says whether a stored span has every wanted attribute."""
    keys = [key.encode() for key in wanted if key != "error"]

    def has_attributes(body: bytes, resource: bytes, scope: bytes) -> bool:
        # A serialized message contains its keys: most spans are ruled out without decoding.
        if not all(key in body or key in resource or key in scope for key in keys):
            return False
        span = Span.FromString(body)
        missing = dict(wanted)
        # Jaeger's tag `error` asks for the status, not for an attribute; false asks for an OK.
        if "error" in missing and span.status.code != (2 if missing.pop("error") == "true" else 1):
            return False
        for attribute in attributes_of(span, resource, scope):
            if missing.get(attribute.key) == as_text(attribute.value):
                del missing[attribute.key]
        return not missing

    return has_attributes
