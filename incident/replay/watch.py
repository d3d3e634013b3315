"""Watch the service under load: sample it while a phase runs, and keep what its figures need."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import psutil

from harness.clients.backend import Backend, count_db_spans
from harness.waiting import wait_until
from incident.replay.load import Request, RequestLog
from incident.replay.measure import (
    Observed,
    SpanCounts,
    Window,
    expected_of,
    percentile,
    requests_of,
    sample,
    stories_of,
)
from incident.replay.probe import HealthProbe
from incident.replay.visitors import Visitors
from incident.stack.counters import Counters
from incident.stack.cpu import CpuReading, read_cpu
from incident.stack.run import Run
from incident.stack.stage import Stage
from incident.story.events import Sample

TICK_S = 0.5
RECENT_S = 5.0
TRACES_READ = 200
# All who are due in this part of a phase have come before its end, however late it began.
SEEDED = 0.9
SWITCH_DEADLINE_S = 120
SETTLE_DEADLINE_S = 90


@dataclass(frozen=True, slots=True)
class Mark:
    """Hold what stood on every meter when a phase began."""

    name: str
    strategy: str
    start_ns: int
    cpu: CpuReading | None
    watcher_s: float
    counters: Counters
    gave_up: int
    load: int = 0


@dataclass(frozen=True, slots=True)
class Watched:
    """Hold a phase that is over; its traces are read when all of them are stored."""

    began: Mark
    window: Window
    cpu: CpuReading | None
    watcher_s: float
    waiting_ms: tuple[float, ...]
    health_waiting_ms: tuple[float, ...]
    gave_up: int
    dropped_until: int
    planned_s: float = 0.0


class Watch:
    """Watch visitors' requests, health checks, CPU, and the SDK's counters."""

    def __init__(
        self, run: Run, stage: Stage, visitors: Visitors, log: RequestLog, health: HealthProbe
    ) -> None:
        self._run = run
        self._stage = stage
        self._visitors = visitors
        self._log = log
        self._health = health
        self._earlier = self._cpu()

    def begin(self, name: str, strategy: str, *, load: int = 0) -> Mark:
        """Read every meter; `load` is the number of the load that the phase's visitors are of."""
        return Mark(
            name,
            strategy,
            time.time_ns(),
            self._cpu(),
            _own_cpu_s(),
            self._counters(),
            self._visitors.crowd().gave_up,
            load,
        )

    def end(self, mark: Mark, planned_s: float = 0.0) -> Watched:
        """Read every meter again, at the end of a phase of a planned length."""
        window = Window(mark.start_ns, time.time_ns())
        crowd = self._visitors.crowd()
        return Watched(
            mark,
            window,
            self._cpu(),
            _own_cpu_s(),
            _since_its_begin(window, crowd.waiting_ms),
            _since_its_begin(window, self._health.waiting_ms(window.end_ns)),
            crowd.gave_up - mark.gave_up,
            self._counters().dropped,
            planned_s,
        )

    def ticks(self, seconds: float) -> Iterator[None]:
        """Yield twice a second for some time, the first time at once."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            yield
            self._run.pause(min(TICK_S, max(0.0, left)))

    def wait_for_switch(
        self, strategy: str, pages: int, tick: Callable[[], None], patience: int
    ) -> None:
        """Wait until that number of pages in a row has come by the strategy."""

        def switched() -> bool:
            tick()
            return has_switched(self._log.read(), strategy, pages)

        wait_until(
            switched,
            what=f"the running service to read its pages by {strategy}",
            deadline_s=SWITCH_DEADLINE_S * patience,
            pause=self._run.pause,
            every_s=TICK_S / 2,
        )

    def recent(self, seconds: float) -> list[Request]:
        """Return the requests that were answered in the last seconds."""
        since_ns = time.time_ns() - int(seconds * 1e9)
        found = []
        for request in reversed(self._log.read()):
            # Lines are written as answers come: what is far older than the window ends the search.
            if request.end_time_unix_nano < since_ns - 1_000_000_000:
                break
            if request.end_time_unix_nano >= since_ns:
                found.append(request)
        return found

    def sample(self, at_s: float, phase: str) -> Sample:
        """Return how the last seconds were."""
        recent, crowd = self.recent(RECENT_S), self._visitors.crowd()
        stories = stories_of(recent)
        times = [one.latency_ms for one in stories]
        counts = [one.statements or 0 for one in stories]
        now, earlier = self._cpu(), self._earlier
        self._earlier = now
        since_ns = time.time_ns() - int(RECENT_S * 1e9)
        checks = [
            one.response_ms
            for one in self._health.checks[-20:]
            if one.end_time_unix_nano >= since_ns
        ]
        return Sample(
            at_s=at_s,
            phase=phase,
            requests_per_second=round(len(recent) / RECENT_S, 1),
            p50_ms=round(percentile(times, 50), 1) if times else None,
            p95_ms=round(percentile(times, 95), 1) if times else None,
            healthz_ms=round(percentile(checks, 50), 1) if checks else None,
            statements_per_request=percentile(counts, 50) if counts else None,
            sql_per_minute=round(sum(one.statements or 0 for one in recent) / RECENT_S * 60),
            service_cpu_percent_of_core=_service_percent(earlier, now),
            machine_cpu_percent=_machine_percent(earlier, now),
            waiting=crowd.waiting,
            gave_up=crowd.gave_up,
            failures=sum(one.failure is not None for one in self._log.requests),
        )

    def settle(self) -> SpanCounts:
        """Wait until all spans that were created are stored or dropped; return the counts.

        After a deadline the counts are returned as they are: the verdict names the difference.
        """
        if self._stage.backend is None:
            return SpanCounts(0, 0, 0)
        deadline = time.monotonic() + SETTLE_DEADLINE_S
        before = self._span_counts()
        while time.monotonic() < deadline:
            self._run.pause(self._stage.settled_s)
            now = self._span_counts()
            counted = self._stage.counters is None or now.created == now.stored + now.dropped
            if now == before and counted:
                break
            before = now
        return before

    def observed(self, watched: Watched, *, traces: int = TRACES_READ) -> Observed:
        """Return all that is known of a phase without its traces, or with some of them.

        DB spans are counted in full traces from the backend: in all of the phase's, or in
        that number of them, evenly spread over it.
        """
        began, window = watched.began, watched.window
        requests = requests_of(self._log.read(), window=window, strategy=began.strategy)
        backend = self._stage.backend
        seconds = max(window.seconds, 1e-9)
        return Observed(
            name=began.name,
            strategy=began.strategy,
            window=window,
            requests=requests,
            health_checks=list(self._health.checks),
            service_cpu_percent_of_core=_service_percent(began.cpu, watched.cpu),
            machine_cpu_percent=_machine_percent(began.cpu, watched.cpu),
            stored_spans=(
                backend.span_counts(window.start_ns, window.end_ns) if traces and backend else {}
            ),
            db_spans=(
                _db_spans(backend, stories_of(requests), traces) if traces and backend else None
            ),
            dropped_spans=watched.dropped_until - began.counters.dropped,
            waiting_ms=watched.waiting_ms,
            health_waiting_ms=watched.health_waiting_ms,
            gave_up=watched.gave_up,
            watcher_cpu_percent_of_core=(watched.watcher_s - began.watcher_s) / seconds * 100,
            expected=self._expected(watched),
        )

    def _expected(self, watched: Watched) -> list[Request] | None:
        if not watched.began.load:
            return None
        return expected_of(
            self._log.read(),
            load=watched.began.load,
            strategy=watched.began.strategy,
            within_s=watched.planned_s * SEEDED,
        )

    def _span_counts(self) -> SpanCounts:
        counters, backend = self._counters(), self._stage.backend
        stored = backend.span_counts(self._stage.since_ns, time.time_ns()) if backend else {}
        return SpanCounts(counters.created, sum(stored.values()), counters.dropped)

    def _counters(self) -> Counters:
        return self._stage.counters.counters() if self._stage.counters else Counters(0, 0)

    def _cpu(self) -> CpuReading | None:
        return read_cpu(self._stage.service_cpu_s) if self._stage.service_cpu_s else None


def has_switched(requests: list[Request], strategy: str, pages: int) -> bool:
    """Return whether the last pages, as many as that, came by the strategy."""
    latest = [one for one in requests if one.is_story and one.strategy][-pages:]
    return len(latest) == pages and all(one.strategy == strategy for one in latest)


def _since_its_begin(window: Window, waiting_ms: Sequence[float]) -> tuple[float, ...]:
    """Return the waits that began in the window; earlier ones belong to the phase they came in."""
    return tuple(one for one in waiting_ms if one <= window.seconds * 1000)


def _service_percent(earlier: CpuReading | None, now: CpuReading | None) -> float | None:
    return round(now.service_percent_since(earlier), 1) if now and earlier else None


def _machine_percent(earlier: CpuReading | None, now: CpuReading | None) -> float | None:
    return round(now.machine_percent_since(earlier), 1) if now and earlier else None


def _own_cpu_s() -> float:
    used = psutil.Process().cpu_times()
    return float(used.user + used.system)


def _db_spans(backend: Backend, stories: list[Request], limit: int) -> dict[str, int]:
    traces = sample([one.trace_id for one in stories if one.trace_id], limit)
    return {trace_id: count_db_spans(backend.spans(trace_id)) for trace_id in traces}
