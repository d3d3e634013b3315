"""Hear of each SQL statement that is sent meanwhile: by SQLAlchemy, by Django, or as a span."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from otel_nplusone._core.ignoring import ignored_because
from otel_nplusone._live.fence import fenced
from otel_nplusone._live.sync_engine import sync_engine
from otel_nplusone._testing.seen import SeenQueries
from otel_nplusone.errors import MissingExtraError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from sqlalchemy.engine import Engine
    from sqlalchemy.ext.asyncio import AsyncEngine

# The text, the parameters, and whether it is a batch.
Take = Callable[[str, object, bool], None]


@contextmanager
def record_queries(engine: "Engine | AsyncEngine | None" = None) -> Iterator[SeenQueries]:
    """Record what an engine sends meanwhile, from any thread; without one, what any engine sends.

    Without an engine it records what Django sends, too.
    """
    check_engines()
    seen = SeenQueries()
    with hear_sources(seen.take) if engine is None else hear_sqlalchemy(seen.take, engine):
        yield seen


@contextmanager
def record_spans(provider: "TracerProvider") -> Iterator[SeenQueries]:
    """Record the statements that a provider's spans tell of meanwhile, of any library."""
    from otel_nplusone._testing.span_findings import StatementsProcessor

    seen = SeenQueries()
    processor = StatementsProcessor(seen.take)
    provider.add_span_processor(processor)
    try:
        yield seen
    finally:
        processor.shutdown()


@lru_cache(maxsize=1)
def _has_sqlalchemy() -> bool:
    return find_spec("sqlalchemy") is not None


def check_engines() -> None:
    """Raise MissingExtraError where there is nothing whose statements could be heard."""
    if not _has_sqlalchemy() and not uses_django():
        raise MissingExtraError("counting statements in tests", "pytest")


@contextmanager
def hear_sources(take: Take) -> Iterator[None]:
    """Hear of the statements of all of SQLAlchemy's engines and Django's connections."""
    with ExitStack() as stack:
        if _has_sqlalchemy():
            stack.enter_context(hear_sqlalchemy(take))
        if uses_django():
            stack.enter_context(hear_django(take))
        yield


@contextmanager
def hear_sqlalchemy(take: Take, engine: "Engine | AsyncEngine | None" = None) -> Iterator[None]:
    """Hear of the statements of an engine, or of every engine in the process."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    listener = _Listener(take)
    target = sync_engine(engine) if engine is not None else Engine
    event.listen(target, "before_cursor_execute", listener)
    try:
        yield
    finally:
        event.remove(target, "before_cursor_execute", listener)


class _Listener:
    """Define what SQLAlchemy and Django call."""

    def __init__(self, take: Take) -> None:
        self._take = take
        self._wrapped: list[Any] = []

    @fenced
    def __call__(
        self, _connection: Any, _cursor: Any, sql: str, parameters: Any, _context: Any, many: bool
    ) -> None:
        if not ignored_because():
            self._take(sql, parameters, many)

    @fenced
    def wrap(self, connection: Any, **_signal: Any) -> None:
        """Stand around each statement of one of Django's connections."""
        if self._execute not in connection.execute_wrappers:
            connection.execute_wrappers.append(self._execute)
            self._wrapped.append(connection)

    def unwrap(self) -> None:
        """Leave Django's connections as they were."""
        for connection in self._wrapped:
            if self._execute in connection.execute_wrappers:
                connection.execute_wrappers.remove(self._execute)

    def _execute(
        self, execute: Callable[..., Any], sql: str, parameters: Any, many: bool, context: Any
    ) -> Any:
        self(None, None, sql, parameters, context, many)
        return execute(sql, parameters, many, context)


def uses_django() -> bool:
    """Tell whether Django's database is set up in this process."""
    settings = getattr(sys.modules.get("django.conf"), "settings", None)
    return settings is not None and bool(settings.configured)


@contextmanager
def hear_django(take: Take) -> Iterator[None]:
    """Hear of the statements of Django's connections: those of now, and those to come."""
    from django.db import connections
    from django.db.backends.signals import connection_created

    listener = _Listener(take)
    for connection in connections.all():
        listener.wrap(connection)
    connection_created.connect(listener.wrap)
    try:
        yield
    finally:
        connection_created.disconnect(listener.wrap)
        listener.unwrap()
