"""Describe the DB spans of any library as they start, on the thread that asks.

    with announced(read, cursor, "SELECT …", (17,)):     a driver's helper knows text and values
        connection.execute(…)                            the instrumentation begins its span in here
                                                         on_start()  ──► the span is described

A helper may also stand within the span, where its instrumentation was there after it: then the
span is the current one. Without a helper, the span tells where it is sent from, and nothing more.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor
from opentelemetry.trace import SpanKind

from otel_nplusone._core.semconv import QUERY_TEXT, SYSTEM, VALUES_HASH
from otel_nplusone._live.described import Parameters, shared_describer
from otel_nplusone._live.fence import fenced, tell_once

# Scopes of spans that a helper with listeners of its own describes.
described_scopes: set[str] = set()
_INSTRUMENTATIONS = "opentelemetry.instrumentation."
_NAMES = """
    aiopg asyncpg cassandra dbapi elasticsearch mysql mysqlclient psycopg psycopg2 pymemcache
    pymongo pymssql pymysql redis sqlalchemy sqlite3 tortoiseorm valkey
"""
_SCOPES = frozenset(_INSTRUMENTATIONS + name for name in _NAMES.split())
_TEXT, _OLD_TEXT = QUERY_TEXT
_KEYS = frozenset((*SYSTEM, *QUERY_TEXT))


@dataclass(slots=True)
class _Announced:
    statement: str
    parameters: Parameters | None
    is_taken: bool = False


_announced: ContextVar[_Announced | None] = ContextVar("otel_nplusone.announced", default=None)


@contextmanager
def announced(
    read: Callable[..., tuple[str, Parameters | None]], *args: Any, **kwargs: Any
) -> Iterator[None]:
    """Tell what is sent meanwhile to the span that is there for it, or begins within.

    read: returns the statement and its values, of the arguments of a call; whatever fails in it is
    logged once, and the call goes on.
    """
    waiting = None
    try:
        statement, parameters = read(*args, **kwargs)
        if not _describe_current(statement, parameters):
            waiting = _Announced(statement, parameters)
    except Exception:
        tell_once(f"{__name__}.announced")
    token = _announced.set(waiting)
    try:
        yield
    finally:
        _announced.reset(token)


def _describe_current(statement: str, parameters: Parameters | None) -> bool:
    """Describe the current span if it is the statement's own; tell whether it is."""
    span = trace.get_current_span()
    if not isinstance(span, Span) or not span.is_recording() or not _is_of_a_database(span):
        return False
    if VALUES_HASH not in (span.attributes or {}):
        shared_describer().describe(span, statement, parameters)
    return True


class DbSpanProcessor(SpanProcessor):
    """Describe DB spans as they start; it hands nothing on, and may stand next to others.

    NPlusOneSpanProcessor has one already.
    """

    @fenced
    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Describe a span of a database; a fault is logged once, and the span goes on."""
        if _is_of_a_database(span):
            _describe_started(span)


def _describe_started(span: Span) -> None:
    waiting = _announced.get()
    if waiting is not None and not waiting.is_taken:
        waiting.is_taken = True
        shared_describer().describe(span, waiting.statement, waiting.parameters)
        return
    attributes = span.attributes or {}
    statement = attributes.get(_TEXT) or attributes.get(_OLD_TEXT) or span.name
    shared_describer().place(span, str(statement))


def _is_of_a_database(span: ReadableSpan) -> bool:
    if span.kind is not SpanKind.CLIENT:
        return False
    scope = span.instrumentation_scope
    name = scope.name if scope is not None else ""
    if name in described_scopes:
        return False
    return name in _SCOPES or not _KEYS.isdisjoint(span.attributes or ())
