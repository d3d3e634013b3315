"""The trace backend, asked over HTTP: Jaeger's query API v3, and tracestore's latest metrics."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import urllib3

from incident.errors import BackendError

TIMEOUT_S = 30
SEARCH_DEPTH = 10_000  # the most that tracestore gives at once

# The SDK counts its own work: https://opentelemetry.io/docs/specs/semconv/otel/sdk-metrics/
CREATED = "otel.sdk.span.started"
LEFT_QUEUE = "otel.sdk.processor.span.processed"
EXPORTED = "otel.sdk.exporter.span.exported"

CLIENT = (3, "SPAN_KIND_CLIENT")
STATEMENT = ("db.query.text", "db.statement")


@dataclass(frozen=True, slots=True)
class Counters:
    """What the service's SDK says of its spans since it started."""

    created: int
    dropped: int


class Backend:
    """Reads what one service has sent."""

    def __init__(self, address: str, service_name: str, *, depth: int = SEARCH_DEPTH) -> None:
        self._address = address
        self._service_name = service_name
        self._depth = depth
        self._http = urllib3.PoolManager(retries=False, timeout=TIMEOUT_S)

    def span_counts(self, start_ns: int, end_ns: int) -> dict[str, int]:
        """Return the number of stored spans by trace id, of traces that start in that time."""
        found = self._summaries(start_ns, end_ns)
        if len(found) < self._depth or end_ns - start_ns < 2:
            return found
        # There may be more than one answer holds: ask for each half of the time.
        middle_ns = (start_ns + end_ns) // 2
        return self.span_counts(start_ns, middle_ns) | self.span_counts(middle_ns, end_ns)

    def spans(self, trace_id: str) -> list[dict[str, Any]]:
        """Return the stored spans of one trace as OTLP JSON; none if it is unknown."""
        resources = self._get(f"/api/v3/traces/{trace_id}").get("result", {})
        return [
            span
            for resource in resources.get("resourceSpans", [])
            for scope in resource["scopeSpans"]
            for span in scope["spans"]
        ]

    def counters(self) -> Counters:
        """Return the service's own count of its spans, as of its last export of metrics."""
        answer = self._get("/api/metrics/latest", {"service": self._service_name})
        return count_spans(answer.get("metrics", []))

    def _summaries(self, start_ns: int, end_ns: int) -> dict[str, int]:
        answer = self._get(
            "/api/v3/trace-summaries",
            {
                "query.service_name": self._service_name,
                "query.start_time_min": _rfc3339(start_ns),
                "query.start_time_max": _rfc3339(end_ns),
                "query.search_depth": self._depth,
            },
        )
        return {one["traceId"]: int(one["spanCount"]) for one in answer.get("summaries", [])}

    def _get(self, path: str, query: Mapping[str, Any] | None = None) -> dict[str, Any]:
        url = f"{self._address}{path}"
        try:
            response = self._http.request("GET", url, fields=query or {})
        except urllib3.exceptions.HTTPError as error:
            raise BackendError(f"{url} cannot be read: {error}") from error
        if response.status == 404:  # Jaeger's way of saying that nothing was found
            return {}
        if response.status != 200:
            said = response.data[:200].decode("utf-8", errors="replace").strip()
            raise BackendError(f"{url} answered {response.status}: {said}")
        try:
            return dict(json.loads(response.data))
        except ValueError as error:
            raise BackendError(f"{url} answered no JSON: {error}") from error


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


def count_db_spans(spans: Iterable[Mapping[str, Any]]) -> int:
    """Count the spans of SQL statements; a checkout of a connection (`connect`) is none."""
    return sum(
        span.get("kind") in CLIENT
        and any(attribute["key"] in STATEMENT for attribute in span.get("attributes", []))
        for span in spans
    )


def _rfc3339(unix_nano: int) -> str:
    seconds, nanos = divmod(unix_nano, 1_000_000_000)
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{nanos:09d}Z"
