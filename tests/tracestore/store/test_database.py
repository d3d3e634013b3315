import sqlite3
from pathlib import Path

import pytest

from tests.tracestore.conftest import Write
from tests.tracestore.samples import TRACE, naive_trace, request, span
from tracestore.errors import DatabaseFileError, StoreUnavailableError
from tracestore.intake.decode import decode_spans
from tracestore.store import reader, search
from tracestore.store.database import Store
from tracestore.store.search import SearchQuery
from tracestore.store.writer import write_spans


def span_ids(store: Store, trace_id: bytes = TRACE) -> int:
    return sum(len(part.spans) for part in reader.read_trace(store, trace_id))


def test_spans_are_there_after_reopening(database: Path) -> None:
    with Store(database) as first:
        write_spans(first, decode_spans(request(naive_trace())).sources)

    with Store(database) as second:
        assert span_ids(second) == 514


def test_a_span_that_comes_again_changes_nothing(store: Store, write: Write) -> None:
    write(request([span(1), span(2, parent=1, statement="SELECT 1")]))

    again = write(request([span(1, ms=99), span(2, parent=1), span(3, parent=1, error=True)]))

    assert again == 1
    summary = search.read_summary(store, TRACE)
    assert summary is not None
    assert (summary.span_count, summary.statement_count, summary.error_count) == (3, 1, 1)
    assert reader.stored_span_count(store) == 3


def test_a_span_twice_in_one_request_is_stored_once(store: Store, write: Write) -> None:
    assert write(request([span(1), span(1)])) == 1
    assert reader.stored_span_count(store) == 1


def test_children_that_come_before_their_root_find_their_trace(store: Store, write: Write) -> None:
    write(request([span(2, parent=1, start_ms=2, ms=3)]))
    without_root = search.read_summary(store, TRACE)
    write(request([span(1, name="GET /success-stories", ms=10)]))

    with_root = search.read_summary(store, TRACE)

    assert without_root is not None and with_root is not None
    assert (without_root.root_service, without_root.root_name) == ("", "")
    assert (with_root.root_service, with_root.root_name) == ("cat-clinic", "GET /success-stories")
    assert with_root.duration_nano == 10_000_000


def test_the_oldest_traces_leave_first(database: Path) -> None:
    with Store(database, max_spans=100) as store:
        for number in (3, 1, 2):  # by their start, not by their arrival
            spans = [
                span(n, trace_id=bytes([number]) * 16, start_ms=number * 1000) for n in range(1, 41)
            ]
            write_spans(store, decode_spans(request(spans)).sources)

        found = search.find_traces(store, SearchQuery())

        assert [trace.trace_id[0] for trace in found] == [3, 2]
        assert reader.stored_span_count(store) == 80


def test_services_and_operations_leave_with_their_last_trace(database: Path) -> None:
    with Store(database, max_spans=10) as store:
        old = [span(n, trace_id=b"o" * 16, name="old") for n in range(1, 9)]
        new = [span(n, trace_id=b"n" * 16, name="new", start_ms=9) for n in range(1, 9)]
        write_spans(store, decode_spans(request(old, service="gone")).sources)
        write_spans(store, decode_spans(request(new, service="here")).sources)

        assert reader.services(store) == ["here"]
        assert reader.operations(store, "gone") == []


def test_times_that_sqlite_cannot_hold_are_kept_in_the_span(store: Store, write: Write) -> None:
    late = span(1)
    late.end_time_unix_nano = 2**64 - 1

    write(request([late]))

    assert reader.read_trace(store, TRACE)[0].spans == [late.SerializeToString()]


def test_a_failed_transaction_leaves_nothing(store: Store) -> None:
    def half() -> None:
        with store.write() as connection:
            connection.execute("UPDATE total SET span_count = 7")
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        half()

    assert reader.stored_span_count(store) == 0


def test_a_full_disk_stores_nothing_and_passes(store: Store, write: Write) -> None:
    write(request([span(1)]))
    with store.write() as connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages}")

    with pytest.raises(StoreUnavailableError, match="full"):
        write(request(naive_trace(b"x" * 16)))

    assert reader.stored_span_count(store) == 1
    with store.write() as connection:
        connection.execute("PRAGMA max_page_count = 1000000")
    assert write(request(naive_trace(b"x" * 16))) == 514


def test_a_locked_database_says_so_and_passes(store: Store, write: Write, database: Path) -> None:
    other = sqlite3.connect(database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(StoreUnavailableError, match="locked"):
        write(request([span(1)]))

    other.execute("ROLLBACK")
    other.close()
    assert write(request([span(1)])) == 1


def test_a_file_that_is_no_database_is_left_alone(database: Path) -> None:
    database.write_text("minutes of the last meeting " * 100)
    before = database.read_bytes()

    with pytest.raises(DatabaseFileError, match="is not an SQLite database"):
        Store(database)

    assert database.read_bytes() == before


def test_a_database_of_somebody_else_is_left_alone(database: Path) -> None:
    with sqlite3.connect(database) as connection:
        connection.execute("CREATE TABLE person (name)")
    connection.close()
    before = database.read_bytes()

    with pytest.raises(DatabaseFileError, match="not one of tracestore: choose another --database"):
        Store(database)

    assert database.read_bytes() == before


def test_another_schema_version_is_refused(database: Path) -> None:
    Store(database).close()
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()

    with pytest.raises(DatabaseFileError, match="schema version 99"):
        Store(database)


def test_a_second_server_on_one_file_is_refused(store: Store, database: Path) -> None:
    with pytest.raises(DatabaseFileError, match="another tracestore"):
        Store(database)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(DatabaseFileError, match="file"):
        Store(tmp_path / "file" / "traces.db")
