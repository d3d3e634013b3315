"""Test that sums which are read are the counters that the SDK would have kept."""

import pytest
from opentelemetry.metrics import Counter, MeterProvider, UpDownCounter
from opentelemetry.sdk.metrics import MeterProvider as SdkMeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, NumberDataPoint, Sum
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import TraceIdRatioBased
from opentelemetry.trace import SpanContext, TraceFlags, set_span_in_context
from opentelemetry.trace.span import NonRecordingSpan

from clinic.telemetry.sums import SummingMeterProvider

REMOTE = set_span_in_context(
    NonRecordingSpan(SpanContext(1, 2, is_remote=True, trace_flags=TraceFlags(1)))
)


def told(reader: InMemoryMetricReader) -> list[tuple[object, ...]]:
    """Return all that a backend is told of counters, without times and exemplars."""
    data = reader.get_metrics_data()
    assert data is not None
    found: list[tuple[object, ...]] = []
    for scope in (scope for resource in data.resource_metrics for scope in resource.scope_metrics):
        for metric in scope.metrics:
            if isinstance(metric.data, Sum):
                kind = str(metric.data.aggregation_temporality), metric.data.is_monotonic
                points = sorted(
                    (sorted((point.attributes or {}).items()), point.value)
                    for point in metric.data.data_points
                    if isinstance(point, NumberDataPoint)
                )
                name = scope.scope.name, metric.name, metric.unit, metric.description
                found.append((*name, *kind, points))
    return sorted(found, key=str)


def make_spans(meter_provider: MeterProvider) -> None:
    """Make spans of two tracers, one within a request from elsewhere, and leave one open."""
    provider = TracerProvider(shutdown_on_exit=False, meter_provider=meter_provider)
    for name in ("one", "two"):
        tracer = provider.get_tracer(name)
        with tracer.start_as_current_span("GET"), tracer.start_as_current_span("SELECT"):
            pass
    provider.get_tracer("one").start_span("GET", context=REMOTE)
    TracerProvider(
        TraceIdRatioBased(0.0), shutdown_on_exit=False, meter_provider=meter_provider
    ).get_tracer("none").start_span("GET").end()


def test_a_backend_is_told_what_the_sdks_counters_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_PYTHON_SDK_INTERNAL_METRICS_ENABLED", "true")
    counted, summed = InMemoryMetricReader(), InMemoryMetricReader()

    make_spans(SdkMeterProvider([counted], shutdown_on_exit=False))
    make_spans(SummingMeterProvider(SdkMeterProvider([summed], shutdown_on_exit=False)))

    assert told(summed) == told(counted)
    names = {name for _, name, *_ in told(summed)}
    assert {"otel.sdk.span.started", "otel.sdk.span.live"} <= names


def test_counters_of_one_name_are_one_sum() -> None:
    reader = InMemoryMetricReader()
    provider = SummingMeterProvider(SdkMeterProvider([reader], shutdown_on_exit=False))

    counters: list[Counter | UpDownCounter] = [
        provider.get_meter("sdk").create_counter("spans") for _ in range(2)
    ]
    for counter in counters:
        counter.add(2, {"kind": "a"})

    ((*_, points),) = told(reader)
    assert points == [([("kind", "a")], 4)]
