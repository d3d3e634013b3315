"""Write spans: each request in one transaction, each span once; delete the oldest traces."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from itertools import chain

from tracestore.store.database import Store
from tracestore.store.spans import SourceSpans, SpanRow

SqlValue = bytes | int

# Past the limit this share more is freed, so that not every request has to make room.
_HEADROOM = 0.01

_ROW = "(?, ?, ?, ?, ?, ?, ?, ?, ?)"
_INSERT_SPAN = f"INSERT OR IGNORE INTO span VALUES {_ROW}"
_ROWS_AT_ONCE = 128
_INSERT_MANY = f"INSERT OR IGNORE INTO span VALUES {', '.join([_ROW] * _ROWS_AT_ONCE)}"

_ADD_TO_TRACE = """
INSERT INTO trace (trace_id, start_time_unix_nano, end_time_unix_nano,
                   span_count, error_count, statement_count, root_operation_id)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (trace_id) DO UPDATE SET
  start_time_unix_nano = min(start_time_unix_nano, excluded.start_time_unix_nano),
  end_time_unix_nano = max(end_time_unix_nano, excluded.end_time_unix_nano),
  span_count = span_count + excluded.span_count,
  error_count = error_count + excluded.error_count,
  statement_count = statement_count + excluded.statement_count,
  root_operation_id = coalesce(root_operation_id, excluded.root_operation_id)
"""

_ADD_TO_TRACE_OPERATION = """
INSERT INTO trace_operation VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (trace_id, operation_id) DO UPDATE SET
  span_count = span_count + excluded.span_count,
  error_count = error_count + excluded.error_count,
  statement_count = statement_count + excluded.statement_count,
  min_duration_nano = min(min_duration_nano, excluded.min_duration_nano),
  max_duration_nano = max(max_duration_nano, excluded.max_duration_nano)
"""

_FORGET_UNUSED = (
    "DELETE FROM operation WHERE NOT EXISTS"
    " (SELECT 1 FROM trace_operation t WHERE t.operation_id = operation.operation_id)",
    "DELETE FROM source WHERE NOT EXISTS"
    " (SELECT 1 FROM operation o WHERE o.source_id = source.source_id)",
)


def write_spans(store: Store, sources: Iterable[SourceSpans]) -> int:
    """Store the spans that are new, and return how many. Past the limit, delete old traces.

    A span that is stored already, by trace id and span id, changes nothing: exporters repeat a
    request whose answer was lost. After a StoreUnavailableError nothing is stored.
    """
    with store.write() as connection:
        inserted = 0
        for trace_id, rows in _by_trace(connection, sources).items():
            inserted += _write_trace(connection, trace_id, rows)
        _hold_limit(connection, inserted, max_spans=store.max_spans)
    return inserted


def _by_trace(
    connection: sqlite3.Connection, sources: Iterable[SourceSpans]
) -> dict[bytes, list[tuple[int, SpanRow]]]:
    """Group spans by trace, with the id of their operation; a request has few of either."""
    by_trace: dict[bytes, list[tuple[int, SpanRow]]] = {}
    for source in sources:
        source_id = _source_id(connection, source)
        operation_ids: dict[tuple[str, int], int] = {}
        for span in source.spans:
            key = (span.name, span.kind)
            operation_id = operation_ids.get(key)
            if operation_id is None:
                operation_id = operation_ids[key] = _operation_id(connection, source_id, *key)
            by_trace.setdefault(span.trace_id, []).append((operation_id, span))
    return by_trace


def _source_id(connection: sqlite3.Connection, source: SourceSpans) -> int:
    key = (source.resource, source.scope)
    connection.execute(
        "INSERT OR IGNORE INTO source (service, resource, scope) VALUES (?, ?, ?)",
        (source.service, *key),
    )
    found = connection.execute(
        "SELECT source_id FROM source WHERE resource = ? AND scope = ?", key
    ).fetchone()
    return int(found[0])


def _operation_id(connection: sqlite3.Connection, source_id: int, name: str, kind: int) -> int:
    key = (source_id, name, kind)
    connection.execute(
        "INSERT OR IGNORE INTO operation (source_id, name, kind) VALUES (?, ?, ?)", key
    )
    found = connection.execute(
        "SELECT operation_id FROM operation WHERE source_id = ? AND name = ? AND kind = ?", key
    ).fetchone()
    return int(found[0])


def _write_trace(
    connection: sqlite3.Connection, trace_id: bytes, rows: list[tuple[int, SpanRow]]
) -> int:
    unique = {span.span_id: (operation_id, span) for operation_id, span in reversed(rows)}
    known = _known_span_ids(connection, trace_id, unique)
    # In the order of the table: consecutive rows fill its pages.
    new = [unique[span_id] for span_id in sorted(unique.keys() - known)]
    if not new:
        return 0
    _insert_spans(
        connection,
        [
            (
                trace_id,
                span.span_id,
                span.parent_span_id,
                operation_id,
                span.start_time_unix_nano,
                span.end_time_unix_nano,
                span.is_error,
                span.is_statement,
                span.body,
            )
            for operation_id, span in new
        ],
    )
    _add_sums(connection, trace_id, new)
    return len(new)


def _insert_spans(connection: sqlite3.Connection, rows: list[tuple[SqlValue, ...]]) -> None:
    """Insert many rows by one statement: between two, another thread takes the interpreter."""
    whole = len(rows) - len(rows) % _ROWS_AT_ONCE
    for begin in range(0, whole, _ROWS_AT_ONCE):
        values = chain.from_iterable(rows[begin : begin + _ROWS_AT_ONCE])
        connection.execute(_INSERT_MANY, tuple(values))
    connection.executemany(_INSERT_SPAN, rows[whole:])


def _known_span_ids(
    connection: sqlite3.Connection, trace_id: bytes, span_ids: Iterable[bytes]
) -> set[bytes]:
    """Return those of these spans that are stored already.

    A trace that is new to the store, the usual case, costs one look-up.
    """
    if connection.execute("SELECT 1 FROM trace WHERE trace_id = ?", (trace_id,)).fetchone() is None:
        return set()
    known = "SELECT 1 FROM span WHERE trace_id = ? AND span_id = ?"
    return {
        span_id
        for span_id in span_ids
        if connection.execute(known, (trace_id, span_id)).fetchone() is not None
    }


def _add_sums(
    connection: sqlite3.Connection, trace_id: bytes, rows: list[tuple[int, SpanRow]]
) -> None:
    by_operation: dict[int, list[SpanRow]] = defaultdict(list)
    for operation_id, span in rows:
        by_operation[operation_id].append(span)
    sums = [(trace_id, operation_id, *_sums(spans)) for operation_id, spans in by_operation.items()]
    connection.executemany(_ADD_TO_TRACE_OPERATION, sums)
    roots = [(span.start_time_unix_nano, op) for op, span in rows if not span.parent_span_id]
    connection.execute(
        _ADD_TO_TRACE,
        (
            trace_id,
            min([span.start_time_unix_nano for _, span in rows]),
            max([span.end_time_unix_nano for _, span in rows]),
            len(rows),
            sum(error_count for _, _, _, error_count, *_ in sums),
            sum(statement_count for _, _, _, _, statement_count, *_ in sums),
            min(roots)[1] if roots else None,
        ),
    )


def _sums(spans: list[SpanRow]) -> tuple[int, int, int, int, int]:
    """Return the numbers of spans, errors and statements, the shortest and the longest duration."""
    # Ten thousands of spans a second pass here: a property would take a third of the time.
    durations = [span.end_time_unix_nano - span.start_time_unix_nano for span in spans]
    return (
        len(spans),
        sum([span.is_error for span in spans]),
        sum([span.is_statement for span in spans]),
        max(min(durations), 0),
        max(max(durations), 0),
    )


def _hold_limit(connection: sqlite3.Connection, inserted: int, *, max_spans: int) -> None:
    (total,) = connection.execute(
        "UPDATE total SET span_count = span_count + ? RETURNING span_count", (inserted,)
    ).fetchone()
    if total <= max_spans:
        return
    to_free = total - max_spans + int(max_spans * _HEADROOM)
    freed = 0
    oldest = connection.execute(
        "SELECT trace_id, span_count FROM trace ORDER BY start_time_unix_nano"
    )
    victims = []
    for trace_id, span_count in oldest:
        victims.append((trace_id,))
        freed += span_count
        if freed >= to_free:
            break
    oldest.close()
    for table in ("span", "trace_operation", "trace"):
        connection.executemany(f"DELETE FROM {table} WHERE trace_id = ?", victims)
    connection.execute("UPDATE total SET span_count = span_count - ?", (freed,))
    for statement in _FORGET_UNUSED:
        connection.execute(statement)
