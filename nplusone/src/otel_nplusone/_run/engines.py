"""Describe the DB spans of every SQLAlchemy engine of a program whose code is not touched."""

import logging
import os
from importlib.util import find_spec
from typing import Any

from otel_nplusone._live.fence import fenced

log = logging.getLogger(__name__)

_NAME = "sqlalchemy"
# It says that nothing can be instrumented when instrument_newer_sqlalchemy() has done so.
_REFUSING_LOGGER = "opentelemetry.instrumentation.auto_instrumentation._load"


@fenced
def describe_engines() -> None:
    """Describe each engine from its first connection on; nothing without SQLAlchemy.

    By then the instrumentation has its listener on the engine; a listener for all engines would
    be called before that one, while there is no span yet.
    """
    if find_spec("sqlalchemy") is not None:
        # Imported late, here and below: a program without SQLAlchemy need not have it.
        from sqlalchemy import event
        from sqlalchemy.engine import Engine

        event.listen(Engine, "engine_connect", _describe)


@fenced
def leave_engines() -> None:
    """Let further engines alone."""
    if find_spec("sqlalchemy") is not None:
        from sqlalchemy import event
        from sqlalchemy.engine import Engine

        if event.contains(Engine, "engine_connect", _describe):
            event.remove(Engine, "engine_connect", _describe)


def instrument_newer_sqlalchemy() -> None:
    """Instrument a SQLAlchemy that the instrumentation works with, but refuses as too new."""
    if not find_spec(_NAME) or _is_named("OTEL_PYTHON_DISABLED_INSTRUMENTATIONS", _NAME, "*"):
        return
    try:
        from opentelemetry.instrumentation.dependencies import get_dependency_conflicts
        from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor
    except ImportError:
        return
    instrumentor = SQLAlchemyInstrumentor()
    conflict = get_dependency_conflicts(instrumentor.instrumentation_dependencies())
    if conflict is None:
        return
    try:
        instrumentor.instrument(skip_dep_check=True)
    except Exception as error:
        # It imports SQLAlchemy's asyncio, for which SQLAlchemy 2.1 brings no greenlet.
        log.warning("SQL leaves no spans, SQLAlchemy cannot be instrumented: %s", error)
        return
    logging.getLogger(_REFUSING_LOGGER).addFilter(_is_about_another)


def _is_named(variable: str, *names: str) -> bool:
    return not {word.strip() for word in os.environ.get(variable, "").split(",")}.isdisjoint(names)


def _is_about_another(record: logging.LogRecord) -> bool:
    return not record.getMessage().startswith(f"{_NAME} only instruments")


@fenced
def _describe(connection: Any, *_branch: Any) -> None:
    from otel_nplusone.sqlalchemy import instrument, is_instrumented

    if not is_instrumented(connection.engine):
        instrument(connection.engine)
