"""Traces and metrics of the clinic: what is made, and where it goes.

    Flask request ──► SERVER span ┐                                             ┌─► OTLP/HTTP
    SQL statement ──► CLIENT span ┴─► NPlusOneSpanProcessor(BatchSpanProcessor) ┘   /v1/traces
    counters, histograms ───────────► PeriodicExportingMetricReader ─► OTLP/HTTP /v1/metrics

Providers are passed to the instrumentations and never set as globals: two applications in one
process (tests) do not mix their spans. One layer is instrumented, SQLAlchemy, and not the driver
below it as well: that would double every span.
"""

import atexit
import logging
import os
import uuid
from dataclasses import dataclass
from importlib.metadata import version

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.metrics import NoOpMeterProvider
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import SERVICE_INSTANCE_ID, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from clinic.export import AccountedExporter
from otel_nplusone.live import NPlusOneSpanProcessor

log = logging.getLogger(__name__)

# Standard variables, filled in where the environment is silent. The SDK reads them itself.
DEFAULTS = {
    "OTEL_SERVICE_NAME": "cat-clinic",
    # Stable names: db.query.text, http.request.method, and so on.
    "OTEL_SEMCONV_STABILITY_OPT_IN": "database,http",
    # The SDK's own counters of spans started, queued and dropped.
    "OTEL_PYTHON_SDK_INTERNAL_METRICS_ENABLED": "true",
    # The queue drops when full, and never blocks. The default of 2,048 spans is four requests of
    # the incident: a backend that takes 1 s for each POST costs 28 % of the spans. 16,384 loses
    # none, for 46 MB at worst.
    "OTEL_BSP_MAX_QUEUE_SIZE": "16384",
    "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "512",
    "OTEL_BSP_SCHEDULE_DELAY": "1000",
    "OTEL_METRIC_EXPORT_INTERVAL": "5000",
}


@dataclass(frozen=True, slots=True)
class Telemetry:
    """The two providers of one application."""

    tracer_provider: TracerProvider
    meter_provider: MeterProvider

    def shutdown(self) -> None:
        """Send what is left: first the spans, then the metrics that count them."""
        self.tracer_provider.shutdown()
        self.meter_provider.shutdown()


def from_env() -> Telemetry | None:
    """Make providers that export by OTLP/HTTP as OTEL_* says; None with OTEL_SDK_DISABLED=true.

    Call it in the process that serves requests, after any fork: the exporting threads live there.
    """
    for name, value in DEFAULTS.items():
        os.environ.setdefault(name, value)
    if os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        log.info("telemetry: off (OTEL_SDK_DISABLED)")
        return None
    resource = Resource.create(
        {SERVICE_VERSION: version("cat-clinic"), SERVICE_INSTANCE_ID: str(uuid.uuid4())}
    )
    metric_exporter = OTLPMetricExporter()
    meter_provider = MeterProvider(
        [PeriodicExportingMetricReader(metric_exporter)], resource, shutdown_on_exit=False
    )
    tracer_provider = TracerProvider(
        resource=resource, shutdown_on_exit=False, meter_provider=meter_provider
    )
    # AccountedExporter counts exports in the exporter's stead: its own counter takes a batch that
    # was answered with an HTTP error for an exported one.
    span_exporter = OTLPSpanExporter(meter_provider=NoOpMeterProvider())
    batches = BatchSpanProcessor(
        AccountedExporter(span_exporter, meter_provider), meter_provider=meter_provider
    )
    # It hands on every span, a request's with what repeats in it.
    tracer_provider.add_span_processor(
        NPlusOneSpanProcessor(batches, meter_provider=meter_provider)
    )
    log.info(
        "telemetry: %s traces to %s, metrics to %s, queue of %s spans",
        resource.attributes["service.name"],
        span_exporter._endpoint,
        metric_exporter._endpoint,
        os.environ["OTEL_BSP_MAX_QUEUE_SIZE"],
    )
    telemetry = Telemetry(tracer_provider, meter_provider)
    # gunicorn's workers leave by way of atexit, also on SIGTERM with requests in flight.
    atexit.register(telemetry.shutdown)
    return telemetry
