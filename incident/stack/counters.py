"""What the service's SDK counts of its own spans, from wherever its metrics are kept.

https://opentelemetry.io/docs/specs/semconv/otel/sdk-metrics/
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from harness.clients.json_api import JsonClient

CREATED = "otel.sdk.span.started"
LEFT_QUEUE = "otel.sdk.processor.span.processed"
EXPORTED = "otel.sdk.exporter.span.exported"


@dataclass(frozen=True, slots=True)
class Counters:
    """Spans since the service started: how many there were, and how many of them are lost."""

    created: int
    dropped: int

    def since(self, earlier: "Counters") -> "Counters":
        return Counters(self.created - earlier.created, self.dropped - earlier.dropped)


class CounterSource(Protocol):
    """Where the service's counters can be read; as of its last export of metrics."""

    def counters(self) -> Counters: ...


class TracestoreCounters:
    """Reads a tracestore's latest metrics."""

    def __init__(self, address: str, service_name: str) -> None:
        self._client = JsonClient(address)
        self._service_name = service_name

    def counters(self) -> Counters:
        query = {"service": self._service_name}
        answer = self._client.get("/api/metrics/latest", query) or {}
        return count_spans(answer.get("metrics", []))


class PrometheusCounters:
    """Reads Prometheus, which has the service's metrics by way of the Collector."""

    def __init__(self, address: str, service_name: str) -> None:
        self._client = JsonClient(address)
        self._service_name = service_name

    def counters(self) -> Counters:
        of_service = f'{{service_name="{self._service_name}"}}'
        lost = f'{{service_name="{self._service_name}",error_type!=""}}'
        return Counters(
            created=self._sum(f"otel_sdk_span_started_total{of_service}"),
            dropped=self._sum(f"otel_sdk_processor_span_processed_total{lost}")
            + self._sum(f"otel_sdk_exporter_span_exported_total{lost}"),
        )

    def _sum(self, selector: str) -> int:
        answer = self._client.get("/api/v1/query", {"query": f"sum({selector})"}) or {}
        series = answer.get("data", {}).get("result", [])
        return sum(int(float(one["value"][1])) for one in series)


class CountersSince:
    """Counts from a moment on, of a service that was running before."""

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
