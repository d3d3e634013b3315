"""Read finished spans for tests."""

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind


def statements(exporter: InMemorySpanExporter) -> list[ReadableSpan]:
    """Return the spans of SQL statements; a pool's `connect` span is not one."""
    return [
        span for span in exporter.get_finished_spans() if "db.query.text" in (span.attributes or {})
    ]


def roots(exporter: InMemorySpanExporter) -> list[ReadableSpan]:
    """Return the spans of requests."""
    return [span for span in exporter.get_finished_spans() if span.kind is SpanKind.SERVER]
