"""Play the whole morning, show it live, and leave a post-mortem: `incident replay`."""

import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from harness.errors import HarnessError, Interrupted
from incident.console import Console
from incident.control.desk import (
    OF_A_REPLAY,
    Command,
    Desk,
    NextPhase,
    SetAudience,
    SetLoad,
    SetStrategy,
)
from incident.control.relay import relayed, takes_replays
from incident.control.server import control_page
from incident.control.terminal import Terminal
from incident.errors import FlagsError, IncidentError, Unfinished
from incident.replay import diagnosis, scenes, shortfalls
from incident.replay.engine import Act, Play, Played, play, watch_phase
from incident.replay.phases import Phase, Scene
from incident.replay.plan import Plan
from incident.replay.report import machine, versions
from incident.stack import flags, typed
from incident.stack.places import OPEN, Folder, Stack
from incident.stack.run import Run, begin
from incident.story import events as ev
from incident.story.journal import Journal
from incident.story.report import write_report

# A replay leaves some 200 MB of traces.
KEPT = 5
QUIET = "canary"
# What is told of the data of a clinic that the replay has not filled.
OWN_DATASET = "its own"
SCENES: Mapping[Scene, Act] = {
    Scene.QA: scenes.test_by_hand,
    Scene.DIAGNOSIS: scenes.diagnose,
    Scene.PROOF: scenes.prove,
}


def run(
    stack: Stack,
    var: Path,
    plan: Plan,
    console: Console,
    *,
    keep_serving: bool,
) -> int:
    """Play a plan; return 0 if all was seen that is to be seen, or 1.

    Raises Unfinished if it could not be played to its end, with a report of what was measured.
    Whatever was started is gone when this returns or raises, and the flags are put back.
    """
    if stack.is_elsewhere:
        plan = replace(plan, dataset=OWN_DATASET)
    folder = Folder(var, "replay", time.strftime("%Y-%m-%dT%H-%M-%S"))
    forget_old(folder)
    desk = Desk()
    with (
        begin(stack, folder, console) as run,
        Journal(folder.records) as journal,
        _page(stack, journal, desk) as address,
    ):
        console.step(f"The replay is shown on {address}")
        journal.write(_begun(stack, plan, address))
        with _told_to_the_end(run, journal), Terminal(console, journal) as terminal:

            def on_tick(playing: Play) -> None:
                _obey(playing, desk)
                terminal.refresh()

            desk.offer(strategies=flags.STRATEGIES, can=_offered(plan))
            play(
                run,
                plan,
                journal,
                scenes={**SCENES, Scene.WATCH: _watch},
                on_tick=on_tick,
                finish=_finish,
            )
            desk.offer(strategies=(), can=())
        _show(run, journal)
        if keep_serving and stack.starts_parts:
            console.step(f"Serving {address} and the traces until Ctrl-C.")
            _serve(run)
    return 1 if journal.story.shortfalls else 0


@contextmanager
def _page(stack: Stack, journal: Journal, desk: Desk) -> Iterator[str]:
    """Show the replay on the stack's own page if it has one, else on a page of this process."""
    address = stack.control.address
    if stack.in_containers and takes_replays(address):
        with relayed(address, journal, desk):
            yield address
    else:
        with control_page(stack.control, journal, desk) as served:
            yield served


def forget_old(folder: Folder) -> None:
    """Remove all but the latest replays: each keeps its traces."""
    found = sorted(path.parent for path in folder.path.glob("*/events.jsonl"))
    for old in found[: -(KEPT - 1)]:
        shutil.rmtree(old)


@contextmanager
def _told_to_the_end(run: Run, journal: Journal) -> Iterator[None]:
    """Write the end down, however it comes, and the report of what there is by then."""
    try:
        yield
        journal.write(ev.Ended(at_s=journal.now_s, exit_code=int(bool(journal.story.shortfalls))))
    except FlagsError:
        raise  # a strategy that does not exist: nothing was played
    except Interrupted as error:
        journal.write(ev.Ended(at_s=journal.now_s, exit_code=error.exit_code, why=str(error)))
        raise
    except (HarnessError, OSError) as error:
        why = str(error)
        if not journal.story.phases:
            raise
        journal.write(ev.Ended(at_s=journal.now_s, exit_code=Unfinished.exit_code, why=why))
        raise Unfinished(
            f"{why} The report of what was measured until then: {run.folder.records}/report.html"
        ) from error
    finally:
        if journal.story.phases:
            write_report(run.folder.records, journal.story)


def _begun(stack: Stack, plan: Plan, address: str) -> ev.Begun:
    return ev.Begun(
        at_s=0.0,
        unix_s=time.time(),
        command=plan.command,
        target=stack.target,
        dataset=plan.dataset,
        db_latency_ms=stack.db_latency_ms,
        seed=plan.seed,
        before=plan.before,
        fix=plan.fix,
        visitors_per_second=plan.visitors_per_second,
        loop=plan.loop,
        phases=[phase.name for phase in plan.phases],
        links=stack.links,
        versions=versions(),
        machine=machine(),
    )


def _offered(plan: Plan) -> list[str]:
    return [one for one in OF_A_REPLAY if one != "load" or plan.loop == OPEN]


def _watch(playing: Play, phase: Phase) -> None:
    watch_phase(playing, phase)
    if phase.name == QUIET:  # few visitors: their traces hold no wait for each other
        diagnosis.predict(playing, playing.plan.length_s(phase) + 2)


def _obey(playing: Play, desk: Desk) -> None:
    """Do what was asked on the page, and tell it what came of it."""
    while (command := desk.take()) is not None:
        try:
            _do(playing, command)
        except IncidentError as error:
            desk.told(command, str(error))
        else:
            desk.told(command)


def _do(playing: Play, command: Command) -> None:
    match command:
        case SetStrategy(name):
            playing.switch(name, by="page")
        case SetAudience(percent):
            playing.let_in(percent, by="page")
        case SetLoad(rate):
            playing.load_with(rate, by="page")
        case NextPhase():
            playing.next_phase = True


def _finish(playing: Play, played: Played) -> None:
    names = [phase.name for phase in playing.plan.phases]
    before = next((name for name in ("launch", "hardware") if name in names), names[0])
    diagnosis.show_traces(playing, before, "fix" if "fix" in names else names[-1])
    for text in shortfalls.of(playing.journal.story, played):
        playing.fell_short(text)


def _show(run: Run, journal: Journal) -> None:
    story = journal.story
    for one in story.shortfalls:
        run.console.step(f"Not as expected: {one.text}")
    run.console.result(f"report  {run.folder.records / 'report.html'}")
    if run.stack.keeps_traces:
        run.console.result(f"traces  {typed.traces(run.stack, run.folder)} (once this has ended)")
    run.console.result(f"again   {story.begun.command if story.begun else ''}")


def _serve(run: Run) -> None:
    try:
        while True:
            run.pause(1)
    except Interrupted:
        return
