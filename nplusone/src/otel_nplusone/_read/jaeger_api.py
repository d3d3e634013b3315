"""Ask Jaeger's query API, or whatever speaks it.

    GET /api/v3/services            which services there are
    GET /api/v3/traces              whole traces of a service that touch a window, some
    GET /api/v3/trace-summaries     the same, their sizes alone; from 2.19 on
    GET /api/v3/traces/{id}
    GET /api/services, /api/traces  the older API, where there is no v3

A question loads every span of every trace that it finds into the backend's memory, summaries too
where the store has none of its own (Badger). It is the caller who keeps the window short and the
depth small: see windows.py.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from otel_nplusone._core.model import Span
from otel_nplusone._read.http_json import NoJsonHereError, NotFoundHereError, get_json
from otel_nplusone._read.jaeger_json import from_jaeger
from otel_nplusone._read.json_elements import OTLP_LISTS, Element, counted
from otel_nplusone._read.json_stream import of_document
from otel_nplusone._read.otlp import from_json, spans_of
from otel_nplusone._read.skipped import Skipped
from otel_nplusone.errors import BackendError

_NS_IN_S = 1_000_000_000
_NS_IN_US = 1_000
_TRACE_PAGE = re.compile(
    r"(?P<base>.+?)/(?:trace|api/traces|api/v3/traces)/(?P<id>[0-9a-fA-F]{1,32})\b"
)


@dataclass(frozen=True, slots=True)
class Window:
    """Hold a service, and the time in which one of its spans begins: what a question is about."""

    service: str
    start_ns: int
    end_ns: int
    operation: str = ""


@dataclass(frozen=True, slots=True)
class Stored:
    """Hold a trace as a question found it: its spans by service, its time, its spans if asked."""

    trace_id: str
    spans_of: Mapping[str, int]
    start_ns: int
    end_ns: int
    spans: Sequence[Span] = ()

    @property
    def size(self) -> int:
        """Return how many spans the backend loaded for it."""
        return sum(self.spans_of.values())


class JaegerApi:
    """Ask one backend; BackendError where it does not answer, or not as Jaeger does."""

    def __init__(self, address: str, warnings: Skipped | None = None) -> None:
        self._base = address.rstrip("/")
        self._warnings = warnings if warnings is not None else Skipped()
        self._is_v3 = True
        self._has_summaries = True

    def services(self) -> list[str]:
        """Return the services that the backend knows, and find out which API it speaks.

        One without version 3 answers 404 there, or with the page of its user interface.
        """
        try:
            return self._services("/api/v3/services", "services")
        except (NotFoundHereError, NoJsonHereError) as error:
            try:
                found = self._services("/api/services", "data")
            except (NotFoundHereError, NoJsonHereError):
                if isinstance(error, NoJsonHereError):
                    raise error from None
                raise NotFoundHereError(
                    f"{self._base} answers, but has no traces: neither /api/v3/services nor "
                    "/api/services is there. It may be the application itself: name the address "
                    "of its Jaeger, often http://127.0.0.1:16686"
                ) from None
            self._is_v3 = False
            return found

    def _services(self, path: str, key: str) -> list[str]:
        answer = get_json(self._base, path)
        if not isinstance(answer, dict) or not isinstance(answer.get(key, 0), list | None):
            raise BackendError(
                f"{self._base}: the answer names no services: is this Jaeger's query API?"
            )
        return [str(name) for name in answer[key] or ()]

    def trace(self, trace_id: str) -> list[Span]:
        """Return the stored spans of one trace; none if it is unknown."""
        return list(self._spans(self._elements_of(trace_id)))

    def otlp_spans(self, trace_id: str) -> list[dict[str, Any]]:
        """Return the same as OTLP JSON writes them; none from a backend without version 3."""
        return [
            span
            for resource_spans in self._resources_of(trace_id)
            for span in spans_of(resource_spans, self._base, self._warnings)
        ]

    def resource(self, trace_id: str, service: str) -> dict[str, str]:
        """Return what a service says of itself in a trace, texts only; empty if it is unknown."""
        for resource_spans in self._resources_of(trace_id):
            said = {
                pair["key"]: str(pair["value"].get("stringValue", ""))
                for pair in resource_spans.get("resource", {}).get("attributes", [])
            }
            if said.get("service.name") == service:
                return said
        return {}

    def traces(self, window: Window, depth: int) -> list[Stored]:
        """Return some of the traces that touch a window, with all spans; at most `depth`."""
        by_trace: dict[str, list[Span]] = {}
        for span in self._spans(self._elements(self._traces(window, depth))):
            by_trace.setdefault(span.trace_id, []).append(span)
        return [_stored(trace_id, spans) for trace_id, spans in by_trace.items()]

    def sizes(self, window: Window, depth: int) -> list[Stored]:
        """Return the same without spans, where the backend can say their number by itself."""
        if not self._has_summaries:
            return self.traces(window, depth)
        try:
            answer = get_json(self._base, "/api/v3/trace-summaries", _v3_query(window, depth))
        except (NotFoundHereError, NoJsonHereError):  # before 2.19: 404, or the page of its UI
            self._has_summaries = False
            return self.traces(window, depth)
        try:
            return [_summarized(one) for one in answer.get("summaries") or ()]  # type: ignore[attr-defined]  # anything but an object is caught below
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise BackendError(f"{self._base}: the answer holds no summaries ({error})") from error

    def _traces(self, window: Window, depth: int) -> object:
        try:
            if self._is_v3:
                return get_json(self._base, "/api/v3/traces", _v3_query(window, depth))
            return get_json(self._base, "/api/traces", _legacy_query(window, depth))
        except NotFoundHereError:  # how version 3 says that nothing was found
            return None

    def _elements_of(self, trace_id: str) -> Iterator[Element]:
        for path in ("/api/v3/traces/", "/api/traces/"):
            try:
                return self._elements(get_json(self._base, path + trace_id))
            except NotFoundHereError:
                continue
        return self._elements(None)

    def _elements(self, document: object) -> Iterator[Element]:
        """Yield the parts of an answer; nothing from one that says that nothing was found."""
        if document is None or (isinstance(document, dict) and document.get("data", 0) is None):
            return
        yield from of_document(document, self._base)

    def _resources_of(self, trace_id: str) -> Iterator[Any]:
        elements = self._elements_of(trace_id)
        return (element.value for element in elements if element.name in OTLP_LISTS)

    def _spans(self, elements: Iterable[Element]) -> Iterator[Span]:
        for element in elements:
            read = from_jaeger if element.name == "data" else from_json
            found = read(element.value, self._base, self._warnings)
            yield from counted(element, found, self._warnings)


def trace_page(url: str) -> tuple[str, str] | None:
    """Return backend and trace id of the address of a trace's page (…/trace/0af7)."""
    found = _TRACE_PAGE.match(url)
    return (found["base"], found["id"]) if found else None


def _stored(trace_id: str, spans: list[Span]) -> Stored:
    return Stored(
        trace_id,
        Counter(span.service for span in spans),
        min(span.start_time_unix_nano for span in spans),
        max(span.end_time_unix_nano for span in spans),
        spans,
    )


def _summarized(summary: Mapping[str, object]) -> Stored:
    return Stored(
        str(summary["traceId"]).lower().zfill(32),
        {str(one["name"]): int(one["spanCount"]) for one in summary["services"]},  # type: ignore[attr-defined]  # as above
        int(str(summary["minStartTimeUnixNano"])),
        int(str(summary["maxEndTimeUnixNano"])),
    )


def _v3_query(window: Window, depth: int) -> dict[str, object]:
    query = {
        "query.service_name": window.service,
        "query.operation_name": window.operation,
        "query.start_time_min": _rfc3339(window.start_ns),
        "query.start_time_max": _rfc3339(window.end_ns),
        "query.search_depth": depth,
        "query.num_traces": depth,  # the same, as Jaeger before 2.19 calls it
    }
    return {key: value for key, value in query.items() if value != ""}


def _legacy_query(window: Window, depth: int) -> dict[str, object]:
    return {
        "service": window.service,
        "start": window.start_ns // _NS_IN_US,
        "end": window.end_ns // _NS_IN_US,
        "limit": depth,
    }


def _rfc3339(time_ns: int) -> str:
    seconds, ns = divmod(time_ns, _NS_IN_S)
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{ns:09d}Z"
