"""Play a plan: one phase after another, sampled and written down, until the last span is stored."""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace

from harness.clients.clinic import ClinicClient
from incident.errors import IncidentError
from incident.replay import alert
from incident.replay.load import RequestLog
from incident.replay.measure import Phase as Measured
from incident.replay.measure import SpanCounts, disagreements, measure, recovery_s
from incident.replay.phases import Phase, Scene
from incident.replay.plan import Plan
from incident.replay.probe import HealthProbe
from incident.replay.visitors import ClosedVisitors, OpenVisitors, Visitors, choose_clinics
from incident.replay.watch import Watch, Watched
from incident.stack import compose, elsewhere
from incident.stack.places import OPEN
from incident.stack.run import Run
from incident.stack.stage import Stage, set_up
from incident.story import events as ev
from incident.story.journal import Journal

RECOVERED_MS = 100.0
# An open loop has switched when this number of pages in a row says so.
SWITCHED_PAGES = 8
# The service looks at its flags every half second.
FOLLOWED_S = 1.0


@dataclass(slots=True)
class Played:
    """Hold what a replay came to: the figures of each phase that was watched, by its name.

    `unmeasured` says of the others why they have none.
    """

    phases: dict[str, Measured] = field(default_factory=dict)
    unmeasured: dict[str, str] = field(default_factory=dict)
    totals: SpanCounts = field(default_factory=lambda: SpanCounts(0, 0, 0))
    disagreements: int = 0


@dataclass(slots=True)
class Play:
    """Hold what every scene has at hand."""

    run: Run
    plan: Plan
    stage: Stage
    journal: Journal
    visitors: Visitors
    log: RequestLog
    watch: Watch
    on_tick: Callable[["Play"], None]
    watched: dict[str, Watched] = field(default_factory=dict)
    phase: str = ""
    strategy: str = ""
    audience_percent: float = 100.0
    workers: int = 1
    next_phase: bool = False
    rehearses: bool = False
    firing: dict[str, str] = field(default_factory=dict)

    def tick(self) -> None:
        """Take a sample, page somebody if it is time, and show it."""
        self.journal.write(self.watch.sample(self.journal.now_s, self.phase))
        self._page_somebody()
        self.on_tick(self)
        if self.stage.require is not None:
            self.stage.require()

    def _page_somebody(self) -> None:
        recent = self.watch.recent(alert.WINDOW_S)
        now = {one.name: one.text for one in alert.firing(recent, self.visitors.crowd().waiting_ms)}
        if self.rehearses:  # what is slow now is slow on purpose
            now = {}
        for name in {**self.firing, **now}:
            if (name in now) != (name in self.firing):
                text = now.get(name, "The alert is over.")
                firing = name in now
                self.journal.write(
                    ev.Alert(at_s=self.journal.now_s, name=name, firing=firing, text=text)
                )
        self.firing = now

    def wait(self, seconds: float) -> None:
        """Let time pass while the service is sampled; less if the next phase is asked for."""
        for _ in self.watch.ticks(seconds):
            self.tick()
            if self.next_phase:
                return

    def switch(self, strategy: str, *, by: str = "replay") -> None:
        """Have the pages read by another strategy from now on."""
        if strategy == self.strategy:
            return
        self.run.switch(strategy)
        self._told("strategy", self.strategy, strategy, by)
        self.strategy = strategy

    def let_in(self, percent: float, *, by: str = "replay") -> bool:
        """Show the new page to that share of the visitors; return whether it was another one."""
        if percent == self.audience_percent:
            return False
        self.run.let_in(percent)
        self._told("audience", f"{self.audience_percent:g}%", f"{percent:g}%", by)
        self.audience_percent = percent
        return True

    def load_with(self, visitors_per_second: float, *, by: str) -> None:
        """Have that many visitors come from now on, in this phase."""
        before = self.visitors.visitors_per_second or 0.0
        self.visitors.send(f"{self.phase} {visitors_per_second:g}", visitors_per_second)
        self._told("load", f"{before:g}", f"{visitors_per_second:g}", by)

    def work_with(self, workers: int) -> None:
        """Have that many workers from now on, where the target can."""
        if workers == self.workers or self.stage.change_workers is None:
            return
        self.stage.change_workers(workers - self.workers)
        self._told("workers", str(self.workers), str(workers), "replay")
        self.workers = workers

    def await_switch(self) -> None:
        """Wait until the running service reads its pages by the strategy in force."""
        pages = SWITCHED_PAGES if self.visitors.loop == OPEN else self.plan.users
        self.watch.wait_for_switch(self.strategy, pages, self.tick, self.plan.patience)

    def note(self, text: str) -> None:
        self.journal.write(ev.Note(at_s=self.journal.now_s, text=text))

    def fell_short(self, text: str) -> None:
        self.journal.write(ev.FellShort(at_s=self.journal.now_s, text=text))

    def _told(self, what: str, before: str, now: str, by: str) -> None:
        if before:
            self.journal.write(
                ev.Switch(at_s=self.journal.now_s, what=what, before=before, now=now, by=by)
            )


Act = Callable[[Play, Phase], None]


def play(
    run: Run,
    plan: Plan,
    journal: Journal,
    *,
    scenes: Mapping[Scene, Act],
    on_tick: Callable[[Play], None],
    finish: Callable[[Play, Played], None],
) -> Played:
    """Play all phases, wait for the last spans, and return what was measured.

    scenes: how phases are played that are not just watched. finish: what is asked of the stack once
    all is stored, before it is stopped.
    """
    with _stage(run, plan) as stage, HealthProbe(f"{run.stack.clinic.address}/healthz") as health:
        log = RequestLog(run.folder.request_log)
        visitors = _visitors(run, plan, log)
        watch = Watch(run, stage, visitors, log, health)
        on_stage = Play(
            run=run,
            plan=plan,
            stage=stage,
            journal=journal,
            visitors=visitors,
            log=log,
            watch=watch,
            on_tick=on_tick,
            strategy=stage.in_force or plan.strategies[-1],
        )
        for text in stage.notes:
            on_stage.note(text)
        visitors.start()
        for phase in plan.phases:
            _begin(on_stage, phase)
            if why := cannot(on_stage, phase):
                skip(on_stage, phase, why)
            else:
                {Scene.WATCH: watch_phase, **scenes}[phase.scene](on_stage, phase)
            on_stage.next_phase = False
        visitors.leave()
        run.console.step("The visitors have left; waiting for the last spans.")
        played = _settle(on_stage)
        finish(on_stage, played)
    return played


def cannot(play: Play, phase: Phase) -> str:
    """Return why the target cannot do what a phase is about; empty if it can."""
    stage, plan = play.stage, play.plan
    if phase.scene is Scene.QA:
        return "" if stage.parts else "this stack has one clinic, and its data is not QA's."
    if phase.scene is Scene.DIAGNOSIS and stage.backend is None:
        return "there are no traces to ask."
    if phase.workers != 1 and stage.change_workers is None:
        return "the workers of this clinic cannot be changed from here."
    if stage.in_force is None:
        return ""
    wanted = {plan.before, plan.fix} if phase.scene is Scene.PROOF else {plan.strategy(phase)}
    if wanted != {stage.in_force}:
        return f"the clinic reads its pages by {stage.in_force}, and does not follow the flags."
    if phase.audience_percent != 100:
        return "the clinic's audience cannot be changed from here."
    return ""


def skip(play: Play, phase: Phase, why: str) -> None:
    """Leave a phase out, and say why."""
    play.run.console.step(f"Left out {phase.title}: {why}")
    play.journal.write(
        ev.Skipped(at_s=play.journal.now_s, name=phase.name, title=phase.title, why=why)
    )


def watch_phase(play: Play, phase: Phase) -> None:
    """Let visitors come, and measure what they see: from the moment that the switch is seen."""
    switched_ns, failed = time.time_ns(), _failed(play)
    changes = play.strategy != play.plan.strategy(phase)
    if play.let_in(phase.audience_percent):
        play.run.pause(FOLLOWED_S)  # who gets the page is up to the seed, from the first visitor on
    play.switch(play.plan.strategy(phase))
    play.work_with(phase.workers * int(os.environ.get("WEB_CONCURRENCY", "1")))
    load = play.visitors.send(phase.name, play.plan.visitors_per_second)
    if changes:
        play.run.console.step(
            f"Switched the flag to {play.strategy}; the service and its load go on."
        )
        play.await_switch()
        # The same visitors again: from here on each is read by the new strategy, in every run.
        load = play.visitors.send(phase.name, play.plan.visitors_per_second)
    play.run.console.step(f"Watching {play.strategy} for {play.plan.length_s(phase):g} s.")
    watched(play, phase.name, play.plan.length_s(phase), load=load)
    if changes:
        play.journal.write(
            ev.Recovery(
                at_s=play.journal.now_s,
                strategy=play.strategy,
                limit_ms=RECOVERED_MS,
                seconds=recovery_s(
                    play.log.read(),
                    strategy=play.strategy,
                    since_ns=switched_ns,
                    limit_ms=RECOVERED_MS,
                ),
                failed_requests=_failed(play) - failed,
                restarted=False,
            )
        )


def watched(play: Play, name: str, seconds: float, *, load: int) -> ev.Figures | None:
    """Watch a load for some seconds, and write the figures down as far as they are known."""
    mark = play.watch.begin(name, play.strategy, load=load)
    play.wait(seconds)
    play.watched[name] = play.watch.end(mark, seconds)
    try:
        measured = measure(play.watch.observed(play.watched[name], traces=0))
    except IncidentError as error:
        play.fell_short(str(error))
        return None
    return write_figures(play.journal, measured)


def write_figures(journal: Journal, measured: Measured) -> ev.Figures:
    """Write a phase's figures down, and return them."""
    fields = asdict(measured)
    fields["other_pages_ms"] = fields["other_pages_ms"] or {}
    # Nothing was answered, or its traces are not read yet.
    for name in ("statements_per_request", "db_spans_per_trace", "waited_ms", "service_ms"):
        fields[name] = fields[name] if any(fields[name].values()) else {}
    figures = ev.Figures(at_s=journal.now_s, **fields)
    journal.write(figures)
    return figures


def _begin(play: Play, phase: Phase) -> None:
    play.phase, play.rehearses = phase.name, phase.scene is Scene.PROOF
    play.journal.write(
        ev.PhaseBegun(
            at_s=play.journal.now_s,
            name=phase.name,
            title=phase.title,
            text=phase.text,
            to_see=phase.to_see,
            strategy=play.plan.strategy(phase),
            audience_percent=phase.audience_percent,
            workers=phase.workers,
            dataset="test" if phase.scene is Scene.QA else play.plan.dataset,
        )
    )


def _settle(play: Play) -> Played:
    """Wait for the last spans, and measure each phase again, now with its traces."""
    totals = play.watch.settle()
    played = Played(totals=totals)
    # A span that a phase made may be dropped later: it is told of the phase before the next one.
    starts = [one.began.counters.dropped for one in play.watched.values()]
    for (name, seen), dropped in zip(
        play.watched.items(), [*starts[1:], totals.dropped], strict=True
    ):
        observed = play.watch.observed(replace(seen, dropped_until=dropped))
        try:
            played.phases[name] = measure(observed)
        except IncidentError as error:
            play.fell_short(str(error))
            played.unmeasured[name] = str(error)
            continue
        played.disagreements += disagreements(observed)
        write_figures(play.journal, played.phases[name])
    if play.stage.counters is not None:
        play.journal.write(ev.Telemetry(at_s=play.journal.now_s, **asdict(totals)))
    return played


def _failed(play: Play) -> int:
    return sum(one.failure is not None for one in play.log.read())


@contextmanager
def _stage(run: Run, plan: Plan) -> Iterator[Stage]:
    # Each of them: a strategy that the clinic does not know is refused before any load.
    if run.stack.in_containers:
        with compose.visitors_at_rest(run.stack):
            yield compose.attach(run, *plan.strategies)
    elif run.stack.starts_parts:
        yield set_up(run, *plan.strategies, dataset=plan.dataset)
    else:
        yield elsewhere.attach(run, *plan.strategies)


def _visitors(run: Run, plan: Plan, log: RequestLog) -> Visitors:
    if plan.loop != OPEN:
        return ClosedVisitors(run, plan.users, log)
    with ClinicClient(run.stack.clinic.address) as clinic:
        names = clinic.listing()[1]
    return OpenVisitors(run, plan.seed, choose_clinics(names, plan.seed, plan.clinics))
