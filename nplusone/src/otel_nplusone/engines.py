"""Describe the DB spans of every SQLAlchemy engine of a program whose code is not touched."""

from importlib.util import find_spec


def describe_engines() -> None:
    """Describe each engine from its first connection on; nothing without SQLAlchemy.

    By then the instrumentation has its listener on the engine; a listener for all engines would
    be called before that one, while there is no span yet.
    """
    if find_spec("sqlalchemy") is None:
        return
    # Imported late: a program without SQLAlchemy need not have it.
    from sqlalchemy import Connection, Engine, event

    from otel_nplusone.sqlalchemy import instrument, is_instrumented

    def describe(connection: Connection) -> None:
        if not is_instrumented(connection.engine):
            instrument(connection.engine)

    event.listen(Engine, "engine_connect", describe)
