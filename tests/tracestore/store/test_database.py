import re
import sqlite3
import threading
from pathlib import Path

import pytest

from tests.tracestore.conftest import Write
from tests.tracestore.samples import TRACE, naive_trace, request, span
from tracestore.errors import DatabaseFileError, StoreUnavailableError
from tracestore.intake.decode import decode_spans
from tracestore.store import reader
from tracestore.store.database import Store
from tracestore.store.writer import write_spans


def span_ids(store: Store, trace_id: bytes = TRACE) -> int:
    return sum(len(part.spans) for part in reader.read_trace(store, trace_id))


def test_spans_are_there_after_reopening(database: Path) -> None:
    with Store(database) as first:
        write_spans(first, decode_spans(request(naive_trace())).sources)

    with Store(database) as second:
        assert span_ids(second) == 514


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


def test_a_file_of_another_kind_is_left_alone(database: Path) -> None:
    database.write_text("minutes of the last meeting " * 100)
    before = database.read_bytes()

    with pytest.raises(DatabaseFileError, match=f"^{re.escape(str(database))} is not an SQLite"):
        Store(database)

    assert database.read_bytes() == before


def test_a_database_of_another_program_is_left_alone(database: Path) -> None:
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

    with pytest.raises(
        DatabaseFileError, match=f"^{re.escape(str(database))} has schema version 99"
    ):
        Store(database)


def test_a_second_server_on_one_file_is_refused(store: Store, database: Path) -> None:
    with pytest.raises(DatabaseFileError, match="another tracestore"):
        Store(database)

    assert database.with_name("traces.db.lock").exists()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(DatabaseFileError, match="file"):
        Store(tmp_path / "file" / "traces.db")


def test_a_reader_sees_one_snapshot_while_others_write(store: Store, write: Write) -> None:
    write(request([span(1)]))
    count = "SELECT count(*) FROM span"

    with store.read() as connection:
        before = connection.execute(count).fetchone()
        write(request([span(2)]))
        after = connection.execute(count).fetchone()

    assert before == after == (1,)
    assert reader.stored_span_count(store) == 2


def test_a_reader_cannot_write(store: Store) -> None:
    with pytest.raises(StoreUnavailableError, match="readonly"), store.read() as connection:
        connection.execute("DELETE FROM span")


def test_folders_on_the_way_are_made(tmp_path: Path) -> None:
    path = tmp_path / "var" / "traces" / "traces.db"

    Store(path).close()

    assert path.exists()


def test_an_empty_file_becomes_a_database(tmp_path: Path) -> None:
    empty = tmp_path / "empty.db"
    empty.touch()

    with Store(empty) as opened:
        assert reader.stored_span_count(opened) == 0


def test_a_folder_in_place_of_the_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "traces").mkdir()

    with pytest.raises(DatabaseFileError, match=r"^cannot open the database .*/traces: unable to"):
        Store(tmp_path / "traces")


def test_a_thread_reads_by_one_connection(store: Store) -> None:
    with store.read() as first:
        pass
    with store.read() as second:
        pass

    assert first is second


def test_close_ends_what_other_threads_opened(database: Path) -> None:
    store = Store(database)
    opened: list[sqlite3.Connection] = []

    def read() -> None:
        with store.read() as connection:
            opened.append(connection)

    thread = threading.Thread(target=read)
    thread.start()
    thread.join()
    store.close()

    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        opened[0].execute("SELECT 1")


def test_a_lock_is_waited_for_as_long_as_asked(store: Store) -> None:
    with store.write() as connection:
        assert connection.execute("PRAGMA busy_timeout").fetchone() == (50,)
