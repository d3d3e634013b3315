"""Tell the short form of the incident: load, a page that asks too often, the fix, the figures."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from harness.errors import Interrupted
from incident.console import Console
from incident.errors import IncidentError
from incident.replay import cost, findings, report
from incident.replay.engine import Play, Played, play
from incident.replay.measure import Phase, stories_of
from incident.replay.phases import choose
from incident.replay.plan import Plan
from incident.replay.table import meaning, slowest, status, table
from incident.replay.verdict import Verdict, judge
from incident.replay.watch import RECENT_S, TICK_S
from incident.stack import typed
from incident.stack.places import Folder, Stack
from incident.stack.run import Run, begin
from incident.story.events import Cost
from incident.story.journal import Journal

PHASES = LAUNCH, FIX = "launch", "fix"
SAMPLES_SHOWN = round(RECENT_S / TICK_S)


@dataclass(frozen=True, slots=True)
class Result:
    """Hold what a demo has found."""

    before: Phase
    after: Phase
    played: Played
    verdict: Verdict
    costs: Sequence[Cost]


def run(stack: Stack, folder: Folder, plan: Plan, console: Console, *, keep_serving: bool) -> int:
    """Show the incident and its fix; return the exit code: 0 if both were seen, or 1.

    Whatever was started is gone when this returns or raises; what it has stored is kept.
    """
    with (
        ExitStack() as afterwards,
        begin(stack, folder, console) as run,
        Journal(folder.records) as journal,
    ):
        afterwards.callback(_tell_what_is_kept, run)
        console.step(f"{plan.users} visitors are going to come.")
        played = play(run, plan, journal, scenes={}, on_tick=_show_status, finish=_measure_cost)
        result = _result(played, journal.story.costs)
        phases = [result.before, result.after]
        report.write(folder.report, report.document(phases, played.totals, result.costs))
        _show(run, result, plan.users)
        findings.show(run)
        if keep_serving and stack.starts_parts:
            _serve(run, plan.before)
    return result.verdict.exit_code


def _tell_what_is_kept(run: Run) -> None:
    if run.folder.trace_database.exists() and run.stack.keeps_traces:
        command = typed.traces(run.stack, run.folder)
        run.console.step(f"The traces are kept: `{command}` opens them again.")


def short_form(**choices: object) -> Plan:
    """Return the plan of the demo's two phases."""
    return Plan(phases=choose(",".join(PHASES)), **choices)  # type: ignore[arg-type]


def _measure_cost(play: Play, played: Played) -> None:
    if play.stage.parts is not None:
        play.run.console.step("Asking for the same pages with telemetry off.")
        cost.measure(play)


def _show_status(play: Play) -> None:
    answered = any(one.strategy for one in stories_of(play.log.requests))
    samples = play.journal.story.samples[-SAMPLES_SHOWN:]
    play.run.console.status(
        *status(play.strategy, samples, users=play.plan.users, answered=answered)
    )


def _result(played: Played, costs: Sequence[Cost]) -> Result:
    """Judge a demo; raise IncidentError if a phase could not be measured."""
    if missing := [name for name in PHASES if name not in played.phases]:
        why = [played.unmeasured[name] for name in missing if name in played.unmeasured]
        raise IncidentError(" ".join(why) or f"{' and '.join(missing)} did not take place.")
    before, after = played.phases[LAUNCH], played.phases[FIX]
    verdict = judge(before, after, totals=played.totals, disagreements=played.disagreements)
    return Result(before, after, played, verdict, costs)


def _show(run: Run, result: Result, users: int) -> None:
    console, link = run.console, run.stack.trace_link
    before, after = result.before, result.after
    heading, *rows = table(
        before, after, totals=result.played.totals, costs=result.costs
    ).splitlines()
    console.result()
    console.result(console.bold(heading))
    console.result("\n".join(rows))
    console.result(f"\n{meaning(before, after, users=users, costs=result.costs)}\n")
    for name, phase in (("before", before), ("after", after)):
        console.result(f"{f'slowest {name}':<16}{link(phase.slowest_trace_id)}")
        console.result(f"{'':<16}{slowest(phase)}")
    console.result(f"report          {typed.from_here(run.folder.report)}")
    for warning in result.verdict.warnings:
        console.step(f"Warning: {warning}")
    for reason in result.verdict.reasons:
        console.step(f"Not as expected: {reason}")


def _serve(run: Run, before: str) -> None:
    run.console.result()
    run.console.result(f"clinic          {run.stack.clinic.address}")
    run.console.result(f"traces          {run.stack.trace_ui.address}")
    run.console.result(f"and back        {typed.fix(run.stack, run.folder, before)}")
    run.console.step("Serving until Ctrl-C.")
    try:
        while True:
            run.pause(1)
    except Interrupted:
        return
