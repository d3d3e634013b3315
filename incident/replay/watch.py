"""Watch the service under load: the phases, and the transition between them."""

import time
from dataclasses import dataclass

from harness.clients.backend import Backend, count_db_spans
from harness.clients.clinic import CLINICS
from harness.waiting import wait_until
from incident.replay.load import Request, RequestLog
from incident.replay.measure import (
    Observed,
    SpanCounts,
    Window,
    percentile,
    requests_of,
    sample,
    stories_of,
)
from incident.replay.probe import HealthProbe
from incident.replay.table import milliseconds
from incident.stack.counters import Counters
from incident.stack.cpu import CpuReading, read_cpu
from incident.stack.run import Run
from incident.stack.stage import Stage

TICK_S = 0.5
TRACES_READ = 200
LOAD_DEADLINE_S = 60
SWITCH_DEADLINE_S = 120
SETTLE_DEADLINE_S = 90


@dataclass(frozen=True, slots=True)
class Watched:
    """Hold what is seen of a phase while it runs; its traces are read when all is stored."""

    strategy: str
    window: Window
    cpu_before: CpuReading
    cpu_after: CpuReading
    counters_before: Counters


class Watch:
    """Watch visitors' requests, health checks, CPU, and the SDK's counters."""

    def __init__(self, run: Run, stage: Stage, *, health: HealthProbe, users: int) -> None:
        self._run = run
        self._users = users
        self._stage = stage
        self._health = health
        self._log = RequestLog(run.folder.request_log)

    def wait_for_visitors(self) -> None:
        """Wait until every visitor has arrived: each asks for the clinics first."""
        wait_until(
            lambda: sum(one.name == CLINICS for one in self._log.read()) >= self._users,
            what=f"{self._users} visitors to arrive",
            deadline_s=LOAD_DEADLINE_S,
            pause=self._run.pause,
        )

    def phase(self, strategy: str, seconds: float) -> Watched:
        """Watch for the given seconds."""
        cpu_s = self._stage.service_cpu_s
        counters = self._stage.counters.counters()
        before, start_ns = read_cpu(cpu_s), time.time_ns()
        deadline, earlier = before.at_s + seconds, before
        while (left := deadline - time.monotonic()) > 0:
            self._run.pause(min(TICK_S, left))
            earlier = self._show(strategy, start_ns, earlier)
        window = Window(start_ns, time.time_ns())
        return Watched(strategy, window, before, read_cpu(cpu_s), counters)

    def wait_for_switch(self, strategy: str) -> None:
        """Wait until as many pages as there are visitors have come in a row by the strategy."""
        wait_until(
            lambda: has_switched(self._log.read(), strategy, self._users),
            what=f"the running service to read its pages by {strategy}",
            deadline_s=SWITCH_DEADLINE_S,
            pause=self._run.pause,
        )

    def settle(self) -> SpanCounts:
        """Wait until all spans that were created are stored or dropped; return the counts.

        After a deadline the counts are returned as they are: the verdict names the difference.
        """
        deadline = time.monotonic() + SETTLE_DEADLINE_S
        before = self._span_counts()
        while time.monotonic() < deadline:
            self._run.pause(self._stage.settled_s)
            now = self._span_counts()
            if now == before and now.created == now.stored + now.dropped:
                break
            before = now
        return before

    def observed(self, watched: Watched, *, dropped_until: int) -> Observed:
        """Return all that is known of a phase, now that its traces are stored.

        DB spans are counted in full traces from the backend: in all of the phase's, or in
        TRACES_READ of them, evenly spread over it.
        """
        requests = requests_of(self._log.read(), window=watched.window, strategy=watched.strategy)
        backend = self._stage.backend
        return Observed(
            strategy=watched.strategy,
            window=watched.window,
            requests=requests,
            health_checks=list(self._health.checks),
            service_cpu_percent_of_core=watched.cpu_after.service_percent_since(watched.cpu_before),
            machine_cpu_percent=watched.cpu_after.machine_percent_since(watched.cpu_before),
            stored_spans=backend.span_counts(watched.window.start_ns, watched.window.end_ns),
            db_spans=_db_spans(backend, stories_of(requests)),
            dropped_spans=dropped_until - watched.counters_before.dropped,
        )

    def _span_counts(self) -> SpanCounts:
        counters = self._stage.counters.counters()
        stored = self._stage.backend.span_counts(self._stage.since_ns, time.time_ns())
        return SpanCounts(counters.created, sum(stored.values()), counters.dropped)

    def _show(self, strategy: str, start_ns: int, earlier: CpuReading) -> CpuReading:
        window = Window(start_ns, time.time_ns())
        now = read_cpu(self._stage.service_cpu_s)
        requests = requests_of(self._log.read(), window=window, strategy=strategy)
        cpu = now.service_percent_since(earlier)
        self._run.console.status(
            f"{strategy}: {status(requests, window)}, CPU {cpu:.0f} % of a core"
        )
        return now


def has_switched(requests: list[Request], strategy: str, users: int) -> bool:
    """Return whether the last pages, one for each visitor, came by the strategy."""
    latest = [one for one in requests if one.is_story][-users:]
    return len(latest) == users and all(one.strategy == strategy for one in latest)


def status(requests: list[Request], window: Window) -> str:
    """Say in half a line how a phase goes."""
    stories = [one.response_ms for one in stories_of(requests)]
    p50 = milliseconds(percentile(stories, 50)) if stories else "no answer yet"
    statements = sum(one.statements or 0 for one in requests) / window.seconds * 60
    return f"{len(requests):,} requests, p50 {p50}, {statements:,.0f} SQL/min"


def _db_spans(backend: Backend, stories: list[Request]) -> dict[str, int]:
    traces = sample([one.trace_id for one in stories if one.trace_id], TRACES_READ)
    return {trace_id: count_db_spans(backend.spans(trace_id)) for trace_id in traces}
