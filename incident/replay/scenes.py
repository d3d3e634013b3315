"""Play what is more than watching: QA on a clinic of its own, the diagnosis, and the proof."""

import itertools
import time
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial

from harness.clients.clinic import ClinicClient, Page
from incident.replay import cost, diagnosis
from incident.replay.capacity import LIMIT_MS, search
from incident.replay.engine import Play, skip, watched
from incident.replay.measure import latency_of, percentile, spread
from incident.replay.phases import Phase
from incident.stack.cpu import CpuReading, cpu_of_family, read_cpu
from incident.stack.places import OPEN
from incident.stack.stage import another_clinic
from incident.story import events as ev

QA_PAUSE_S = 0.3
REPETITIONS = 2  # the launch and the fix are the first
# A rate that is above what a page can take has to have time to show.
LEAST_ATTEMPT_S = 3.0
DRAIN_DEADLINE_S = 60.0


def test_by_hand(play: Play, phase: Phase) -> None:
    """Let a tester read pages of the dataset `test`, one after the other, and scan their traces."""
    began_s = time.time()
    with another_clinic(play.run, play.stage, "qa", "test", {}) as (address, pid):
        before = read_cpu(partial(cpu_of_family, pid))
        pages = _read_pages(play, address, play.plan.length_s(phase))
        after = read_cpu(partial(cpu_of_family, pid))
    play.journal.write(_figures_of_test(play, phase, pages, before, after))
    times = [page.elapsed_ms for _, page in pages]
    counts = [page.statements or 0 for _, page in pages]
    play.note(
        f"The tester read {len(pages)} pages: {percentile(counts, 50):,.0f} statements each, "
        f"{percentile(times, 50):.0f} ms at the median. Nothing looked wrong."
    )
    diagnosis.diagnose(play, phase.name, seconds=time.time() - began_s)


def diagnose(play: Play, phase: Phase) -> None:
    """Ask the traces of the last minute while the load goes on, and predict what repairs bring."""
    play.visitors.send(phase.name, play.plan.visitors_per_second)
    found = diagnosis.diagnose(play, phase.name, seconds=60)
    if found is None:
        play.fell_short("The traces of the last minute hold no N+1 query.")
    play.wait(play.plan.length_s(phase))


def prove(play: Play, phase: Phase) -> None:
    """Play the launch and the fix again, in turn, and search the highest rate of each."""
    if play.visitors.loop != OPEN:
        return skip(play, phase, "in a closed loop the users decide how many requests there are.")
    plan = play.plan
    _count_as_first(play)
    for number in range(1, REPETITIONS + 1):
        for strategy, seconds in ((plan.before, plan.pace_s), (plan.fix, plan.pace_s / 2)):
            _repeat(play, f"{phase.name} {number}, {strategy}", strategy, seconds, number + 1)
    for strategy in (plan.before, plan.fix):
        _search(play, strategy)
    cost.measure(play)


def _read_pages(play: Play, address: str, seconds: float) -> Sequence[tuple[str, Page]]:
    """Ask for one clinic after another as a tester does; return each with the clinic's name."""
    pages = []
    deadline = time.monotonic() + seconds
    with ClinicClient(address) as tester:
        names = sorted(tester.listing()[1])
        for name in itertools.cycle(names):
            pages.append((name, tester.stories(name)))
            play.tick()
            play.run.pause(QA_PAUSE_S)
            over = time.monotonic() > deadline or play.next_phase
            if over and len(pages) >= len(names):  # each clinic counts, in every run
                return pages
    return pages


def _figures_of_test(
    play: Play,
    phase: Phase,
    pages: Sequence[tuple[str, Page]],
    before: CpuReading,
    after: CpuReading,
) -> ev.Figures:
    """Return what the tester has seen; nobody asks for health checks or other pages."""
    seconds = after.at_s - before.at_s
    times = [page.elapsed_ms for _, page in pages]
    latency = asdict(latency_of(times))
    by_clinic = {name: page.statements or 0 for name, page in pages}
    counts = list(by_clinic.values())
    slowest = max((page for _, page in pages), key=lambda page: page.elapsed_ms)
    return ev.Figures(
        at_s=play.journal.now_s,
        name=phase.name,
        strategy=play.plan.before,
        seconds=round(seconds, 2),
        requests=len(pages),
        failures=0,
        gave_up=0,
        requests_per_second=round(len(pages) / seconds, 2),
        latency_ms=latency,
        sent_latency_ms=latency,
        healthz_ms={},
        other_pages_ms={},
        statements_per_request=asdict(spread(counts)),
        db_spans_per_trace={},
        statements_by_clinic=dict(sorted(by_clinic.items())),
        sql_per_minute=round(sum(page.statements or 0 for _, page in pages) / seconds * 60),
        service_cpu_percent_of_core=round(after.service_percent_since(before), 1),
        machine_cpu_percent=round(after.machine_percent_since(before), 1),
        watcher_cpu_percent_of_core=0.0,
        spans={"created": sum(page.spans or 0 for _, page in pages)},
        slowest_trace_id=slowest.trace_id or "",
    )


def _count_as_first(play: Play) -> None:
    """Take the launch and the fix, as they were played, for the first repetition."""
    plan, story = play.plan, play.journal.story
    seen = [story.phase(name) for name in ("launch", "fix")]
    figures = [one.figures for one in seen if one and one.figures and one.figures.requests]
    if [one.strategy for one in figures] != [plan.before, plan.fix]:
        return
    for one in figures:
        play.journal.write(_repetition(play, 1, one))


def _repeat(play: Play, name: str, strategy: str, seconds: float, number: int) -> None:
    _clear(play, strategy)
    load = play.visitors.send("launch", play.plan.visitors_per_second, fresh=True)
    figures = watched(play, name, seconds, load=load)
    if figures is not None:
        play.journal.write(_repetition(play, number, figures))


def _repetition(play: Play, number: int, figures: ev.Figures) -> ev.Repetition:
    return ev.Repetition(
        at_s=play.journal.now_s,
        number=number,
        strategy=figures.strategy,
        statements=figures.statements_per_request.get("p50", 0),
        p50_ms=figures.latency_ms["p50"],
        p95_ms=figures.latency_ms["p95"],
        requests_per_second=figures.requests_per_second,
        service_p50_ms=figures.service_ms.get("p50", 0),
        service_p95_ms=figures.service_ms.get("p95", 0),
    )


def _search(play: Play, strategy: str) -> None:
    seconds = max(LEAST_ATTEMPT_S, play.plan.pace_s * 0.4)
    start = play.plan.visitors_per_second * (0.25 if strategy == play.plan.before else 8)

    def attempt(rate: float) -> ev.Attempt:
        _clear(play, strategy)
        before = play.visitors.crowd()
        load = play.visitors.send(f"capacity {strategy}", rate, fresh=True)
        play.wait(seconds)
        crowd = play.visitors.crowd()
        times = [one.latency_ms for one in play.log.read() if one.load == load]
        times += [one for one in crowd.waiting_ms if one <= seconds * 1000]
        p95 = percentile(times, 95) if times else None
        kept_up = crowd.answered - before.answered >= 0.8 * (crowd.arrived - before.arrived)
        failed = any(one.failure for one in play.log.read() if one.load == load)
        held = p95 is not None and p95 < LIMIT_MS and kept_up and not failed
        play.run.console.step(
            f"{strategy} at {rate:.1f} visitors/s: {'held' if held else 'did not hold'}."
        )
        return ev.Attempt(rate=round(rate, 2), p95_ms=p95, held=held)

    best, tried = search(attempt, start=start, narrowings=2 if play.plan.pace_s >= 10 else 1)
    play.journal.write(
        ev.Capacity(
            at_s=play.journal.now_s, strategy=strategy, limit_ms=LIMIT_MS, rate=best, attempts=tried
        )
    )


def _clear(play: Play, strategy: str) -> None:
    """Send everybody away, wait until the service is idle, and switch to a strategy."""
    play.visitors.send("nobody", 0, fresh=True)
    play.switch(strategy)
    deadline = time.monotonic() + DRAIN_DEADLINE_S * play.plan.patience
    while play.visitors.crowd().waiting_ms and time.monotonic() < deadline:
        play.run.pause(0.2)
    # The service looks at its flags every half second, and follows within two.
    with ClinicClient(play.run.stack.clinic.address) as clinic:
        name = clinic.listing()[1][0]
        while clinic.stories(name).strategy != strategy and time.monotonic() < deadline:
            play.run.pause(0.1)
