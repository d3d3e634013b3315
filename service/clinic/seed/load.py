"""Store a dataset: all of it, or nothing.

SQLite: into a new file beside the old one, which it replaces in the end by one rename.
Others: in one transaction, tables included.
"""

import os
import tempfile
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, inspect, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from clinic import schema
from clinic.db import sqlite_path
from clinic.errors import SeedError
from clinic.models import Base, Clinic
from clinic.seed.generate import Rows

SQLITE_MAGIC = b"SQLite format 3\x00"


def holds_data(database_url: str) -> bool:
    """Tell whether there is a clinic in the database.

    Raise SeedError if it is no database, DatabaseOutdated if its tables are of another version.
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


def store(database_url: str, rows: Rows) -> None:
    """Store the rows in place of whatever is there; raise SeedError and leave it if that fails."""
    path = sqlite_path(make_url(database_url))
    try:
        if path is None:
            _store_in_place(create_engine(database_url), rows)
        else:
            _store_in_new_file(path, rows)
    except DBAPIError as error:
        raise SeedError(f"The database could not be written: {error.orig}") from error
    except OSError as error:
        raise SeedError(f"The database could not be written: {error.strerror or error}") from error


def _has_clinic(connection: Connection) -> bool:
    if not inspect(connection).has_table(Clinic.__tablename__):
        return False
    return connection.scalar(select(Clinic.id).limit(1)) is not None


def _holds_bytes(path: Path) -> bool:
    """Tell a file from no file or an empty one; refuse one that is no database."""
    try:
        with path.open("rb") as file:
            start = file.read(len(SQLITE_MAGIC))
    except FileNotFoundError:
        return False
    except OSError as error:
        raise SeedError(f"{path} cannot be read: {error.strerror}") from error
    if start not in (b"", SQLITE_MAGIC):
        raise SeedError(f"{path} is no SQLite database; it is left alone. Name another file.")
    return start != b""


def _store_in_new_file(path: Path, rows: Rows) -> None:
    _holds_bytes(path)  # refuses to replace what is no database, whatever --force says
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.seeding-")
    os.close(handle)
    new = Path(name)
    try:
        _store_in_place(create_engine(f"sqlite:///{new}"), rows)
        new.chmod(0o644)
        new.replace(path)
    finally:
        for leftover in path.parent.glob(f"{new.name}*"):
            leftover.unlink()


def _store_in_place(engine: Engine, rows: Rows) -> None:
    try:
        with engine.begin() as connection:
            Base.metadata.drop_all(connection)
            Base.metadata.create_all(connection)
            schema.mark(connection)
            for table, table_rows in rows.tables():
                connection.execute(Base.metadata.tables[table].insert(), table_rows)
    finally:
        engine.dispose()
