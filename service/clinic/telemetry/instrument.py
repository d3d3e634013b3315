"""Attach the instrumentations to one application and its engine, and check that they work."""

import logging
import os
from contextlib import ExitStack
from fnmatch import fnmatch
from typing import Any, Protocol

from flask import Flask, Response, g, request
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.instrumentation.flask import FlaskInstrumentor
from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor
from opentelemetry.instrumentation.system_metrics import SystemMetricsInstrumentor
from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.trace import Span, SpanLimits, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.util.http import parse_excluded_urls
from sqlalchemy import Engine, create_engine, text

from clinic.errors import TelemetryError
from clinic.telemetry import request_stats
from clinic.telemetry.providers import Telemetry
from otel_nplusone.live import attributes_of, is_statement
from otel_nplusone.sqlalchemy import instrument as describe_sql_spans

log = logging.getLogger(__name__)

# Health checks, and files without a query. Matched against the whole address: anchored, so that
# a clinic's name cannot switch tracing off.
UNTRACED_URLS = r"^\w+://[^/?]+/(healthz|readyz|(api/docs/)?(static|swagger)/[^?]*)(\?|$)"
PROCESS_METRICS: dict[str, list[str] | None] = {
    "process.cpu.time": ["user", "system"],
    "process.memory.usage": None,
    "process.thread.count": None,
}
STATEMENT_BUCKETS = (0, 1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 50000)


class EngineInstrumentor(Protocol):
    """Name what is needed of SQLAlchemyInstrumentor; tests have ones that do not work."""

    def instrument(self, **kwargs: Any) -> Any: ...
    def uninstrument(self, **kwargs: Any) -> Any: ...


def init_app(app: Flask, engine: Engine, telemetry: Telemetry) -> None:
    """Instrument the application and its engine; raise TelemetryError if SQL would leave no span.

    The SQLAlchemy and process instrumentations exist once in a process: undo them with
    close_app() before another application is made.
    """
    telemetry.tracer_provider.add_span_processor(_SpanCounter())
    sqlalchemy = SQLAlchemyInstrumentor()
    check_sql_spans(sqlalchemy)
    _instrument_engine(sqlalchemy, engine, telemetry.tracer_provider, telemetry.meter_provider)
    FlaskInstrumentor().instrument_app(  # type: ignore[no-untyped-call]  # it is untyped
        app,
        tracer_provider=telemetry.tracer_provider,
        meter_provider=telemetry.meter_provider,
        excluded_urls=_untraced_urls(),
        # It attaches a context for each request and never detaches it.
        enable_commenter=False,
    )
    SystemMetricsInstrumentor(config=_process_metrics()).instrument(
        meter_provider=telemetry.meter_provider
    )
    _leave_untraced(app)
    _record_statements(app, telemetry)


def close_app(app: Flask) -> None:
    """Take the instrumentations off again, where there are any."""
    if not getattr(app, "_is_instrumented_by_opentelemetry", False):
        return
    FlaskInstrumentor().uninstrument_app(app)  # type: ignore[no-untyped-call]  # it is untyped
    SQLAlchemyInstrumentor().uninstrument()
    SystemMetricsInstrumentor().uninstrument()


def check_sql_spans(instrumentor: EngineInstrumentor) -> None:
    """Send one statement to a database in memory and raise TelemetryError if it leaves no span.

    A SQLAlchemy that the instrumentation does not work with would leave the service running, and
    its traces would show requests that never touch a database.
    """
    exporter = InMemorySpanExporter()
    # The environment's sampler and limits must not drop this statement's span.
    limits = SpanLimits(max_attributes=SpanLimits.UNSET, max_span_attributes=SpanLimits.UNSET)
    provider = TracerProvider(ALWAYS_ON, shutdown_on_exit=False, span_limits=limits)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    probe = create_engine("sqlite://")
    _instrument_engine(instrumentor, probe, provider)
    try:
        with probe.connect() as connection:
            connection.execute(text("SELECT 1"))
    finally:
        instrumentor.uninstrument()
        probe.dispose()
        provider.shutdown()
    if not any(is_statement(attributes_of(span)) for span in exporter.get_finished_spans()):
        raise TelemetryError(
            "A statement left no span: the SQLAlchemy instrumentation does not work with the "
            "installed SQLAlchemy. Install requirements/runtime.txt, or set OTEL_SDK_DISABLED=true "
            "to run untraced."
        )


def _instrument_engine(
    instrumentor: EngineInstrumentor,
    engine: Engine,
    tracer_provider: TracerProvider,
    meter_provider: MeterProvider | None = None,
) -> None:
    instrumentor.instrument(
        engine=engine,
        tracer_provider=tracer_provider,
        meter_provider=meter_provider,
        # It refuses SQLAlchemy 2.1 as too new, and works with it: check_sql_spans() asks.
        skip_dep_check=True,
    )
    # Registered after the instrumentation's own listener, so that the span is open.
    describe_sql_spans(engine)


def _process_metrics() -> dict[str, list[str] | None]:
    """Return what to measure; the instrumentation excludes from its own list only."""
    excluded = os.environ.get("OTEL_PYTHON_SYSTEM_METRICS_EXCLUDED_METRICS", "").split(",")
    return {
        name: what
        for name, what in PROCESS_METRICS.items()
        if not any(fnmatch(name, pattern.strip()) for pattern in excluded)
    }


def _untraced_urls() -> str:
    """Return our expressions and those that the environment adds."""
    flask, general = "OTEL_PYTHON_FLASK_EXCLUDED_URLS", "OTEL_PYTHON_EXCLUDED_URLS"
    return ",".join(filter(None, [UNTRACED_URLS, os.environ.get(flask, os.environ.get(general))]))


def _leave_untraced(app: Flask) -> None:
    """Let the statements of a request that is not traced leave no spans, which would be roots."""
    untraced = parse_excluded_urls(_untraced_urls())

    def suppress() -> None:
        g.suppressed = ExitStack()
        if untraced.url_disabled(request.url):
            g.suppressed.enter_context(suppress_instrumentation())

    def resume(_error: BaseException | None) -> None:
        g.pop("suppressed", ExitStack()).close()

    app.before_request(suppress)
    app.teardown_request(resume)


class _SpanCounter(SpanProcessor):
    """Count the spans of the current request, for its Server-Timing header."""

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        stats = request_stats.current()
        if stats is not None:
            stats.spans += 1


def _record_statements(app: Flask, telemetry: Telemetry) -> None:
    """Record statements per request by route and strategy, while the request's span is current.

    The exemplars of the histogram then lead to traces.
    """
    histogram = telemetry.meter_provider.get_meter(__name__).create_histogram(
        "clinic.request.statements",
        unit="{statement}",
        description="SQL statements sent for one request.",
        explicit_bucket_boundaries_advisory=STATEMENT_BUCKETS,
    )

    def record(response: Response) -> Response:
        stats = request_stats.current()
        if stats is None or request.url_rule is None or request.endpoint == "static":
            return response
        attributes = {"http.route": request.url_rule.rule}
        if stats.strategy is not None:
            attributes["clinic.strategy"] = stats.strategy
            trace.get_current_span().set_attribute("clinic.strategy", stats.strategy)
        histogram.record(stats.statements, attributes)
        return response

    app.after_request(record)
