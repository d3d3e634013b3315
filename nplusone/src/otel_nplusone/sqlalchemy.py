"""Tell more on SQLAlchemy's DB spans than the instrumentation does: what, whose, and from where.

OpenTelemetry's SQLAlchemy instrumentation names spans by verb and database, and its spans do not
tell equal statements with equal values from those with others, nor which line sent them.

    SQLAlchemyInstrumentor().instrument(engine=engine)   opens a span for each statement
    otel_nplusone.sqlalchemy.instrument(engine)          adds to the span while it is open

      span name, db.query.summary   SELECT cat
      nplusone.values_hash           of the bind values, salted: never the values
      db.operation.batch.size        of an executemany of several rows
      code.*, nplusone.code.path,
      nplusone.relationship, .load   from the fifth time that a trace sends a statement
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from opentelemetry.trace import Span
from sqlalchemy import event
from sqlalchemy.engine import URL, Engine

from otel_nplusone._core.semconv import BATCH_SIZE, NAMESPACE
from otel_nplusone._live.db_spans import described_scopes
from otel_nplusone._live.described import LOCATE_FROM, Parameters, StatementDescriber
from otel_nplusone._live.fence import fenced
from otel_nplusone._live.sync_engine import sync_engine

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

# The scope of the spans that are described here, and need not be described by the processor.
_SCOPE = "opentelemetry.instrumentation.sqlalchemy"
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
    described_scopes.add(_SCOPE)
    event.listen(target, "before_cursor_execute", describer)


def uninstrument(engine: "Engine | AsyncEngine") -> None:
    """Leave the spans of this engine as the instrumentation makes them."""
    target = sync_engine(engine)
    describer = _describers.pop(target, None)
    if describer is not None:
        event.remove(target, "before_cursor_execute", describer)
    if not _describers:
        described_scopes.discard(_SCOPE)


def is_instrumented(engine: "Engine | AsyncEngine") -> bool:
    """Tell whether instrument() has been called for this engine."""
    return sync_engine(engine) in _describers


class _Describer:
    """Listen to one engine."""

    def __init__(self, url: URL, locate_from: int) -> None:
        name = _file_name(url)
        self._known: dict[str, str | int] = {NAMESPACE[0]: name} if name is not None else {}
        self._describer = StatementDescriber(locate_from)

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
        if span is not None and span.is_recording():
            if many:  # a batch has many values, and its repeats are not an N+1
                self._describer.describe(span, statement, None, self._with_size(len(parameters)))
            else:
                self._describer.describe(span, statement, parameters, self._known)

    def _with_size(self, rows: int) -> dict[str, str | int]:
        """Return what is known of a batch: a single row is not one, by the semantic conventions."""
        return {**self._known, BATCH_SIZE[0]: rows} if rows > 1 else self._known


def _file_name(url: URL) -> str | None:
    """Return the name of SQLite's file: its path on this machine is nobody's business."""
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        return None
    return Path(url.database.removeprefix("file:")).name
