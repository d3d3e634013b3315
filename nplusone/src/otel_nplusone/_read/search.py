"""Read from a trace backend what a scan asks for, as much as it and the reader can bear."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from otel_nplusone._core.model import Span
from otel_nplusone._core.words import count
from otel_nplusone._read.jaeger_api import JaegerApi, Window, trace_page
from otel_nplusone._read.skipped import Skipped
from otel_nplusone._read.windows import Limit, Reading, words
from otel_nplusone.errors import BackendError

DEFAULT_SINCE_S = 3600.0
DEFAULT_MOST_TRACES = 2000
DEFAULT_MOST_SPANS = 250_000
DEFAULT_MOST_S = 40.0
_NS_IN_S = 1_000_000_000
# What the backend traces of itself says nothing of the services that it is asked about.
_OWN_SERVICES = frozenset({"jaeger", "jaeger-all-in-one", "jaeger-query", "tracestore"})


@dataclass(frozen=True, slots=True)
class Search:
    """Say what to ask a backend: the traces of a service (of all, if empty) since `since_s`.

    Reading ends when all is read, or with the first limit: `most_traces`, `most_spans` (that the
    backend had to load, those that came twice included), `most_s` seconds.
    """

    service: str = ""
    since_s: float = DEFAULT_SINCE_S
    most_traces: int = DEFAULT_MOST_TRACES
    most_spans: int = DEFAULT_MOST_SPANS
    most_s: float = DEFAULT_MOST_S


def read_backend(url: str, search: Search, warnings: Skipped) -> Iterator[Span]:
    """Yield the spans of a search, or of the one trace whose page is named.

    BackendError where nothing answers, or not as Jaeger does; a service that the backend does not
    know is one, too.
    """
    page = trace_page(url)
    if page:
        base, trace_id = page
        spans = JaegerApi(base, warnings).trace(trace_id)
        if not spans:
            raise BackendError(f"{url}: the backend has no trace {trace_id}")
        yield from spans
        return
    api = JaegerApi(url, warnings)
    services = _asked(api.services(), search.service, url)
    end_ns = time.time_ns() + _NS_IN_S
    start_ns = end_ns - round(search.since_s * _NS_IN_S)
    windows = [Window(service, start_ns, end_ns) for service in services]
    reading = Reading(api.traces, windows, place=url)
    limit = Limit(search.most_traces, search.most_spans, search.most_s)
    for stored in reading.read(limit):
        yield from stored.spans
    _tell(reading, windows, search, warnings)


def _asked(known: list[str], service: str, base: str) -> list[str]:
    if not service:
        return [name for name in known if name not in _OWN_SERVICES]
    if service not in known:
        raise BackendError(
            f"{base}: no service {service!r}; there are: {', '.join(sorted(known)) or '(none)'}"
        )
    return [service]


def _tell(reading: Reading, windows: list[Window], search: Search, warnings: Skipped) -> None:
    """Warn of what was not read, and of questions that had to be asked twice."""
    if reading.retried:
        warnings.note(
            f"the backend failed {count(reading.retried, 'question')}, which were asked again for"
            " less: is it short of memory?"
        )
    if not reading.traces:
        whose = ", ".join(window.service for window in windows) or "no service at all"
        warnings.note(
            f"the backend has no trace of the last {search.since_s:g} s ({whose}): ask for a longer"
            " time with --since, or see that the service exports its spans there"
        )
    unread = [text for window in windows if (text := _unread(reading, window))]
    if unread:
        warnings.note(
            f"read {count(reading.traces, 'trace')}, spread over the time asked for; not read, or"
            f" not whole: {', '.join(unread)} (--max-traces {search.most_traces:,},"
            f" --max-spans {search.most_spans:,}, --max-time {search.most_s:g}s)"
        )


def _unread(reading: Reading, asked: Window) -> str:
    """Return how much of a service's time was not read, and its newest part; or nothing."""
    unread = reading.unread(asked.service)
    if not unread:
        return ""
    share = sum(one.end_ns - one.start_ns for one in unread) / (asked.end_ns - asked.start_ns)
    others = f" and {count(len(unread) - 1, 'other')}" if len(unread) > 1 else ""
    return f"{share:.0%} of the time, {words(unread[0])}{others}"
