"""Read the SDK's counters from a real tracestore."""

import time
from typing import Any

import requests

from harness.parts.start import Tracestore
from incident.stack.counters import Counters, CountersSince, TracestoreCounters, count_spans

SERVICE = "counted-service"


def attributes(**values: str) -> list[dict[str, Any]]:
    return [
        {"key": key.replace("_", "."), "value": {"stringValue": value}}
        for key, value in values.items()
    ]


def sum_metric(name: str, value: int, **of_point: str) -> dict[str, Any]:
    point = {
        "asInt": str(value),
        "timeUnixNano": str(time.time_ns()),
        "attributes": attributes(**of_point),
    }
    data = {"aggregationTemporality": 2, "isMonotonic": True, "dataPoints": [point]}
    return {"name": name, "sum": data}


def test_the_services_own_counters_are_added_up(store: Tracestore) -> None:
    metrics = [
        sum_metric("otel.sdk.span.started", 100),
        sum_metric("otel.sdk.exporter.span.exported", 90),
        sum_metric("otel.sdk.exporter.span.exported", 4, error_type="TimeoutError"),
        sum_metric("otel.sdk.processor.span.processed", 96),
        sum_metric("otel.sdk.processor.span.processed", 6, error_type="queue_full"),
    ]

    scope = {"metrics": metrics}
    resource = {"attributes": attributes(service_name=SERVICE, service_instance_id="one")}
    sent = {"resourceMetrics": [{"resource": resource, "scopeMetrics": [scope]}]}
    requests.post(f"{store.otlp}/v1/metrics", json=sent, timeout=30).raise_for_status()

    source = TracestoreCounters(store.ui, SERVICE)

    assert source.counters() == Counters(created=100, dropped=10)
    assert CountersSince(source, Counters(40, 1)).counters() == Counters(60, 9)


def test_counters_of_several_workers_are_one_sum() -> None:
    series = {"name": "otel.sdk.span.started", "attributes": {}}

    counters = count_spans([series | {"value": 3}, series | {"value": 4}])

    assert counters == Counters(created=7, dropped=0)
