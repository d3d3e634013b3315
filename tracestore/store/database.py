"""Open the database for one writer at a time, and for a reader in each thread.

SQLite's write-ahead log lets threads read while one writes. With synchronous=NORMAL a commit has
reached the operating system when it returns: it survives the process, even a kill -9.
"""

import contextlib
import fcntl
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Self

from tracestore.errors import DatabaseFileError, StoreUnavailableError
from tracestore.store._schema import check_or_create

DEFAULT_MAX_SPANS = 2_000_000
_BUSY_TIMEOUT_S = 5.0
# A checkpoint cuts the log back to this size, so that a burst does not stay on the disk.
_WAL_LIMIT_BYTES = 64 * 1024 * 1024
_PASSING_ERRORS = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_READONLY,
    }
)


class Store:
    """Hold a database file that only this process writes; use it with `with`, or close() it."""

    def __init__(
        self,
        path: Path,
        *,
        max_spans: int = DEFAULT_MAX_SPANS,
        busy_timeout_s: float = _BUSY_TIMEOUT_S,
    ) -> None:
        self.path = path
        self._busy_timeout_s = busy_timeout_s
        self.max_spans = max_spans
        self._lock_file = _lock(path)
        try:
            check_or_create(path)
            self._writer = self._connect()
        except BaseException:
            self._lock_file.close()
            raise
        self._write_lock = threading.Lock()
        self._local = threading.local()
        self._readers: list[sqlite3.Connection] = []
        self._readers_lock = threading.Lock()

    @contextlib.contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """Run one transaction at a time; commit all of it, or nothing.

        Raises StoreUnavailableError if SQLite cannot write now (full disk, foreign lock).
        """
        with self._write_lock, _sqlite_errors():
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
                self._writer.execute("COMMIT")
            except BaseException:
                # SQLite itself ends the transaction when the disk is full.
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                raise

    @contextlib.contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Read in this thread, from one snapshot for as long as the block lasts."""
        with _sqlite_errors():
            connection = self._reader()
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    def close(self) -> None:
        """Close every connection and release the file."""
        with self._readers_lock:
            for connection in self._readers:
                connection.close()
            self._readers.clear()
        with self._write_lock:
            self._writer.close()
        self._lock_file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _reader(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._connect()
            connection.execute("PRAGMA query_only = ON")
            self._local.connection = connection
            with self._readers_lock:
                self._readers.append(connection)
        return connection

    def _connect(self) -> sqlite3.Connection:
        # check_same_thread: close() closes every thread's connection, and all threads share the
        # writer under a lock.
        connection = sqlite3.connect(
            self.path, isolation_level=None, timeout=self._busy_timeout_s, check_same_thread=False
        )
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"PRAGMA journal_size_limit = {_WAL_LIMIT_BYTES}")
        connection.execute("PRAGMA cache_size = -16384")
        return connection


@contextlib.contextmanager
def _sqlite_errors() -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        # The low byte is the primary code. A mistake in our SQL is not in the set, and is raised.
        if error.sqlite_errorcode & 0xFF not in _PASSING_ERRORS:
            raise
        raise StoreUnavailableError(f"the database cannot be used now: {error}") from error


def _lock(path: Path) -> IO[bytes]:
    """Lock a second server out, with a file next to the database.

    A lock on the database itself would not do: SQLite's own locks are dropped when any descriptor
    of the file is closed. The lock ends with the process, however that ends; the empty file stays.
    """
    lock_path = path.with_name(path.name + ".lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock_file = lock_path.open("ab")
    except OSError as error:
        raise DatabaseFileError(f"cannot open {lock_path}: {error.strerror}") from error
    try:
        fcntl.flock(lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock_file.close()
        raise DatabaseFileError(
            f"another tracestore is serving {path}: stop it, or choose another --database"
        ) from error
    return lock_file
