"""Store a dataset: all of it, or nothing.

SQLite: into a new file next to the old one, which it replaces in the end by one rename.
PostgreSQL: in one transaction, tables included.
"""

import os
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event, inspect, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from clinic import schema
from clinic.db import sqlite_path
from clinic.errors import SeedError
from clinic.models import Base, Clinic
from clinic.seed import postgresql, sqlite
from clinic.seed.rows import Rows
from clinic.seed.tables import tables_to_fill

SQLITE_MAGIC = b"SQLite format 3\x00"
# Sorting for an index takes three times as much.
CACHE_KIB = 32 * 1024
# Eight times SQLite's default: rows are stored a quarter quicker.
PAGE_BYTES = 32 * 1024

Progress = Callable[[int], None]


def holds_data(database_url: str) -> bool:
    """Tell whether there is a clinic in the database.

    Raise SeedError if it is not a database, DatabaseOutdated if its tables are of another version.
    """
    path = sqlite_path(make_url(database_url))
    if path is not None and not _holds_bytes(path):
        return False
    engine = create_engine(database_url)
    schema.check_on_connect(engine)
    try:
        with engine.connect() as connection:
            return _has_clinic(connection)
    except DBAPIError as error:
        raise SeedError(f"The database cannot be read: {error.orig}") from error
    finally:
        engine.dispose()


def refuse_other_files(database_url: str) -> None:
    """Raise SeedError if a file that is not a database would be replaced, whatever --force says."""
    path = sqlite_path(make_url(database_url))
    if path is not None:
        _holds_bytes(path)


def store(database_url: str, rows: Rows, progress: Progress = lambda _rows: None) -> None:
    """Store the rows in place of whatever is there; raise SeedError and leave it if that fails.

    `progress` is told how many rows have just been stored; keys and indexes come after the last.
    """
    path = sqlite_path(make_url(database_url))
    try:
        if path is None:
            _store_in_place(create_engine(database_url), rows, progress)
        else:
            _store_in_new_file(path, rows, progress)
    except DBAPIError as error:
        raise SeedError(f"The database could not be written: {error.orig}") from error
    except (sqlite3.Error, psycopg.Error) as error:
        raise SeedError(f"The database could not be written: {error}") from error
    except OSError as error:
        raise SeedError(f"The database could not be written: {error.strerror or error}") from error


def _has_clinic(connection: Connection) -> bool:
    if not inspect(connection).has_table(Clinic.__tablename__):
        return False
    return connection.scalar(select(Clinic.id).limit(1)) is not None


def _holds_bytes(path: Path) -> bool:
    """Tell a file from no file or an empty one; refuse one that is not a database."""
    try:
        with path.open("rb") as file:
            start = file.read(len(SQLITE_MAGIC))
    except FileNotFoundError:
        return False
    except OSError as error:
        raise SeedError(f"{path} cannot be read: {error.strerror}") from error
    if start not in (b"", SQLITE_MAGIC):
        raise SeedError(f"{path} is not a SQLite database; it is left as it is. Name another file.")
    return start != b""


def _store_in_new_file(path: Path, rows: Rows, progress: Progress) -> None:
    _holds_bytes(path)  # refuses what is not a database
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.seeding-")
    os.close(handle)
    new = Path(name)
    try:
        engine = create_engine(f"sqlite:///{new}")
        event.listen(engine, "connect", _without_journal)
        _store_in_place(engine, rows, progress)
        _flush(new)
        new.chmod(0o644)
        new.replace(path)
    finally:
        for leftover in path.parent.glob(f"{new.name}*"):
            leftover.unlink()


def _without_journal(connection: sqlite3.Connection, _record: Any) -> None:
    """Let SQLite write without a journal: a file that is not finished is thrown away.

    Rows keep to the CHECKs as they are made; asking for each would cost a quarter of the time.
    """
    for pragma in (
        "journal_mode = OFF",
        "synchronous = OFF",
        "ignore_check_constraints = ON",
        f"page_size = {PAGE_BYTES}",
        f"cache_size = -{CACHE_KIB}",
        "threads = 2",  # for sorting what goes into an index
        # How many entries of an index ANALYZE looks at: enough to choose a plan by.
        "analysis_limit = 1000",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _flush(path: Path) -> None:
    """Have the file on disk before its name is."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _store_in_place(engine: Engine, rows: Rows, progress: Progress) -> None:
    try:
        with engine.begin() as connection:
            Base.metadata.drop_all(connection)
            load = sqlite.load if engine.dialect.name == "sqlite" else postgresql.load
            with tables_to_fill(connection):
                load(connection, rows, progress)
            schema.mark(connection)
    finally:
        engine.dispose()
