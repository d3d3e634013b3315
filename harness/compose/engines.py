"""The stack's engines, asked: Jaeger for traces, Prometheus for numbers, Locust for visits."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import requests

from harness.clients.backend import count_db_spans
from harness.clients.json_api import JsonClient
from otel_nplusone.jaeger_api import JaegerApi, Window
from otel_nplusone.model import Span, SpanKind

# Traces that Jaeger answers with at once, each of hundreds of spans.
FEW = 5

# What the service has made.
STARTED = 'otel_sdk_span_started_total{service_name="cat-clinic"}'
# What became of spans on their way: not exported or not even queued by the service, ...
LOST_BY_THE_SERVICE = (
    '{__name__=~"otel_sdk_(processor_span_processed|exporter_span_exported)_total",'
    'service_name="cat-clinic",error_type!=""}'
)
# ... and not taken by Jaeger, or not queued for it, by the Collector.
LOST_BY_THE_COLLECTOR = (
    '{__name__=~"otelcol_exporter_(send|enqueue)_failed_spans",'
    'job="otel-collector",exporter="otlp_grpc/jaeger"}'
)


@dataclass(frozen=True, slots=True)
class Trace:
    """One trace, as far as it has arrived."""

    trace_id: str
    spans: Sequence[Span]

    @property
    def root_service(self) -> str | None:
        """The service that began the trace; None while the root has not arrived."""
        roots = [span.service for span in self.spans if not span.parent_span_id]
        return roots[0] if len(roots) == 1 else None

    @property
    def db_spans(self) -> int:
        """The most statements under one request of a service, if they are all below it."""
        begun = {span.span_id for span in self._requests}
        return count_db_spans(span for span in self.spans if span.parent_span_id in begun)

    @property
    def request_start_ns(self) -> int | None:
        """When the service began to answer; None while that span has not arrived."""
        return min((span.start_time_unix_nano for span in self._requests), default=None)

    @property
    def _requests(self) -> list[Span]:
        return [
            span
            for span in self.spans
            if span.service == "cat-clinic" and span.kind == SpanKind.SERVER
        ]


class Jaeger:
    """Jaeger's query API v3, and the metrics behind its Monitor tab."""

    def __init__(self, url: str) -> None:
        self._api = JaegerApi(url)
        self._client = JsonClient(url)

    def trace(self, trace_id: str) -> Trace:
        """Return what is stored of a trace; no spans if it is unknown."""
        return Trace(trace_id, self._api.trace(trace_id))

    def traces(
        self, service: str, operation: str, since_ns: int, *, at_most: int = FEW
    ) -> list[Trace]:
        """Return some of the traces with such a span since then; none of the future."""
        now_ns = time.time_ns()
        if since_ns >= now_ns:
            return []
        window = Window(service, since_ns, now_ns, operation)
        found = self._api.traces(window, at_most)
        return [Trace(one.trace_id, one.spans) for one in found]

    def values(self, trace_id: str, key: str) -> set[str]:
        """Return the texts that the spans of a trace have of any attribute, as Jaeger says it."""
        document: Any = self._api.document(trace_id)
        return {
            attribute["value"].get("stringValue", "")
            for resource in document["result"]["resourceSpans"]
            for scope in resource["scopeSpans"]
            for span in scope["spans"]
            for attribute in span.get("attributes", [])
            if attribute["key"] == key
        }

    def monitor(self, metric: str, service: str) -> list[float]:
        """Return the points of a metric of the Monitor tab that have a value."""
        query = {
            "service": service,
            "endTs": time.time_ns() // 1_000_000,
            "lookback": 600_000,
            "quantile": 0.95,
            "ratePer": 60_000,
            "step": 5_000,
            "spanKind": "server",
        }
        answer = self._client.get(f"/api/metrics/{metric}", query) or {}
        values = (
            point["gaugeValue"].get("doubleValue")
            for one in answer.get("metrics", [])
            for point in one["metricPoints"]
        )
        return [float(value) for value in values if value not in (None, "NaN")]


class Prometheus:
    """Prometheus' query API."""

    def __init__(self, url: str) -> None:
        self._client = JsonClient(url)

    def value(self, query: str) -> float:
        """Return the sum over all series that the query finds; 0 if there are none."""
        answer = self._get("query", {"query": query})
        return sum(float(one["value"][1]) for one in answer["result"])

    def exemplars(self, query: str) -> list[str]:
        """Return the trace ids of the query's exemplars of the last ten minutes, newest first."""
        now = time.time()
        found: list[dict[str, Any]] = self._get(
            "query_exemplars", {"query": query, "start": now - 600, "end": now}
        )
        exemplars = [one for series in found for one in series["exemplars"]]
        exemplars.sort(key=lambda one: float(one["timestamp"]), reverse=True)
        return [one["labels"]["trace_id"] for one in exemplars if "trace_id" in one["labels"]]

    def _get(self, what: str, query: Mapping[str, Any]) -> Any:
        return (self._client.get(f"/api/v1/{what}", query) or {})["data"]


@dataclass(frozen=True, slots=True)
class Visits:
    """What Locust has counted so far."""

    answered: int
    failed: int
    errors: tuple[str, ...]


class Locust:
    """Locust's web UI."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._client = JsonClient(url)

    def visits(self) -> Visits:
        stats = self._client.get("/stats/requests") or {}
        total = next(one for one in stats["stats"] if one["name"] == "Aggregated")
        return Visits(
            answered=int(total["num_requests"]),
            failed=int(total["num_failures"]),
            errors=tuple(one["error"] for one in stats["errors"]),
        )

    def forget(self) -> None:
        """Begin to count anew."""
        requests.post(f"{self._url}/stats/reset", timeout=30).raise_for_status()
