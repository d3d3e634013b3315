"""Follow one request from a service to its stored trace, and say where the way breaks off.

    from otel_nplusone.doctor import examine

    for diagnosis in examine("http://127.0.0.1:5000/books", "http://127.0.0.1:16686"):
        print(diagnosis)

The request carries a `traceparent` with an id of its own, so that its trace is known before it is
stored. Nothing but the page itself is asked of the service; it may be written in any language.
"""

import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import NoReturn

from otel_nplusone._core import semconv
from otel_nplusone._core.asked import asked, blind_system
from otel_nplusone._core.excerpt import shorten
from otel_nplusone._core.model import Finding, Kind, Span, SpanKind, Trace
from otel_nplusone._core.routes import route
from otel_nplusone._core.words import count, duration, wrap
from otel_nplusone._read.http_json import ask, is_url
from otel_nplusone._read.jaeger_api import JaegerApi, Window
from otel_nplusone._read.skipped import Skipped
from otel_nplusone.errors import BackendError, SourceError
from otel_nplusone.scan import Result, judge

PATIENCE_S = 30.0
_EVERY_S = 0.5
_STILL_S = 1.0
_SECOND_NS = 1_000_000_000
_CLOCK_TOLERANCE_NS = _SECOND_NS
_MOST_TRACES = 20
_UNNAMED = "unknown_service"


class State(StrEnum):
    """Say how a part is; UNKNOWN where something before it is wrong."""

    FINE = "fine"
    WRONG = "WRONG"
    UNKNOWN = "–"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Hold a part of the way from a service to its trace, its state, and why."""

    part: str
    state: State
    text: str

    def __str__(self) -> str:
        """Return the diagnosis as a terminal shows it, in lines that are not too long."""
        head = f"{self.part:<11} {self.state:<6} "
        return head + wrap(self.text, " " * len(head))


@dataclass(frozen=True, slots=True)
class Visit:
    """Hold one request: the trace that it asked to be part of, its answer, and when it was sent."""

    trace_id: str
    parent_id: str
    status: int
    sent_ns: int
    answered_ns: int


class _Unwell(Exception):
    """Say what is wrong with a part, and what to do."""


def examine(
    url: str,
    backend: str,
    *,
    service: str = "",
    headers: Mapping[str, str] | None = None,
    patience_s: float = PATIENCE_S,
) -> Iterator[Diagnosis]:
    """Yield a diagnosis of each part, in the order of the way.

    `url` is a page of the service, which reads from its database, `backend` where Jaeger's query
    API is. `service` is its name there, needed only where the backend has thousands; `headers` are
    sent with the request, such as a cookie; `patience_s` is how many seconds the trace may take.
    SourceError for what is not an address.
    """
    for address in (url, backend):
        if not is_url(address):
            raise SourceError(f"{address!r} is not an address: it begins with http:// or https://")
    case = _Case(url, JaegerApi(backend), service, headers or {}, patience_s)
    broken = False
    for part, check in _CHECKS.items():
        if broken and part != "backend":
            yield Diagnosis(part, State.UNKNOWN, "not examined: see above")
            continue
        try:
            yield Diagnosis(part, State.FINE, check(case))
        except (_Unwell, BackendError) as error:
            yield Diagnosis(part, State.WRONG, str(error))
            broken = broken or part == "trace" or isinstance(error, BackendError)


def ahead_of(start_ns: int, sent_ns: int, answered_ns: int) -> int:
    """Return by how many ns the clock of a span is ahead of the one that timed its request.

    It is behind where that is below 0; 0 within a second.
    """
    if start_ns < sent_ns - _CLOCK_TOLERANCE_NS:
        return start_ns - sent_ns
    if start_ns > answered_ns + _CLOCK_TOLERANCE_NS:
        return start_ns - answered_ns
    return 0


@dataclass
class _Case:
    """Hold what is examined, and what has come of it so far."""

    url: str
    backend: JaegerApi
    service: str
    headers: Mapping[str, str]
    patience_s: float

    @cached_property
    def visit(self) -> Visit:
        trace_id, parent_id = secrets.token_hex(16), secrets.token_hex(8)
        traced = {"traceparent": f"00-{trace_id}-{parent_id}-01"}
        sent_ns = time.time_ns()
        status = ask(self.url, {**self.headers, **traced})
        return Visit(trace_id, parent_id, status, sent_ns, time.time_ns())

    @cached_property
    def spans(self) -> Sequence[Span]:
        """Return the request's spans once no more of them come; raise _Unwell if none does."""
        found, last_s = self._stored(), time.monotonic()
        deadline_s = last_s + self.patience_s
        while time.monotonic() < deadline_s and (not found or time.monotonic() < last_s + _STILL_S):
            time.sleep(_EVERY_S)
            now = self._stored()
            if len(now) != len(found):
                found, last_s = now, time.monotonic()
        if not found:
            self._say_what_is_there()
        return found

    @cached_property
    def judged(self) -> tuple[list[Finding], Result]:
        return judge(Trace(self.visit.trace_id, tuple(self.spans)), Skipped())

    @property
    def request(self) -> Span | None:
        """Return the span of the request, as the service tells it."""
        servers = [span for span in self.spans if span.kind == SpanKind.SERVER]
        return min(servers, key=lambda span: span.start_time_unix_nano, default=None)

    def _stored(self) -> list[Span]:
        """Return what is stored of the trace, its root made one: its parent is in no service."""
        spans = self.backend.trace(self.visit.trace_id)
        return [
            span._replace(parent_span_id="")
            if span.parent_span_id == self.visit.parent_id
            else span
            for span in spans
        ]

    def _say_what_is_there(self) -> NoReturn:
        """Raise _Unwell that says what was stored at the time of the request, if anything was."""
        names = [self.service] if self.service else self.backend.services()
        visit = self.visit
        for name in names:
            window = Window(name, visit.sent_ns - _SECOND_NS, visit.answered_ns + _SECOND_NS)
            for stored in self.backend.traces(window, _MOST_TRACES):
                if any(span.kind == SpanKind.SERVER for span in stored.spans):
                    raise _Unwell(
                        f"{name} does not go on with the trace of its caller: at that time it"
                        f" stored {stored.trace_id}. Let OTEL_PROPAGATORS hold tracecontext, its"
                        " default, and instrument the web framework."
                    )
        known = ", ".join(sorted(names)) or "none"
        raise _Unwell(
            f"no span of the request is stored after {self.patience_s:g} s; the services that are"
            f" known there: {known}. Does the service start the SDK in each worker, after a fork"
            " (OTEL_SDK_DISABLED unset)? Does it export to the right place"
            " (OTEL_EXPORTER_OTLP_ENDPOINT; 4318 is HTTP, 4317 gRPC)? Does it sample"
            " (OTEL_TRACES_SAMPLER=parentbased_always_on)?"
        )


def _service(case: _Case) -> str:
    visit = case.visit
    took = duration(visit.answered_ns - visit.sent_ns)
    if visit.status >= 400:
        raise _Unwell(
            f"it answered {visit.status} in {took}: name a page that is shown and reads from the"
            " database; --header sends what it needs"
        )
    return f"answered {visit.status} in {took}"


def _backend(case: _Case) -> str:
    return f"answers, and knows {count(len(case.backend.services()), 'service')}"


def _trace(case: _Case) -> str:
    return f"{count(len(case.spans), 'span')} stored, trace {case.visit.trace_id}"


def _name(case: _Case) -> str:
    names = sorted({span.service for span in case.spans})
    unnamed = [name for name in names if not name or name.startswith(_UNNAMED)]
    if unnamed:
        raise _Unwell(f"a service without a name ({unnamed[0] or 'empty'}): set OTEL_SERVICE_NAME")
    return ", ".join(names)


def _request(case: _Case) -> str:
    request = case.request
    if request is None:
        raise _Unwell(
            "no span is of kind SERVER: nothing tells which statements belong to one request;"
            " instrument the web framework (opentelemetry-instrumentation-flask, -django, -fastapi)"
        )
    name = route(request.attributes, request.name)
    if not semconv.text(request.attributes, semconv.ROUTE):
        raise _Unwell(
            f"its span ({name}) has no http.route: two requests of one page may count as two"
            " pages; instrument the web framework, not the server alone"
        )
    return f"{name}, {duration(request.end_time_unix_nano - request.start_time_unix_nano)}"


def _clock(case: _Case) -> str:
    first_ns = min(span.start_time_unix_nano for span in case.spans)
    ahead_ns = ahead_of(first_ns, case.visit.sent_ns, case.visit.answered_ns)
    if ahead_ns:
        word = "ahead of" if ahead_ns > 0 else "behind"
        raise _Unwell(
            f"the service's clock is {duration(abs(ahead_ns))} {word} this machine's: searches by"
            " time miss what it misplaces; let both follow a time server"
        )
    return "the service's and this machine's agree"


def _statements(case: _Case) -> str:
    of_databases = [span for span in case.spans if _is_of_a_database(span)]
    if not of_databases:
        raise _Unwell(
            "no span is a database's: does the page read from one? Instrument the library or its"
            " driver, one of them (opentelemetry-instrumentation-sqlalchemy, -psycopg), before the"
            " engine is made"
        )
    _, result = case.judged
    if result.warnings:
        raise _Unwell("; ".join(result.warnings))
    return f"{count(len(of_databases), 'database span')}, each tells its statement"


def _is_of_a_database(span: Span) -> bool:
    found = asked(span)
    if found is not None:
        return found.kind in (Kind.SQL, Kind.NOSQL)
    return blind_system(span) not in ("", "http")


def _findings(case: _Case) -> str:
    findings, _ = case.judged
    if not findings:
        return "this request repeats no statement"
    worst = findings[0].what
    return f"{shorten(worst.statement, 100)} × {worst.repeats:,}: `otel-nplusone scan` says more"


_CHECKS = {
    "service": _service,
    "backend": _backend,
    "trace": _trace,
    "name": _name,
    "request": _request,
    "clock": _clock,
    "statements": _statements,
    "n+1": _findings,
}
