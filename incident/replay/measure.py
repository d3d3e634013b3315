"""Compute a phase's figures from what was observed of it; pure.

A request belongs to a phase when its visitor came and had the answer in the phase's window, and the
answer was by the phase's strategy, or by none (veterinarians, failures without an answer).
Requests, failures, requests per second and SQL per minute are of all of them; latencies,
statements and DB spans per request are of Success Stories alone, the page the incident is about.
A visitor who has no answer when the window ends counts with the time they have waited: a page that
never comes is not left out of the percentiles. Of a page that was answered it is told apart what
its visitor waited before the service took it up, and what the service needed: the latter is what a
trace shows. In an open loop the statements per request are of
the visitors whom the seed lets come in the phase, whenever they are answered, and each clinic
counts once: the figure depends neither on how quick the machine is nor on how many pages were read.
Percentiles are exact: the value itself at the nearest rank.
"""

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from incident.errors import IncidentError
from incident.replay.load import Request
from incident.replay.probe import HealthCheck

# For this long p95 has to hold, for a page to have recovered.
WITHIN_S = 3


@dataclass(frozen=True, slots=True)
class Window:
    """Hold a stretch of time by the wall clock, in ns."""

    start_ns: int
    end_ns: int

    @property
    def seconds(self) -> float:
        return (self.end_ns - self.start_ns) / 1e9

    def holds(self, event: Request | HealthCheck) -> bool:
        return self.start_ns <= event.due_time_unix_nano and (
            event.end_time_unix_nano <= self.end_ns
        )


@dataclass(frozen=True, slots=True)
class Latency:
    p50: float
    p95: float
    p99: float


@dataclass(frozen=True, slots=True)
class Spread:
    p50: float
    max: float


@dataclass(frozen=True, slots=True)
class SpanCounts:
    created: int
    stored: int
    dropped: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """Hold what was seen of one phase, on all ends.

    `stored_spans` are the spans per trace in the backend, `db_spans` those of SQL statements,
    of the traces that were read in full, None if none was asked for. `dropped_spans` is the
    service's own count. `waiting_ms` is how long each visitor had waited who had no answer at the
    end, `health_waiting_ms` the same of health checks, `gave_up` counts those who left without
    one. `expected` are the requests of the visitors whom the seed lets come in the phase, None
    where no seed does.
    """

    name: str
    strategy: str
    window: Window
    requests: Sequence[Request]
    health_checks: Sequence[HealthCheck]
    service_cpu_percent_of_core: float | None
    machine_cpu_percent: float | None
    stored_spans: Mapping[str, int]
    db_spans: Mapping[str, int] | None
    dropped_spans: int
    waiting_ms: Sequence[float] = ()
    health_waiting_ms: Sequence[float] = ()
    gave_up: int = 0
    watcher_cpu_percent_of_core: float = 0.0
    expected: Sequence[Request] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """Hold the figures of one phase, named as in the report."""

    name: str
    strategy: str
    seconds: float
    requests: int
    failures: int
    gave_up: int
    requests_per_second: float
    latency_ms: Latency
    sent_latency_ms: Latency
    waited_ms: Spread
    service_ms: Latency
    healthz_ms: Spread
    other_pages_ms: Spread | None
    statements_per_request: Spread
    db_spans_per_trace: Spread
    statements_by_clinic: Mapping[str, int]
    sql_per_minute: float
    service_cpu_percent_of_core: float | None
    machine_cpu_percent: float | None
    watcher_cpu_percent_of_core: float
    spans: SpanCounts
    slowest_trace_id: str
    slowest_service_ms: float
    slowest_waited_ms: float


def requests_of(requests: Sequence[Request], *, window: Window, strategy: str) -> list[Request]:
    """Return the requests that belong to a phase."""
    return [
        request
        for request in requests
        if window.holds(request) and request.strategy in (strategy, None)
    ]


def expected_of(
    requests: Sequence[Request], *, load: int, strategy: str, within_s: float
) -> list[Request]:
    """Return the requests of a load whose visitors are due within so long of its begin."""
    return [
        one
        for one in requests
        if one.load == load
        and one.strategy == strategy
        and one.offset_s is not None
        and one.offset_s <= within_s
    ]


def stories_of(requests: Sequence[Request]) -> list[Request]:
    """Return the Success Stories among them that were answered."""
    return [request for request in requests if request.is_story and request.strategy]


def measure(observed: Observed) -> Phase:
    """Compute a phase's figures; raise IncidentError if there is nothing to compute them from."""
    window = observed.window
    requests = requests_of(observed.requests, window=window, strategy=observed.strategy)
    stories = stories_of(requests)
    checks = [check.response_ms for check in observed.health_checks if window.holds(check)]
    checks += observed.health_waiting_ms
    _require_something(observed, stories, checks)
    statements = [request.statements or 0 for request in requests]
    others = [request.latency_ms for request in requests if not request.is_story]
    seeded = stories if observed.expected is None else stories_of(observed.expected)
    by_clinic = {one.clinic: one.statements or 0 for one in seeded if one.clinic}
    # By the service's own time: in a visitor's time is the queue, which no trace shows.
    slowest = max(stories, key=lambda request: request.server_ms or 0, default=None)
    return Phase(
        name=observed.name,
        strategy=observed.strategy,
        seconds=round(window.seconds, 2),
        requests=len(requests),
        failures=sum(request.failure is not None for request in requests),
        gave_up=observed.gave_up,
        requests_per_second=round(len(requests) / window.seconds, 2),
        latency_ms=latency_of([*(one.latency_ms for one in stories), *observed.waiting_ms]),
        sent_latency_ms=latency_of([request.response_ms for request in stories]),
        waited_ms=spread([request.waited_ms for request in stories]),
        service_ms=latency_of([request.server_ms or 0 for request in stories]),
        healthz_ms=spread(checks),
        other_pages_ms=spread(others) if others else None,
        statements_per_request=spread(
            list(by_clinic.values()) or [request.statements or 0 for request in stories]
        ),
        db_spans_per_trace=(
            spread(_db_spans(observed.db_spans, stories)) if observed.db_spans else Spread(0, 0)
        ),
        statements_by_clinic=dict(sorted(by_clinic.items())),
        sql_per_minute=round(sum(statements) / window.seconds * 60),
        service_cpu_percent_of_core=_rounded(observed.service_cpu_percent_of_core),
        machine_cpu_percent=_rounded(observed.machine_cpu_percent),
        watcher_cpu_percent_of_core=round(observed.watcher_cpu_percent_of_core, 1),
        spans=_span_counts(requests, observed),
        slowest_trace_id=(slowest.trace_id if slowest else None) or "",
        slowest_service_ms=_tidy((slowest.server_ms if slowest else None) or 0),
        slowest_waited_ms=_tidy(slowest.waited_ms if slowest else 0),
    )


def recovery_s(
    requests: Sequence[Request], *, strategy: str, since_ns: int, limit_ms: float
) -> float | None:
    """Return the seconds from a switch until p95 is under a limit; None if it never is.

    p95 is of the Success Stories that were answered in the WITHIN_S seconds from then on.
    """
    answered = sorted(
        (one for one in stories_of(requests) if one.end_time_unix_nano >= since_ns),
        key=lambda one: one.end_time_unix_nano,
    )
    times = [one.latency_ms if one.strategy == strategy else math.inf for one in answered]
    ends = [one.end_time_unix_nano for one in answered]
    for index, at_ns in enumerate(ends):
        near = times[index : bisect_right(ends, at_ns + WITHIN_S * 1_000_000_000)]
        if percentile(near, 95) <= limit_ms:
            return round((at_ns - since_ns) / 1e9, 2)
    return None


def disagreements(observed: Observed) -> int:
    """Count the traces whose statements the service and the backend count differently."""
    by_trace = {request.trace_id: request.statements for request in observed.requests}
    read = observed.db_spans or {}
    return sum(by_trace.get(trace_id) != db_spans for trace_id, db_spans in read.items())


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the smallest value that at least `percent` of the values do not exceed."""
    rank = max(1, math.ceil(percent / 100 * len(values)))
    return sorted(values)[rank - 1]


def spread(values: Sequence[float]) -> Spread:
    """Return the median and the largest; 0 where nothing was answered."""
    if not values:
        return Spread(0, 0)
    return Spread(_tidy(percentile(values, 50)), _tidy(max(values)))


def sample(traces: Sequence[str], limit: int) -> list[str]:
    """Return at most `limit` of the traces, evenly spread over them."""
    if len(traces) <= limit:
        return list(traces)
    return [traces[index * len(traces) // limit] for index in range(limit)]


def ratios(before: Phase, after: Phase) -> dict[str, float | None]:
    """Return before ÷ after for the figures that a fix is judged by; None where after is 0."""
    pairs = {
        "requests_per_second": (before.requests_per_second, after.requests_per_second),
        "latency_p50_ms": (before.latency_ms.p50, after.latency_ms.p50),
        "latency_p95_ms": (before.latency_ms.p95, after.latency_ms.p95),
        "latency_p99_ms": (before.latency_ms.p99, after.latency_ms.p99),
        "healthz_p50_ms": (before.healthz_ms.p50, after.healthz_ms.p50),
        "healthz_max_ms": (before.healthz_ms.max, after.healthz_ms.max),
        "statements_per_request": (
            before.statements_per_request.p50,
            after.statements_per_request.p50,
        ),
        "db_spans_per_trace": (before.db_spans_per_trace.p50, after.db_spans_per_trace.p50),
        "sql_per_minute": (before.sql_per_minute, after.sql_per_minute),
        "service_cpu_percent_of_core": (
            before.service_cpu_percent_of_core,
            after.service_cpu_percent_of_core,
        ),
        "machine_cpu_percent": (before.machine_cpu_percent, after.machine_cpu_percent),
    }
    return {
        name: round(b / a, 3) if a and b is not None else None for name, (b, a) in pairs.items()
    }


def latency_of(values: Sequence[float]) -> Latency:
    """Return the percentiles; 0 where nothing was answered."""
    if not values:
        return Latency(0, 0, 0)
    p50, p95, p99 = (_tidy(percentile(values, percent)) for percent in (50, 95, 99))
    return Latency(p50, p95, p99)


def _span_counts(requests: Sequence[Request], observed: Observed) -> SpanCounts:
    return SpanCounts(
        created=sum(request.spans or 0 for request in requests),
        stored=sum(observed.stored_spans.get(request.trace_id or "", 0) for request in requests),
        dropped=observed.dropped_spans,
    )


def _db_spans(read: Mapping[str, int], stories: Sequence[Request]) -> list[int]:
    """Return the DB spans of each trace, or of each clinic where it is known whose they are."""
    clinics = {one.trace_id: one.clinic for one in stories if one.clinic}
    if not clinics:
        return list(read.values())
    return list({clinics.get(trace_id): spans for trace_id, spans in read.items()}.values())


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def _tidy(value: float) -> float:
    return round(value, 2)


def _require_something(
    observed: Observed, stories: Sequence[Request], checks: Sequence[float]
) -> None:
    missing = [
        what
        for what, seen in (
            ("page of Success Stories", stories or observed.waiting_ms),
            ("answer of /healthz", checks),
            ("stored trace", not stories or observed.db_spans is None or observed.db_spans),
        )
        if not seen
    ]
    if missing:
        raise IncidentError(
            f"Under {observed.strategy} no {' and no '.join(missing)} fell into the "
            f"{observed.window.seconds:.0f} s of the phase: give it more with --before-seconds or "
            "--after-seconds (demo) or --pace (replay), or send fewer visitors."
        )
