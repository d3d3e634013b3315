"""Tell more on SQLAlchemy's DB spans than the instrumentation does: what, whose, and from where.

OpenTelemetry's SQLAlchemy instrumentation names spans by verb and database, and its spans do not
tell equal statements with equal values from those with others, nor which line sent them.

    SQLAlchemyInstrumentor().instrument(engine=engine)   opens a span for each statement
    otel_nplusone.sqlalchemy.instrument(engine)          adds to the span while it is open

      span name, db.query.summary   SELECT cat
      nplusone.values_hash           of the bind values, salted: never the values
      code.*, nplusone.relationship from the fifth time that a trace sends a statement
"""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from opentelemetry.trace import Span
from sqlalchemy import event
from sqlalchemy.engine import URL, Engine

from otel_nplusone._core import semconv
from otel_nplusone._core.semconv import RELATIONSHIP, VALUES_HASH
from otel_nplusone._core.sql_summary import operation, summarize
from otel_nplusone._live.callsite import find_caller
from otel_nplusone._live.fence import fenced
from otel_nplusone._live.statement_counts import RepeatCounter
from otel_nplusone._live.sync_engine import sync_engine

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

# The fewest repeats of an N+1. A location costs more than the rest, and a statement that is sent
# once does not need one.
LOCATE_FROM = 5

# Our own names of the conventions: OpenTelemetry's package has them from 1.33 on.
_CODE_FUNCTION, _CODE_FILE, _CODE_LINE = (
    names[0] for names in (semconv.CODE_FUNCTION, semconv.CODE_FILE, semconv.CODE_LINE)
)
_SUMMARY, _OPERATION, _NAMESPACE = (
    names[0] for names in (semconv.QUERY_SUMMARY, semconv.OPERATION, semconv.NAMESPACE)
)

Parameters = Mapping[str, Any] | Sequence[Any]


_describers: "WeakKeyDictionary[Engine, _Describer]" = WeakKeyDictionary()


def instrument(engine: "Engine | AsyncEngine", *, locate_from: int = LOCATE_FROM) -> None:
    """Describe the DB spans of this engine; call it after the instrumentation's own instrument().

    The other way round, the span is not open yet and stays as it was. A second call replaces the
    first.

    locate_from: how often a trace has to send a statement before its line of code is looked up.
    """
    uninstrument(engine)
    target = sync_engine(engine)
    describer = _Describer(target.url, locate_from)
    _describers[target] = describer
    event.listen(target, "before_cursor_execute", describer)


def uninstrument(engine: "Engine | AsyncEngine") -> None:
    """Leave the spans of this engine as the instrumentation makes them."""
    target = sync_engine(engine)
    describer = _describers.pop(target, None)
    if describer is not None:
        event.remove(target, "before_cursor_execute", describer)


def is_instrumented(engine: "Engine | AsyncEngine") -> bool:
    """Tell whether instrument() has been called for this engine."""
    return sync_engine(engine) in _describers


class _Describer:
    """Listen to one engine."""

    def __init__(self, url: URL, locate_from: int) -> None:
        self._namespace = _file_name(url)
        self._locate_from = locate_from
        self._seen = RepeatCounter()
        self._salt = secrets.token_bytes(16)

    @fenced
    def __call__(
        self,
        _connection: Any,
        _cursor: Any,
        statement: str,
        parameters: Parameters,
        context: Any,
        many: bool,
    ) -> None:
        span: Span | None = getattr(context, "_otel_span", None)
        if span is None or not span.is_recording():
            return
        attributes: dict[str, str | int] = {}
        self._name(span, statement, attributes)
        # A batch has many values, and its repeats are not an N+1.
        if parameters and not many:
            attributes[VALUES_HASH] = _salted_hash(self._salt, parameters)
        if self._seen.count(span.get_span_context().trace_id, statement) >= self._locate_from:
            _locate(attributes)
        span.set_attributes(attributes)

    def _name(self, span: Span, statement: str, attributes: dict[str, str | int]) -> None:
        summary = summarize(statement)
        span.update_name(summary)
        attributes[_SUMMARY] = summary
        attributes[_OPERATION] = operation(statement)
        if self._namespace is not None:
            attributes[_NAMESPACE] = self._namespace


def _locate(attributes: dict[str, str | int]) -> None:
    caller = find_caller()
    if caller is None:
        return
    attributes[_CODE_FUNCTION] = caller.function
    attributes[_CODE_FILE] = caller.file
    attributes[_CODE_LINE] = caller.line
    if caller.relationship is not None:
        attributes[RELATIONSHIP] = caller.relationship


def _salted_hash(salt: bytes, parameters: Parameters) -> str:
    """Return 16 hex digits that are equal for equal values, and tell nothing of them.

    Python's hash() alone would: that of a number is the number. The salt is made anew in each
    process, and values are compared within a request only.
    """
    values = tuple(parameters.values()) if isinstance(parameters, Mapping) else tuple(parameters)
    try:
        digest = hash(values)
    except TypeError:
        # Lists and dictionaries: arrays and JSON.
        digest = hash(repr(values))
    return hashlib.blake2b(digest.to_bytes(8, signed=True), digest_size=8, key=salt).hexdigest()


def _file_name(url: URL) -> str | None:
    """Return the name of SQLite's file: its path on this machine is nobody's business."""
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        return None
    return Path(url.database.removeprefix("file:")).name
