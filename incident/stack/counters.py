"""Read what the service's SDK counts of its own spans, from wherever its metrics are kept.

https://opentelemetry.io/docs/specs/semconv/otel/sdk-metrics/
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from harness.clients.http import JsonClient
from harness.clients.prometheus import Prometheus

CREATED = "otel.sdk.span.started"
LEFT_QUEUE = "otel.sdk.processor.span.processed"
EXPORTED = "otel.sdk.exporter.span.exported"


@dataclass(frozen=True, slots=True)
class Counters:
    """Count the spans since the service started, and those of them that are lost."""

    created: int
    dropped: int

    def since(self, earlier: "Counters") -> "Counters":
        return Counters(self.created - earlier.created, self.dropped - earlier.dropped)


class CounterSource(Protocol):
    """Read the service's counters, as of its last export of metrics."""

    def counters(self) -> Counters: ...


class TracestoreCounters:
    """Read a tracestore's latest metrics."""

    def __init__(self, address: str, service_name: str) -> None:
        self._client = JsonClient(address)
        self._service_name = service_name

    def counters(self) -> Counters:
        query = {"service": self._service_name}
        answer = self._client.get("/api/metrics/latest", query) or {}
        return count_spans(answer.get("metrics", []))


class PrometheusCounters:
    """Read Prometheus, which has the service's metrics by way of the Collector."""

    def __init__(self, address: str, service_name: str) -> None:
        self._prometheus = Prometheus(address)
        self._service_name = service_name

    def counters(self) -> Counters:
        ask = self._prometheus.count
        of_service = f'{{service_name="{self._service_name}"}}'
        lost = f'{{service_name="{self._service_name}",error_type!=""}}'
        return Counters(
            created=ask(f"otel_sdk_span_started_total{of_service}"),
            dropped=ask(f"otel_sdk_processor_span_processed_total{lost}")
            + ask(f"otel_sdk_exporter_span_exported_total{lost}"),
        )


class CountersSince:
    """Count from a moment on, for a service that was running before."""

    def __init__(self, source: CounterSource, earlier: Counters) -> None:
        self._source = source
        self._earlier = earlier

    def counters(self) -> Counters:
        return self._source.counters().since(self._earlier)


def count_spans(metrics: Iterable[Mapping[str, Any]]) -> Counters:
    """Add up the SDK's counters over instances and processors.

    A span is lost where it does not fit into the queue and where its export fails: the one
    and the other are counted with an `error.type`.
    """
    created = dropped = 0
    for metric in metrics:
        if metric["name"] == CREATED:
            created += int(metric["value"])
        elif metric["name"] in (LEFT_QUEUE, EXPORTED) and metric["attributes"].get("error.type"):
            dropped += int(metric["value"])
    return Counters(created, dropped)
