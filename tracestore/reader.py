"""What the store is asked: services, operations, lists of traces, one trace."""

import itertools
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tracestore.query import SearchQuery
from tracestore.spans import attributes_of
from tracestore.store import Store
from tracestore.values import as_text

_ORDER_BY = {
    "newest": "t.start_time_unix_nano DESC",
    "longest": "t.duration_nano DESC, t.start_time_unix_nano DESC",
    "spans": "t.span_count DESC, t.start_time_unix_nano DESC",
}

_SUMMARY_COLUMNS = """
SELECT t.trace_id, t.start_time_unix_nano, t.end_time_unix_nano, t.duration_nano,
       t.span_count, t.error_count, t.statement_count,
       coalesce(s.service, ''), coalesce(o.name, '')
FROM trace t
LEFT JOIN operation o ON o.operation_id = t.root_operation_id
LEFT JOIN source s ON s.source_id = o.source_id
"""

# A trace is found by one span that meets every condition, as in Jaeger. The sums in
# trace_operation rule most traces out before a span is read, and mostly answer by themselves:
# the shortest and the longest span of an operation are known, so where one of them is of the
# wanted duration, and the whole trace of the wanted time, there is such a span.
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
_HAS_ATTRIBUTES = "AND has_attributes(span.body, came.resource, came.scope)"


@dataclass(frozen=True, slots=True)
class ServiceCount:
    """One service's part in a trace."""

    name: str
    span_count: int
    error_count: int


@dataclass(frozen=True, slots=True)
class TraceSummary:
    """A trace in a list. The root's service and name are empty until the root has come."""

    trace_id: bytes
    start_time_unix_nano: int
    end_time_unix_nano: int
    duration_nano: int
    span_count: int
    error_count: int
    statement_count: int
    root_service: str
    root_name: str


@dataclass(frozen=True, slots=True)
class Operation:
    """A span name of a service, with its kind as OTLP numbers it."""

    name: str
    kind: int


@dataclass(frozen=True, slots=True)
class StoredSpans:
    """A trace's spans of one source, in order of their start, as the store keeps them."""

    service: str
    resource: bytes
    scope: bytes
    spans: list[bytes]


def services(store: Store) -> list[str]:
    """Every service that has spans, by name."""
    with store.read() as connection:
        rows = connection.execute("SELECT DISTINCT service FROM source ORDER BY service")
        return [service for (service,) in rows]


def operations(store: Store, service: str) -> list[Operation]:
    """The service's operations, by name and kind."""
    with store.read() as connection:
        rows = connection.execute(
            "SELECT DISTINCT name, kind FROM operation JOIN source USING (source_id)"
            " WHERE service = ? ORDER BY name, kind",
            (service,),
        )
        return [Operation(name, kind) for name, kind in rows]


def find_traces(store: Store, query: SearchQuery) -> list[TraceSummary]:
    """The traces that a query finds, in its order, as many as its limit."""
    conditions = ["t.start_time_unix_nano <= :start_max AND t.end_time_unix_nano >= :start_min"]
    if query != SearchQuery(limit=query.limit, order=query.order):
        known, attributes = ("FALSE", _HAS_ATTRIBUTES) if query.attributes else (_KNOWN, "")
        conditions.append(_HAS_SPAN.format(known=known, attributes=attributes))
    sql = (
        f"{_SUMMARY_COLUMNS} WHERE {' AND '.join(conditions)}"
        f" ORDER BY {_ORDER_BY[query.order]} LIMIT :limit"
    )
    with store.read() as connection:
        connection.create_function("has_attributes", 3, _has_attributes(query.attributes))
        rows = connection.execute(sql, _parameters(query)).fetchall()
    return [TraceSummary(*row) for row in rows]


def read_summary(store: Store, trace_id: bytes) -> TraceSummary | None:
    """One trace as a list shows it."""
    with store.read() as connection:
        row = connection.execute(f"{_SUMMARY_COLUMNS} WHERE t.trace_id = ?", (trace_id,)).fetchone()
    return None if row is None else TraceSummary(*row)


def read_trace(store: Store, trace_id: bytes) -> list[StoredSpans]:
    """All spans of a trace, by source; an empty list if the trace is unknown."""
    with store.read() as connection:
        rows = connection.execute(
            "SELECT source_id, body FROM span JOIN operation USING (operation_id)"
            " WHERE trace_id = ? ORDER BY source_id, start_time_unix_nano, span_id",
            (trace_id,),
        ).fetchall()
        return [
            StoredSpans(*_source(connection, source_id), [body for _, body in group])
            for source_id, group in itertools.groupby(rows, key=lambda row: int(row[0]))
        ]


def read_span(store: Store, trace_id: bytes, span_id: bytes) -> StoredSpans | None:
    """One span with its resource and scope."""
    with store.read() as connection:
        row = connection.execute(
            "SELECT source_id, body FROM span JOIN operation USING (operation_id)"
            " WHERE trace_id = ? AND span_id = ?",
            (trace_id, span_id),
        ).fetchone()
        return None if row is None else StoredSpans(*_source(connection, row[0]), [row[1]])


def service_counts(store: Store, trace_id: bytes) -> list[ServiceCount]:
    """How many spans of a trace came from which service."""
    with store.read() as connection:
        rows = connection.execute(
            "SELECT service, sum(span_count), sum(error_count) FROM trace_operation"
            " JOIN operation USING (operation_id) JOIN source USING (source_id)"
            " WHERE trace_id = ? GROUP BY service ORDER BY service",
            (trace_id,),
        )
        return [ServiceCount(*row) for row in rows]


def orphan_count(store: Store, trace_id: bytes) -> int:
    """How many spans of a trace name a parent that is not there."""
    with store.read() as connection:
        (count,) = connection.execute(
            "SELECT count(*) FROM span WHERE trace_id = :id AND parent_span_id != x''"
            " AND parent_span_id NOT IN (SELECT span_id FROM span WHERE trace_id = :id)",
            {"id": trace_id},
        ).fetchone()
        return int(count)


def stored_span_count(store: Store) -> int:
    """All spans that the store holds."""
    with store.read() as connection:
        (count,) = connection.execute("SELECT span_count FROM total").fetchone()
        return int(count)


def _source(connection: sqlite3.Connection, source_id: int) -> tuple[str, bytes, bytes]:
    service, resource, scope = connection.execute(
        "SELECT service, resource, scope FROM source WHERE source_id = ?", (source_id,)
    ).fetchone()
    return service, resource, scope


def _parameters(query: SearchQuery) -> dict[str, str | int]:
    default_max = SearchQuery().start_time_max_unix_nano
    return {
        "service": query.service,
        "operation": query.operation,
        "start_min": query.start_time_min_unix_nano,
        "start_max": query.start_time_max_unix_nano,
        "duration_min": query.duration_min_nano or 0,
        "duration_max": default_max if query.duration_max_nano is None else query.duration_max_nano,
        "limit": query.limit,
    }


def _has_attributes(wanted: Mapping[str, str]) -> Callable[[bytes, bytes, bytes], bool]:
    """A function for SQLite: whether a stored span has every wanted attribute, as text."""
    keys = [key.encode() for key in wanted if key != "error"]

    def has_attributes(body: bytes, resource: bytes, scope: bytes) -> bool:
        # Keys stand in the messages as they are: most spans are ruled out without decoding.
        if not all(key in body or key in resource or key in scope for key in keys):
            return False
        span = Span.FromString(body)
        missing = dict(wanted)
        # Jaeger's tag `error` asks for the status, not for an attribute, and false for an OK.
        if "error" in missing and span.status.code != (2 if missing.pop("error") == "true" else 1):
            return False
        for attribute in attributes_of(span, resource, scope):
            if missing.get(attribute.key) == as_text(attribute.value):
                del missing[attribute.key]
        return not missing

    return has_attributes
