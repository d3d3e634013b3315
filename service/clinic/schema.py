"""Mark a database with the version of its tables, and refuse one of another version.

SQLite keeps the number in its header (user_version), PostgreSQL in the comment on the table clinic.
Neither needs a sixth table, and both are written in the transaction that makes the tables.
"""

import re
import sqlite3
from typing import Any

from sqlalchemy import Connection, Engine, event, text

from clinic.errors import DatabaseOutdated
from clinic.models import SCHEMA_VERSION, Clinic

_TABLE = Clinic.__tablename__
_COMMENT = re.compile(r"schema version (\d+)")


def check_on_connect(engine: Engine) -> None:
    """Raise DatabaseOutdated where a connection is made to tables of another version."""
    event.listen(engine, "connect", _check)


def mark(connection: Connection) -> None:
    """Write this version into a database whose tables have just been made."""
    if connection.dialect.name == "sqlite":
        connection.execute(text(f"PRAGMA user_version = {SCHEMA_VERSION}"))
    else:
        comment = f"schema version {SCHEMA_VERSION}"
        connection.execute(text(f"COMMENT ON TABLE {_TABLE} IS '{comment}'"))


def _check(connection: Any, _record: Any) -> None:
    is_sqlite = isinstance(connection, sqlite3.Connection)
    found = _sqlite_version(connection) if is_sqlite else _postgresql_version(connection)
    if found is not None and found != SCHEMA_VERSION:
        raise DatabaseOutdated(found, SCHEMA_VERSION)


def _sqlite_version(connection: sqlite3.Connection) -> int | None:
    """Return the version; 0 is a database from before versions, None one without the tables."""
    tables = connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (_TABLE,))
    if tables.fetchone() is None:
        return None
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def _postgresql_version(connection: Any) -> int | None:
    """Return the version; the driver's own cursor leaves no span and counts as no statement."""
    table = "to_regclass(%s)"
    row = connection.execute(
        f"SELECT {table} IS NOT NULL, obj_description({table}, 'pg_class')", (_TABLE, _TABLE)
    ).fetchone()
    connection.rollback()
    exists, comment = row
    if not exists:
        return None
    found = _COMMENT.fullmatch(comment or "")
    return int(found[1]) if found else 0
