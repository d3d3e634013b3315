"""Describe the DB spans of every SQLAlchemy engine of a program whose code is not touched."""

from importlib.util import find_spec
from typing import Any


def describe_engines() -> None:
    """Describe each engine from its first connection on; nothing without SQLAlchemy.

    By then the instrumentation has its listener on the engine; a listener for all engines would
    be called before that one, while there is no span yet.
    """
    if find_spec("sqlalchemy") is not None:
        # Imported late, here and below: a program without SQLAlchemy need not have it.
        from sqlalchemy import Engine, event

        event.listen(Engine, "engine_connect", _describe)


def leave_engines() -> None:
    """Let further engines alone."""
    if find_spec("sqlalchemy") is not None:
        from sqlalchemy import Engine, event

        if event.contains(Engine, "engine_connect", _describe):
            event.remove(Engine, "engine_connect", _describe)


def _describe(connection: Any) -> None:
    from otel_nplusone.sqlalchemy import instrument, is_instrumented

    if not is_instrumented(connection.engine):
        instrument(connection.engine)
