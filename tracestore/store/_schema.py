"""Define the tables, and check that a file is a tracestore database before it is touched.

    source ──< operation ──< trace_operation >── trace ──< span        metric_point

A span's row keeps the span as OTLP sent it (`body`, the serialized message), and the few columns
that lists, searches and limits need. To write attributes as rows or JSON costs ten times as much
as to write the body, and most spans are never looked at: a span is decoded when it is read. What
many spans share is written once: their resource and scope (`source`), and their name and kind
within it (`operation`).

`trace` and `trace_operation` are sums over `span`, kept in the same transaction. So neither the
list of traces nor most searches by service, operation or duration read a span.

Times are nanoseconds since the epoch, as OTLP has them, cut to what SQLite's integers hold.
"""

import sqlite3
from pathlib import Path

from tracestore.errors import DatabaseFileError

# "trst" in ASCII, in the file's header: it tells our files from other SQLite databases.
APPLICATION_ID = 0x74727374
SCHEMA_VERSION = 1

TABLES = """
CREATE TABLE source (
  source_id INTEGER PRIMARY KEY,
  service TEXT NOT NULL,
  resource BLOB NOT NULL,     -- ResourceSpans without its spans
  scope BLOB NOT NULL,        -- ScopeSpans without its spans
  UNIQUE (resource, scope)
);
CREATE TABLE operation (
  operation_id INTEGER PRIMARY KEY,
  source_id INTEGER NOT NULL REFERENCES source,
  name TEXT NOT NULL,
  kind INTEGER NOT NULL,
  UNIQUE (source_id, name, kind)
);
CREATE TABLE span (
  trace_id BLOB NOT NULL,
  span_id BLOB NOT NULL,
  parent_span_id BLOB NOT NULL,      -- empty for a root
  operation_id INTEGER NOT NULL,
  start_time_unix_nano INTEGER NOT NULL,
  end_time_unix_nano INTEGER NOT NULL,
  is_error INTEGER NOT NULL,
  is_statement INTEGER NOT NULL,
  body BLOB NOT NULL,                -- the OTLP Span message
  PRIMARY KEY (trace_id, span_id)
) WITHOUT ROWID;
CREATE TABLE trace (
  trace_id BLOB PRIMARY KEY,
  start_time_unix_nano INTEGER NOT NULL,
  end_time_unix_nano INTEGER NOT NULL,
  duration_nano INTEGER NOT NULL AS (max(end_time_unix_nano - start_time_unix_nano, 0)) STORED,
  span_count INTEGER NOT NULL,
  error_count INTEGER NOT NULL,
  statement_count INTEGER NOT NULL,
  root_operation_id INTEGER          -- NULL until a span without a parent arrives
) WITHOUT ROWID;
CREATE INDEX trace_by_start ON trace (start_time_unix_nano);
CREATE INDEX trace_by_span_count ON trace (span_count);
CREATE INDEX trace_by_duration ON trace (duration_nano);
CREATE TABLE trace_operation (
  trace_id BLOB NOT NULL,
  operation_id INTEGER NOT NULL,
  span_count INTEGER NOT NULL,
  error_count INTEGER NOT NULL,
  statement_count INTEGER NOT NULL,
  min_duration_nano INTEGER NOT NULL,
  max_duration_nano INTEGER NOT NULL,
  PRIMARY KEY (trace_id, operation_id)
) WITHOUT ROWID;
CREATE INDEX trace_operation_by_operation ON trace_operation (operation_id, trace_id);
CREATE TABLE total (span_count INTEGER NOT NULL);  -- one row, limited by --max-spans
INSERT INTO total VALUES (0);
CREATE TABLE metric_point (
  service TEXT NOT NULL,
  instance TEXT NOT NULL,
  name TEXT NOT NULL,
  attributes TEXT NOT NULL,          -- JSON with sorted keys
  unit TEXT NOT NULL,
  type TEXT NOT NULL,
  value TEXT NOT NULL,               -- JSON
  time_unix_nano INTEGER NOT NULL,
  PRIMARY KEY (service, instance, name, attributes)
) WITHOUT ROWID;
CREATE INDEX metric_point_by_time ON metric_point (time_unix_nano);
"""


# The list reads the roots of traces. A database that an older tracestore made gets the index too.
_ROOT_INDEX = "CREATE INDEX IF NOT EXISTS span_root ON span (trace_id) WHERE parent_span_id = x''"


def check_or_create(path: Path) -> None:
    """Check that `path` is a database of this schema, or create it.

    Any other file stays as it is. Raises DatabaseFileError, which says what to do.
    """
    is_new = not path.exists() or path.stat().st_size == 0
    try:
        connection = sqlite3.connect(path, isolation_level=None)
    except sqlite3.Error as error:
        raise _cannot_open(path, error) from error
    try:
        if is_new:
            _create(connection)
        else:
            _check(connection, path)
    except sqlite3.Error as error:
        raise _cannot_open(path, error) from error
    finally:
        connection.close()


def _create(connection: sqlite3.Connection) -> None:
    # Tables and version are written together or not at all; the WAL comes after them.
    connection.executescript(
        f"BEGIN IMMEDIATE; {TABLES}{_ROOT_INDEX};"
        f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;"
    )
    connection.execute("PRAGMA journal_mode = WAL")


def _check(connection: sqlite3.Connection, path: Path) -> None:
    (application_id,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application_id != APPLICATION_ID:
        raise DatabaseFileError(
            f"{path} is an SQLite database, but not one of tracestore: choose another --database"
        )
    if version != SCHEMA_VERSION:
        raise DatabaseFileError(
            f"{path} has schema version {version}, and this tracestore writes version"
            f" {SCHEMA_VERSION}: choose another --database, or remove the file to start afresh"
        )
    connection.execute(_ROOT_INDEX)


def _cannot_open(path: Path, error: sqlite3.Error) -> DatabaseFileError:
    if "not a database" in str(error):
        return DatabaseFileError(f"{path} is not an SQLite database: choose another --database")
    return DatabaseFileError(f"cannot open the database {path}: {error}")
