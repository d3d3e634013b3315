"""Count what one request did: SQL statements, time in the database, spans.

The service counts for itself, so that what it says (page footer, Server-Timing, the metric) and
what the trace backend stored can be compared. Counting is independent of tracing: the footer is
right with telemetry switched off.
"""

import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from flask import Flask, Response
from opentelemetry import trace
from opentelemetry.trace import format_span_id, format_trace_id
from sqlalchemy import Engine, event

_current: ContextVar["RequestStats | None"] = ContextVar("request_stats", default=None)


@dataclass(slots=True)
class RequestStats:
    """Hold the counters of one request; times in nanoseconds of the monotonic clock."""

    started_ns: int = field(default_factory=time.perf_counter_ns)
    statements: int = 0
    db_ns: int = 0
    spans: int = 0
    strategy: str | None = None
    # How often each statement was sent, where somebody adds that up (statement_counts.py).
    texts: dict[str, int] = field(default_factory=dict)
    # With more statements than these, a page marks its count.
    many: int = 50

    @property
    def db_ms(self) -> float:
        """Return the time in the database."""
        return self.db_ns / 1e6

    @property
    def elapsed_ms(self) -> float:
        """Return the time since the request began."""
        return (time.perf_counter_ns() - self.started_ns) / 1e6


def current() -> RequestStats | None:
    """Return the counters of the request in this thread, or None outside a request."""
    return _current.get()


def init_app(app: Flask, trace_url: str | None) -> None:
    """Count from before the request's own span begins: register this before instrumenting Flask.

    trace_url: where traces can be opened; with None the pages link to no trace.
    """
    app.before_request(_begin)
    app.after_request(_describe)
    app.teardown_request(_end)
    app.context_processor(lambda: {"stats": current(), "trace_url": _trace_link(trace_url)})


def count_statements(engine: Engine) -> None:
    """Count each statement that the engine sends, and the time until its cursor returns."""
    listener = _listeners[engine] = StatementListener()
    event.listen(engine, "before_cursor_execute", listener.before)
    event.listen(engine, "after_cursor_execute", listener.after)


def listener_of(engine: Engine) -> "StatementListener":
    """Return what counts an engine's statements: one for all who want to know."""
    return _listeners[engine]


class StatementListener:
    """Count the statements of one engine in the request that sends them.

    is_wanted: asked for each statement, whether its text is to be counted: by default none is.
    outside: takes the wanted text of a statement that was sent outside of any request.
    """

    def __init__(self) -> None:
        self.is_wanted: Callable[[], bool] | None = None
        self.outside: Callable[[str], None] = lambda _text: None

    def before(
        self, _connection: Any, _cursor: Any, _text: str, _params: Any, context: Any, _many: bool
    ) -> None:
        context._clinic_started_ns = time.perf_counter_ns()

    def after(
        self, _connection: Any, _cursor: Any, text: str, _params: Any, context: Any, _many: bool
    ) -> None:
        stats = _current.get()
        if stats is not None:
            stats.statements += 1
            stats.db_ns += time.perf_counter_ns() - context._clinic_started_ns
        if self.is_wanted is not None and self.is_wanted():
            if stats is not None:
                stats.texts[text] = stats.texts.get(text, 0) + 1
            else:
                self.outside(text)


_listeners: "WeakKeyDictionary[Engine, StatementListener]" = WeakKeyDictionary()


def _begin() -> None:
    _current.set(RequestStats())


def _end(_error: BaseException | None) -> None:
    _current.set(None)


def _describe(response: Response) -> Response:
    """Add Server-Timing and traceresponse (W3C Trace Context level 2) to a response."""
    stats = _current.get()
    if stats is None:
        return response
    parts = [
        f'db;dur={stats.db_ms:.1f};desc="{stats.statements} statements"',
        f'spans;desc="{stats.spans}"',
        f"total;dur={stats.elapsed_ms:.1f}",
    ]
    if stats.strategy is not None:
        parts.append(f'strategy;desc="{stats.strategy}"')
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        ids = f"{format_trace_id(context.trace_id)}-{format_span_id(context.span_id)}"
        traceparent = f"00-{ids}-{context.trace_flags:02x}"
        parts.append(f'traceparent;desc="{traceparent}"')
        response.headers["traceresponse"] = traceparent
    response.headers["Server-Timing"] = ", ".join(parts)
    return response


def _trace_link(trace_url: str | None) -> str | None:
    """Return the address of the request's trace; None for one that no backend gets."""
    context = trace.get_current_span().get_span_context()
    if trace_url is None or not context.is_valid or not context.trace_flags.sampled:
        return None
    return f"{trace_url}/trace/{format_trace_id(context.trace_id)}"
