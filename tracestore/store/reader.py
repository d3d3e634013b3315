"""Read services, operations, one trace and its counts from the store."""

import itertools
import sqlite3
from dataclasses import dataclass

from tracestore.store.database import Store


@dataclass(frozen=True, slots=True)
class ServiceCount:
    """Count one service's spans in a trace."""

    name: str
    span_count: int
    error_count: int


@dataclass(frozen=True, slots=True)
class Operation:
    """Name an operation of a service, with its span kind as OTLP numbers it."""

    name: str
    kind: int


@dataclass(frozen=True, slots=True)
class StoredSpans:
    """Hold a trace's spans of one source, in order of their start, as the store keeps them."""

    service: str
    resource: bytes
    scope: bytes
    spans: list[bytes]


def services(store: Store) -> list[str]:
    """Return every service that has spans, by name."""
    with store.read() as connection:
        rows = connection.execute("SELECT DISTINCT service FROM source ORDER BY service")
        return [service for (service,) in rows]


def operations(store: Store, service: str) -> list[Operation]:
    """Return the service's operations, by name and kind."""
    with store.read() as connection:
        rows = connection.execute(
            "SELECT DISTINCT name, kind FROM operation JOIN source USING (source_id)"
            " WHERE service = ? ORDER BY name, kind",
            (service,),
        )
        return [Operation(name, kind) for name, kind in rows]


def read_trace(store: Store, trace_id: bytes) -> list[StoredSpans]:
    """Return the spans of a trace by source; nothing if the trace is unknown."""
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
    """Return one span with its resource and scope."""
    with store.read() as connection:
        row = connection.execute(
            "SELECT source_id, body FROM span JOIN operation USING (operation_id)"
            " WHERE trace_id = ? AND span_id = ?",
            (trace_id, span_id),
        ).fetchone()
        return None if row is None else StoredSpans(*_source(connection, row[0]), [row[1]])


def service_counts(store: Store, trace_id: bytes) -> list[ServiceCount]:
    """Count the spans of a trace by service."""
    with store.read() as connection:
        rows = connection.execute(
            "SELECT service, sum(span_count), sum(error_count) FROM trace_operation"
            " JOIN operation USING (operation_id) JOIN source USING (source_id)"
            " WHERE trace_id = ? GROUP BY service ORDER BY service",
            (trace_id,),
        )
        return [ServiceCount(*row) for row in rows]


def orphan_count(store: Store, trace_id: bytes) -> int:
    """Count the spans of a trace whose parent is missing."""
    with store.read() as connection:
        (count,) = connection.execute(
            "SELECT count(*) FROM span WHERE trace_id = :id AND parent_span_id != x''"
            " AND parent_span_id NOT IN (SELECT span_id FROM span WHERE trace_id = :id)",
            {"id": trace_id},
        ).fetchone()
        return int(count)


def stored_span_count(store: Store) -> int:
    """Count all spans in the store."""
    with store.read() as connection:
        (count,) = connection.execute("SELECT span_count FROM total").fetchone()
        return int(count)


def _source(connection: sqlite3.Connection, source_id: int) -> tuple[str, bytes, bytes]:
    service, resource, scope = connection.execute(
        "SELECT service, resource, scope FROM source WHERE source_id = ?", (source_id,)
    ).fetchone()
    return service, resource, scope
