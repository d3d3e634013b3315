"""Count what became of each span that was handed to the exporter."""

from collections.abc import Sequence

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.semconv._incubating.metrics.otel_metrics import (
    create_otel_sdk_exporter_span_exported,
)
from opentelemetry.semconv.attributes.error_attributes import ERROR_TYPE

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
