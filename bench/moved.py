"""Count what a way to read sends and gets: statements, rows, and the bytes of their values."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url

from clinic.db import existing_file_url, make_engine


@dataclass(slots=True)
class Moved:
    """Count what is moved; bytes are those of the values as text, without the protocol's own."""

    statements: int = 0
    rows: int = 0
    value_bytes: int = 0

    def add_row(self, row: tuple[Any, ...]) -> None:
        self.rows += 1
        self.value_bytes += sum(len(str(value).encode()) for value in row)


def counted(database_url: str, read: Callable[[Engine], object]) -> Moved:
    """Read with an engine that counts."""
    moved = Moved()
    engine = _counting_engine(database_url, moved)
    try:
        read(engine)  # the dialect asks for its settings the first time
        moved.statements = moved.rows = moved.value_bytes = 0
        read(engine)
    finally:
        engine.dispose()
    return moved


def _counting_engine(database_url: str, moved: Moved) -> Engine:
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite":
        factory = _counting_connection(moved)
        engine = create_engine(existing_file_url(url), connect_args={"factory": factory})
    else:
        engine = make_engine(database_url)
        event.listen(engine, "after_cursor_execute", _result_counter(moved))

    def count_statement(*_arguments: object) -> None:
        moved.statements += 1

    # The pool's ping is not a cursor of SQLAlchemy's, and is not counted.
    event.listen(engine, "before_cursor_execute", count_statement)
    return engine


def _result_counter(moved: Moved) -> Callable[..., None]:
    """Make a listener that counts in the driver's own result: psycopg fetches all of it at once."""

    def count(_connection: object, cursor: Any, *_arguments: object) -> None:
        result = cursor.pgresult
        moved.rows += result.ntuples
        moved.value_bytes += sum(
            len(result.get_value(row, column) or b"")
            for row in range(result.ntuples)
            for column in range(result.nfields)
        )

    return count


def _counting_connection(moved: Moved) -> type[sqlite3.Connection]:
    """Make a connection class whose cursors count the rows that are fetched."""

    class Cursor(sqlite3.Cursor):
        def fetchone(self) -> Any:
            row = super().fetchone()
            if row is not None:
                moved.add_row(row)
            return row

        def fetchmany(self, size: int | None = 1) -> list[Any]:
            rows = super().fetchmany(size)
            for row in rows:
                moved.add_row(row)
            return rows

        def fetchall(self) -> list[Any]:
            rows = super().fetchall()
            for row in rows:
                moved.add_row(row)
            return rows

    class Connection(sqlite3.Connection):
        def cursor(self, factory: Any = Cursor) -> Any:
            return super().cursor(factory)

    return Connection
