"""Make the providers of traces and metrics, and send what they record to its backend.

    Flask request ──► SERVER span ┐                                             ┌─► OTLP/HTTP
    SQL statement ──► CLIENT span ┴─► NPlusOneSpanProcessor(BatchSpanProcessor) ┘   /v1/traces
    counters, histograms ───────────► PeriodicExportingMetricReader ─► OTLP/HTTP /v1/metrics

That is the default; the standard variables say otherwise (docs/environment.md).

Providers are passed to the instrumentations and never set as globals: two applications in one
process (tests) do not mix their spans. One layer is instrumented, SQLAlchemy, and not the driver
below it as well: that would double every span.
"""

import atexit
import logging
import os
from dataclasses import dataclass
from importlib.metadata import version

from opentelemetry.propagate import set_global_textmap
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.resources import SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider

from clinic.telemetry import environment as otel_env
from clinic.telemetry import export
from clinic.telemetry.no_propagation import NoPropagation
from clinic.telemetry.sums import SummingMeterProvider
from clinic.telemetry.unused import unused
from otel_nplusone.live import NPlusOneSpanProcessor

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Telemetry:
    """Hold the two providers of an application, and whether its traces can be opened anywhere."""

    tracer_provider: TracerProvider
    meter_provider: MeterProvider
    keeps_traces: bool = True

    def shutdown(self) -> None:
        """Send what is left: first the spans, then the metrics that count them."""
        self.tracer_provider.shutdown()
        self.meter_provider.shutdown()


def from_env(*, fold: bool = False, judges: bool = True) -> Telemetry | None:
    """Make providers that export as OTEL_* says; None with OTEL_SDK_DISABLED=true.

    fold: send the repeats of a statement as one span. judges: mark a request's span with what
    repeats in it.

    Call it in the process that serves requests, after any fork: the exporting threads live there.
    Raises SettingsError for a variable that cannot be used.
    """
    otel_env.prepare(os.environ)
    if os.environ.get("OTEL_SDK_DISABLED") == "true":
        log.info("telemetry: off (OTEL_SDK_DISABLED)")
        return None
    if level := os.environ.get("OTEL_LOG_LEVEL"):
        logging.getLogger("opentelemetry").setLevel(level.upper())
    for line in unused(os.environ):
        log.warning("telemetry: %s", line)
    if "none" in os.environ.get("OTEL_PROPAGATORS", "").split(","):
        set_global_textmap(NoPropagation())
    # What the environment says wins; an instance's id is the SDK's, made in each process.
    resource = Resource({SERVICE_VERSION: version("cat-clinic")}).merge(Resource.create())
    span_exporters = export.span_exporters(os.environ)
    metric_exporters = export.metric_exporters(os.environ)
    meter_provider = MeterProvider(
        export.readers(metric_exporters), resource, shutdown_on_exit=False
    )
    tracer_provider = TracerProvider(
        resource=resource,
        shutdown_on_exit=False,
        meter_provider=SummingMeterProvider(meter_provider),
        id_generator=export.id_generator(os.environ),
    )
    processor: SpanProcessor = export.batches(span_exporters, meter_provider)
    if judges:  # it hands on every span, a request's with what repeats in it
        processor = NPlusOneSpanProcessor(processor, meter_provider=meter_provider, fold=fold)
    tracer_provider.add_span_processor(processor)
    log.info(
        "telemetry: %s traces to %s, metrics to %s, queue of %s spans",
        resource.attributes["service.name"],
        export.destination(span_exporters),
        export.destination(metric_exporters),
        os.environ["OTEL_BSP_MAX_QUEUE_SIZE"],
    )
    keeps_traces = any(name.startswith("otlp") for name in span_exporters)
    telemetry = Telemetry(tracer_provider, meter_provider, keeps_traces)
    # gunicorn's workers leave by way of atexit, also on SIGTERM with requests in flight.
    atexit.register(telemetry.shutdown)
    return telemetry
