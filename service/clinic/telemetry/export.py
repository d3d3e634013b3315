"""Make the exporters that the environment names, and count what became of each span.

Exporters are entry points of installed packages, as OTEL_TRACES_EXPORTER and its siblings name
them: whatever is installed can be named.
"""

from collections.abc import Mapping, Sequence
from importlib.metadata import entry_points
from typing import Any

from opentelemetry.metrics import NoOpMeterProvider
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import (
    MetricExporter,
    MetricReader,
    PeriodicExportingMetricReader,
)
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, SynchronousMultiSpanProcessor
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.semconv._incubating.metrics.otel_metrics import (
    create_otel_sdk_exporter_span_exported,
)
from opentelemetry.semconv.attributes.error_attributes import ERROR_TYPE

from clinic.telemetry import environment as otel_env
from clinic.telemetry.otlp_http import assembling

EXPORT_FAILED = {ERROR_TYPE: "export_failed"}


class AccountedExporter(SpanExporter):
    """Wrap an exporter and count by its verdict: exported, or lost with an error.type.

    The metric is otel.sdk.exporter.span.exported of the semantic conventions. Together with the
    processor's counter of spans that found the queue full, and the tracer's of spans started, the
    books balance: started = exported + failed + queue full.
    """

    def __init__(self, exporter: SpanExporter, meter_provider: MeterProvider) -> None:
        self._exporter = exporter
        meter = meter_provider.get_meter(__name__)
        self._exported = create_otel_sdk_exporter_span_exported(meter)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = SpanExportResult.FAILURE
        try:
            result = self._exporter.export(spans)
        finally:
            failed = result is not SpanExportResult.SUCCESS
            self._exported.add(len(spans), EXPORT_FAILED if failed else None)
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        return self._exporter.force_flush(timeout_millis)


class EachExporter(SpanExporter):
    """Hand each batch to several exporters: one queue, one count, and a success if all succeed."""

    def __init__(self, exporters: Sequence[SpanExporter]) -> None:
        self._exporters = tuple(exporters)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        results = [exporter.export(spans) for exporter in self._exporters]
        succeeded = all(result is SpanExportResult.SUCCESS for result in results)
        return SpanExportResult.SUCCESS if succeeded else SpanExportResult.FAILURE

    def shutdown(self) -> None:
        for exporter in self._exporters:
            exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        return all(exporter.force_flush(timeout_millis) for exporter in self._exporters)


def span_exporters(environ: Mapping[str, str]) -> dict[str, SpanExporter]:
    """Return the exporters that OTEL_TRACES_EXPORTER names, by their entry points' names.

    Of OTLP/HTTP it is ours, which does the same, and assembles what it sends (otlp_http.py).
    """
    made: dict[str, SpanExporter] = {}
    for name in otel_env.exporters(environ, "TRACES"):
        # AccountedExporter counts exports in the exporter's stead: its own counter takes a batch
        # that was answered with an HTTP error for an exported one.
        silent = {"meter_provider": NoOpMeterProvider()} if name.startswith("otlp") else {}
        exporter = _load("opentelemetry_traces_exporter", name)
        made[name] = (assembling(exporter) or exporter)(**silent)
    return made


def metric_exporters(environ: Mapping[str, str]) -> dict[str, MetricExporter | MetricReader]:
    """Return the exporters, or readers that are scraped, that OTEL_METRICS_EXPORTER names."""
    names = otel_env.exporters(environ, "METRICS")
    return {name: _load("opentelemetry_metrics_exporter", name)() for name in names}


def batches(exporters: Mapping[str, SpanExporter], meter_provider: MeterProvider) -> SpanProcessor:
    """Return the processor that hands spans to these exporters; with none, it drops them."""
    if not exporters:
        return SynchronousMultiSpanProcessor()  # type: ignore[no-untyped-call]  # it is untyped
    accounted = AccountedExporter(EachExporter(list(exporters.values())), meter_provider)
    return BatchSpanProcessor(accounted, meter_provider=meter_provider)


def readers(exporters: Mapping[str, MetricExporter | MetricReader]) -> list[MetricReader]:
    """Return a reader for each exporter of metrics."""
    return [
        one if isinstance(one, MetricReader) else PeriodicExportingMetricReader(one)
        for one in exporters.values()
    ]


def destination(exporters: Mapping[str, object]) -> str:
    """Say where exporters send to: an address, or the name of an exporter that has none."""
    places = [getattr(one, "_endpoint", name) for name, one in exporters.items()]
    return " and ".join(places) or "none"


def id_generator(environ: Mapping[str, str]) -> IdGenerator | None:
    """Return what OTEL_PYTHON_ID_GENERATOR names; None for the SDK's own."""
    name = environ.get("OTEL_PYTHON_ID_GENERATOR")
    made: IdGenerator | None = _load("opentelemetry_id_generator", name)() if name else None
    return made


def _load(group: str, name: str) -> Any:
    return next(iter(entry_points(group=group, name=name))).load()
