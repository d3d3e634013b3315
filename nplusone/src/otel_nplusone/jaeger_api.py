"""Spans from Jaeger's query API, or from whatever speaks it.

    GET /api/v3/trace-summaries     which traces there are, with their number of spans
    GET /api/v3/traces              all traces of a window, merged; cut at a number of traces
    GET /api/v3/traces/{id}
    GET /api/traces                 the older API, where there is no v3

The search has no cursor. Windows that hold more traces than one answer gives are halved until
each fits; with summaries, the traces with the most spans are read first.
"""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from otel_nplusone.errors import BackendError, SourceError
from otel_nplusone.http_json import NoJsonHereError, NotFoundHereError, get_json
from otel_nplusone.jaeger_json import from_jaeger
from otel_nplusone.json_stream import of_document
from otel_nplusone.model import Span
from otel_nplusone.otlp import from_json
from otel_nplusone.troubles import Warnings

DEFAULT_SINCE_S = 3600.0
DEFAULT_MOST_TRACES = 2000
_PAGE = 20  # traces in one answer: tens of megabytes at hundreds of spans each
_MOST_SUMMARIES = 10_000
_NS_IN_S = 1_000_000_000
_NS_IN_US = 1_000
_Page = Callable[[str, int, int], object]
_NARROWEST_WINDOW_NS = 10_000_000
_TRACE_PAGE = re.compile(
    r"(?P<base>.+?)/(?:trace|api/traces|api/v3/traces)/(?P<id>[0-9a-fA-F]{1,32})\b"
)
# What the backend traces of itself says nothing of the services that it is asked about.
_OWN_SERVICES = frozenset({"jaeger", "jaeger-all-in-one", "jaeger-query", "tracestore"})


@dataclass(frozen=True, slots=True)
class Search:
    """What is asked of a backend: the traces of a service (all, if empty) since so many seconds."""

    service: str = ""
    since_s: float = DEFAULT_SINCE_S
    most_traces: int = DEFAULT_MOST_TRACES


def trace_page(url: str) -> tuple[str, str] | None:
    """The backend and the trace id of an address such as http://host:16686/trace/0af7…"""
    found = _TRACE_PAGE.match(url)
    return (found["base"], found["id"]) if found else None


def read_backend(url: str, search: Search, warnings: Warnings) -> Iterator[Span]:
    """The spans of a search, or of the one trace whose page is named.

    BackendError where nothing answers, or not as Jaeger does; a service that the backend does not
    know is one, too.
    """
    page = trace_page(url)
    if page:
        yield from _spans(_trace(*page), url, warnings)
        return
    base = url.rstrip("/")
    is_v3, known = _known_services(base)
    reader = _Reader(base, search, warnings)
    read = reader.v3 if is_v3 else reader.legacy
    for service in _asked(known, search.service, base):
        yield from read(service)


def _known_services(base: str) -> tuple[bool, list[str]]:
    """Whether the backend speaks version 3, and the services that it knows.

    One that does not answers 404, or with the page of its user interface.
    """
    try:
        return True, _services(get_json(base, "/api/v3/services"), "services", base)
    except (NotFoundHereError, NoJsonHereError) as error:
        try:
            return False, _services(get_json(base, "/api/services"), "data", base)
        except (NotFoundHereError, NoJsonHereError):
            raise error from None


def _services(answer: object, key: str, base: str) -> list[str]:
    found = answer.get(key) if isinstance(answer, dict) else None
    if found is None and isinstance(answer, dict) and key in answer:
        return []
    if not isinstance(found, list):
        raise BackendError(f"{base}: the answer names no services: is this Jaeger's query API?")
    return [str(name) for name in found]


def _asked(known: list[str], service: str, base: str) -> list[str]:
    if not service:
        return [name for name in known if name not in _OWN_SERVICES]
    if service not in known:
        raise BackendError(
            f"{base}: no service {service!r}; there are: {', '.join(sorted(known)) or '(none)'}"
        )
    return [service]


def _trace(base: str, trace_id: str) -> object:
    try:
        return get_json(base, f"/api/v3/traces/{trace_id}")
    except NotFoundHereError:
        return get_json(base, f"/api/traces/{trace_id}")


def _spans(document: object, place: str, warnings: Warnings) -> Iterator[Span]:
    for element in of_document(document, place):
        read = from_jaeger if element.name == "data" else from_json
        yield from read(element.value, place, warnings)


class _Reader:
    """Reads the traces of one backend, each of them once."""

    def __init__(self, base: str, search: Search, warnings: Warnings) -> None:
        self._base = base
        self._end_ns = time.time_ns() + _NS_IN_S
        self._start_ns = self._end_ns - round(search.since_s * _NS_IN_S)
        self._most = search.most_traces
        self._seen: set[str] = set()
        self._warnings = warnings

    def v3(self, service: str) -> Iterator[Span]:
        """The traces of a service, those with the most spans first where the backend can tell."""
        try:
            summaries = self._summaries(service)
        except BackendError:  # older than 2.19: 404, or the page of its UI
            yield from self._windows(self._v3_page, service)
            return
        for trace_id in summaries:
            if trace_id in self._seen:
                continue
            if self._is_full():
                return
            yield from self._one(trace_id)
            self._seen.add(trace_id)

    def _one(self, trace_id: str) -> Iterator[Span]:
        """A trace; one that cannot be read is no reason to give up the others."""
        try:
            trace = get_json(self._base, f"/api/v3/traces/{trace_id}")
            yield from _spans(trace, self._base, self._warnings)
        except SourceError as error:
            if not self._seen:
                raise
            self._warnings.add("trace that the backend does not give", str(error))

    def legacy(self, service: str) -> Iterator[Span]:
        """The same by the older API."""
        yield from self._windows(self._legacy_page, service)

    def _is_full(self) -> bool:
        if len(self._seen) < self._most:
            return False
        self._warnings.add(f"trace beyond the first {self._most:,} (--max-traces)", self._base)
        return True

    def _summaries(self, service: str) -> list[str]:
        query = self._v3_query(service, self._start_ns, self._end_ns, _MOST_SUMMARIES)
        answer = get_json(self._base, "/api/v3/trace-summaries", query)
        found = answer.get("summaries") if isinstance(answer, dict) else None
        if not isinstance(found, list):
            raise BackendError(f"{self._base}: the answer holds no summaries")
        found = [item for item in found if isinstance(item, dict) and item.get("traceId")]
        found.sort(key=lambda item: (-int(item.get("spanCount") or 0), str(item["traceId"])))
        return [_padded(str(item["traceId"])) for item in found]

    def _windows(self, page: _Page, service: str) -> Iterator[Span]:
        """The traces of every window; one that is cut at a page is halved for the rest."""
        windows = [(self._start_ns, self._end_ns)]
        while windows:
            start, end = windows.pop()
            by_trace: dict[str, list[Span]] = {}
            for span in _spans(page(service, start, end), self._base, self._warnings):
                by_trace.setdefault(span.trace_id, []).append(span)
            for trace_id in sorted(by_trace.keys() - self._seen):
                if self._is_full():
                    return
                self._seen.add(trace_id)
                yield from by_trace[trace_id]
            if len(by_trace) >= _PAGE and end - start > _NARROWEST_WINDOW_NS:
                middle = (start + end) // 2
                windows += [(start, middle), (middle, end)]

    def _v3_page(self, service: str, start_ns: int, end_ns: int) -> object:
        try:
            query = self._v3_query(service, start_ns, end_ns, _PAGE)
            return get_json(self._base, "/api/v3/traces", query)
        except NotFoundHereError:
            return {"resourceSpans": []}

    def _v3_query(self, service: str, start_ns: int, end_ns: int, most: int) -> dict[str, str]:
        return {
            "query.service_name": service,
            "query.start_time_min": _rfc3339(start_ns),
            "query.start_time_max": _rfc3339(end_ns),
            "query.search_depth": str(most),
            "query.num_traces": str(most),
        }

    def _legacy_page(self, service: str, start_ns: int, end_ns: int) -> object:
        query = {
            "service": service,
            "start": str(start_ns // _NS_IN_US),
            "end": str(end_ns // _NS_IN_US),
            "limit": str(_PAGE),
        }
        answer = get_json(self._base, "/api/traces", query)
        if isinstance(answer, dict) and answer.get("data") is None:
            return {"data": []}
        return answer


def _padded(trace_id: str) -> str:
    return trace_id.lower().zfill(32)


def _rfc3339(time_ns: int) -> str:
    seconds, ns = divmod(time_ns, _NS_IN_S)
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{ns:09d}Z"
