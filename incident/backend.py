"""The trace backend, asked by Jaeger's query API v3: tracestore and Jaeger are the same to it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from incident.errors import BackendError
from incident.http_json import JsonClient

SEARCH_DEPTH = 10_000  # the most that tracestore gives at once
# A Jaeger without summaries answers with all spans: a few seconds of the incident at a time.
SLICE_NS = 5_000_000_000

CLIENT = (3, "SPAN_KIND_CLIENT")
STATEMENT = ("db.query.text", "db.statement")


class Backend:
    """Reads what one service has sent."""

    def __init__(self, address: str, service_name: str, *, depth: int = SEARCH_DEPTH) -> None:
        self._client = JsonClient(address)
        self._service_name = service_name
        self._depth = depth
        self._has_summaries = True

    def span_counts(self, start_ns: int, end_ns: int) -> dict[str, int]:
        """Return the number of the service's stored spans by trace id, of traces of that time."""
        if not self._has_summaries:
            return self._counted_in_full_traces(start_ns, end_ns)
        try:
            found = self._summaries(start_ns, end_ns)
        except BackendError:
            # Jaeger before 2.19 answers with its page.
            self._has_summaries = False
            return self.span_counts(start_ns, end_ns)
        if len(found) < self._depth or end_ns - start_ns < 2:
            return found
        # There may be more than one answer holds: ask for each half of the time.
        middle_ns = (start_ns + end_ns) // 2
        return self.span_counts(start_ns, middle_ns) | self.span_counts(middle_ns, end_ns)

    def spans(self, trace_id: str) -> list[dict[str, Any]]:
        """Return the stored spans of one trace as OTLP JSON; none if it is unknown."""
        return [span for _, span in spans_of(self._client.get(f"/api/v3/traces/{trace_id}"))]

    def resource(self, trace_id: str) -> dict[str, str]:
        """Return what the service says of itself in a trace, texts only; empty if it is unknown."""
        answer = self._client.get(f"/api/v3/traces/{trace_id}") or {}
        for one in answer.get("result", {}).get("resourceSpans", []):
            said = {
                attribute["key"]: attribute["value"].get("stringValue", "")
                for attribute in one["resource"].get("attributes", [])
            }
            if said.get("service.name") == self._service_name:
                return said
        return {}

    def spans_between(self, start_ns: int, end_ns: int) -> list[dict[str, Any]]:
        """Return the service's spans of all traces that are found in that time."""
        answer = self._client.get("/api/v3/traces", self._query(start_ns, end_ns))
        return [span for name, span in spans_of(answer) if name == self._service_name]

    def _summaries(self, start_ns: int, end_ns: int) -> dict[str, int]:
        query = self._query(start_ns, end_ns)
        answer = self._client.get("/api/v3/trace-summaries", query) or {}
        return {
            one["traceId"]: sum(
                int(service["spanCount"])
                for service in one["services"]
                if service["name"] == self._service_name
            )
            for one in answer.get("summaries", [])
        }

    def _counted_in_full_traces(self, start_ns: int, end_ns: int) -> dict[str, int]:
        # A trace is found in every slice that one of its spans begins in, each time whole.
        found: dict[str, int] = {}
        for slice_ns in range(start_ns, end_ns, SLICE_NS):
            query = self._query(slice_ns, min(slice_ns + SLICE_NS, end_ns))
            answer = self._client.get("/api/v3/traces", query)
            found |= count_by_trace(answer, self._service_name)
        return found

    def _query(self, start_ns: int, end_ns: int) -> dict[str, Any]:
        return {
            "query.service_name": self._service_name,
            "query.start_time_min": _rfc3339(start_ns),
            "query.start_time_max": _rfc3339(end_ns),
            "query.search_depth": self._depth,
            "query.num_traces": self._depth,  # the same, as Jaeger before 2.19 calls it
        }


def spans_of(answer: Mapping[str, Any] | None) -> Iterable[tuple[str, dict[str, Any]]]:
    """Yield (service, span) of an answer of the query API."""
    for resource in (answer or {}).get("result", {}).get("resourceSpans", []):
        service = next(
            (
                attribute["value"].get("stringValue", "")
                for attribute in resource["resource"].get("attributes", [])
                if attribute["key"] == "service.name"
            ),
            "",
        )
        for scope in resource["scopeSpans"]:
            for span in scope["spans"]:
                yield service, span


def count_by_trace(answer: Mapping[str, Any] | None, service_name: str) -> Counter[str]:
    """Count a service's spans by trace id."""
    return Counter(span["traceId"] for name, span in spans_of(answer) if name == service_name)


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
