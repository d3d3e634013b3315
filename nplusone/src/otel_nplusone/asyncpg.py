"""Tell more on the DB spans of asyncpg: the statement's summary, its values, its place.

    AsyncPGInstrumentor().instrument()     makes the spans
    otel_nplusone.asyncpg.instrument()     before or after it

Called after it, it needs NPlusOneSpanProcessor or DbSpanProcessor of `otel_nplusone.live` among the
provider's processors.
"""

from typing import Any

from asyncpg.connection import Connection
from asyncpg.prepared_stmt import PreparedStatement

from otel_nplusone._live.described import Parameters
from otel_nplusone._live.patches import Read, patch, unpatch


def instrument() -> None:
    """Tell spans beforehand what connections and prepared statements send; twice is once."""
    patch(_METHODS, awaited=True)


def uninstrument() -> None:
    """Leave connections and prepared statements as asyncpg makes them."""
    unpatch(_METHODS)


def _read(_connection: Any, query: str, *args: Any, **_options: Any) -> tuple[str, Parameters]:
    return str(query), args


def _read_prepared(statement: Any, *args: Any, **_options: Any) -> tuple[str, Parameters]:
    return str(statement.get_query()), args


_METHODS: dict[tuple[type, str], Read] = {
    **{(Connection, name): _read for name in ("execute", "fetch", "fetchrow", "fetchval")},
    **{(PreparedStatement, name): _read_prepared for name in ("fetch", "fetchrow", "fetchval")},
}
