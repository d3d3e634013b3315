"""Test that what is lost is counted, and complained of once a minute."""

import logging
from collections.abc import Callable, Sequence

import pytest
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from clinic.telemetry.export import AccountedExporter
from clinic.telemetry.logs import OnceAMinuteFilter
from tests.clinic.metrics import data_points

SPAN_COUNT = 3


@pytest.fixture
def spans() -> list[ReadableSpan]:
    tracer = TracerProvider(shutdown_on_exit=False).get_tracer("test")
    made: list[ReadableSpan] = []
    for number in range(SPAN_COUNT):
        span = tracer.start_span(f"span {number}")
        span.end()
        assert isinstance(span, ReadableSpan)
        made.append(span)
    return made


@pytest.fixture
def count() -> Callable[[SpanExporter, list[ReadableSpan]], dict[str | None, int]]:
    def export_and_count(
        exporter: SpanExporter, spans: list[ReadableSpan]
    ) -> dict[str | None, int]:
        reader = InMemoryMetricReader()
        provider = MeterProvider([reader], shutdown_on_exit=False)
        accounted = AccountedExporter(exporter, provider)
        accounted.export(spans)
        counts = {
            point.attributes.get("error.type"): point.value
            for name, point in data_points(reader)
            if name == "otel.sdk.exporter.span.exported"
        }
        accounted.shutdown()
        provider.shutdown()
        return counts

    return export_and_count


class _Answering(SpanExporter):
    def __init__(self, result: SpanExportResult) -> None:
        self._result = result

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return self._result


Count = Callable[[SpanExporter, list[ReadableSpan]], dict[str | None, int]]


def test_accepted_spans_are_counted_as_exported(count: Count, spans: list[ReadableSpan]) -> None:
    assert count(_Answering(SpanExportResult.SUCCESS), spans) == {None: SPAN_COUNT}


def test_refused_spans_are_counted_as_lost(count: Count, spans: list[ReadableSpan]) -> None:
    assert count(_Answering(SpanExportResult.FAILURE), spans) == {"export_failed": SPAN_COUNT}


def test_spans_without_a_backend_are_counted_as_lost(
    count: Count, spans: list[ReadableSpan], free_port: int
) -> None:
    exporter = OTLPSpanExporter(f"http://127.0.0.1:{free_port}/v1/traces", timeout=0.2)

    assert count(exporter, spans) == {"export_failed": SPAN_COUNT}


def record(name: str, level: int) -> logging.LogRecord:
    return logging.LogRecord(name, level, __file__, 1, "message", None, None)


def test_telemetry_complains_once_within_the_interval() -> None:
    once = OnceAMinuteFilter()

    passed = [once.filter(record("opentelemetry.sdk", logging.WARNING)) for _ in range(5)]

    assert passed == [True, False, False, False, False]


def test_telemetry_complains_again_after_the_interval() -> None:
    once = OnceAMinuteFilter(interval_s=0)

    passed = [once.filter(record("opentelemetry.sdk", logging.ERROR)) for _ in range(3)]

    assert passed == [True, True, True]


def test_other_warnings_all_pass() -> None:
    once = OnceAMinuteFilter()

    passed = [once.filter(record("clinic.flags.evaluation", logging.WARNING)) for _ in range(3)]

    assert passed == [True, True, True]
