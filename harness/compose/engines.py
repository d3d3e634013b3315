"""Ask the stack's engines: Jaeger for traces, Locust for visits."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from harness.clients.backend import count_db_spans
from harness.clients.http import JsonClient
from otel_nplusone import Span, SpanKind
from otel_nplusone.jaeger import JaegerApi, Window

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
    """Hold one trace, as far as it has arrived."""

    trace_id: str
    spans: Sequence[Span]

    @property
    def root_service(self) -> str | None:
        """Return the service that began the trace; None while the root has not arrived."""
        roots = [span.service for span in self.spans if not span.parent_span_id]
        return roots[0] if len(roots) == 1 else None

    @property
    def db_spans(self) -> int:
        """Count the statements directly under the requests of a service."""
        begun = {span.span_id for span in self._requests}
        return count_db_spans(span for span in self.spans if span.parent_span_id in begun)

    @property
    def request_start_ns(self) -> int | None:
        """Return when the service began to answer; None while that span has not arrived."""
        return min((span.start_time_unix_nano for span in self._requests), default=None)

    @property
    def _requests(self) -> list[Span]:
        return [
            span
            for span in self.spans
            if span.service == "cat-clinic" and span.kind == SpanKind.SERVER
        ]


class Jaeger:
    """Ask Jaeger's query API v3, and for the metrics behind its Monitor tab."""

    def __init__(self, url: str) -> None:
        self._api = JaegerApi(url)
        self._client = JsonClient(url)

    def trace(self, trace_id: str) -> Trace:
        """Return what is stored of a trace; without spans if it is unknown."""
        return Trace(trace_id, self._api.trace(trace_id))

    def traces(
        self, service: str, operation: str, since_ns: int, *, at_most: int = FEW
    ) -> list[Trace]:
        """Return some of the traces with such a span since then."""
        now_ns = time.time_ns()
        if since_ns >= now_ns:
            return []
        window = Window(service, since_ns, now_ns, operation)
        found = self._api.traces(window, at_most)
        return [Trace(one.trace_id, one.spans) for one in found]

    def values(self, trace_id: str, key: str) -> set[str]:
        """Return the text values of an attribute in the spans of a trace."""
        return {
            attribute["value"].get("stringValue", "")
            for span in self._api.otlp_spans(trace_id)
            for attribute in span.get("attributes", [])
            if attribute["key"] == key
        }

    def monitor(self, metric: str, service: str) -> list[float]:
        """Return the points of a metric of the Monitor tab that have a value, of an hour."""
        query = {
            "service": service,
            "endTs": time.time_ns() // 1_000_000,
            "lookback": 3_600_000,
            "quantile": 0.95,
            "ratePer": 600_000,
            "step": 60_000,
            "spanKind": "server",
        }
        answer = self._client.get(f"/api/metrics/{metric}", query) or {}
        values = (
            point["gaugeValue"].get("doubleValue")
            for one in answer.get("metrics", [])
            for point in one["metricPoints"]
        )
        return [float(value) for value in values if value not in (None, "NaN")]


@dataclass(frozen=True, slots=True)
class Visits:
    """Hold what Locust has counted so far."""

    answered: int
    failed: int
    errors: tuple[str, ...]


class Locust:
    """Ask Locust's web UI."""

    def __init__(self, url: str) -> None:
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
        """Reset the counts."""
        self._client.post("/stats/reset")
