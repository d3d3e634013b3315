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
from opentelemetry.sdk.trace import Span, SpanProcessor
from opentelemetry.trace import SpanContext, SpanKind

from otel_nplusone._core.semconv import QUERY_TEXT, SYSTEM, VALUES_HASH
from otel_nplusone._live.described import Parameters, shared_describer
from otel_nplusone._live.fence import fenced, tell_once
from otel_nplusone._live.sdk_spans import attributes_of

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
    if not isinstance(span, Span) or not span.is_recording() or span.kind is not SpanKind.CLIENT:
        return False
    if _asked(span) is None:
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
        if span.kind is SpanKind.CLIENT:
            describe_started(span, span.get_span_context())


def describe_started(span: Span, context: SpanContext) -> None:
    """Describe a CLIENT span that has just begun, if it is a database's."""
    asked = _asked(span)
    if asked is None:
        return
    waiting = _announced.get()
    if waiting is not None and not waiting.is_taken:
        waiting.is_taken = True
        shared_describer().describe(span, waiting.statement, waiting.parameters)
    else:
        shared_describer().place(span, context.trace_id, asked)


def _asked(span: Span) -> str | None:
    """Return what a database's span is known by as it starts; None for any other span.

    Most instrumentations give it its name, and all else when it has begun.
    """
    scope = span.instrumentation_scope
    scope_name = scope.name if scope is not None else ""
    if scope_name in described_scopes:
        return None
    if scope_name in _SCOPES:
        return span.name
    attributes = attributes_of(span)
    if _KEYS.isdisjoint(attributes):
        return None
    return str(attributes.get(_TEXT) or attributes.get(_OLD_TEXT) or span.name)
