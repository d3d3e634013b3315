"""Tell more on the DB spans of psycopg: the statement's summary, its values, its place.

    PsycopgInstrumentor().instrument()     makes the spans
    otel_nplusone.psycopg.instrument()     before or after it

Where psycopg is below SQLAlchemy, instrument one of the two.
"""

from typing import Any

from psycopg import AsyncCursor, Cursor

from otel_nplusone._live.described import Parameters
from otel_nplusone._live.patches import Read, patch, unpatch


def instrument() -> None:
    """Tell beforehand what cursors execute, for their spans; twice is once."""
    patch(_METHODS)


def uninstrument() -> None:
    """Leave cursors as psycopg makes them."""
    unpatch(_METHODS)


def _read(
    cursor: Any, query: Any, params: Parameters | None = None, **_options: Any
) -> tuple[str, Parameters | None]:
    if isinstance(query, bytes):
        query = query.decode(errors="replace")
    elif hasattr(query, "as_string"):  # psycopg.sql's objects
        query = query.as_string(cursor)
    return str(query), params


_METHODS: dict[tuple[type, str], Read] = {
    (Cursor, "execute"): _read,
    (AsyncCursor, "execute"): _read,
}
