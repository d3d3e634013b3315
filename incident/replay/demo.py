"""Tell the incident once: load, a page that asks too often, the fix under load, the figures."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.errors import Interrupted
from harness.project import tool
from incident.console import Console
from incident.replay import findings, report
from incident.replay.measure import Observed, Phase, SpanCounts, disagreements, measure
from incident.replay.probe import HealthProbe
from incident.replay.table import meaning, table
from incident.replay.verdict import Verdict, judge
from incident.replay.watch import Watch
from incident.stack import commands, compose
from incident.stack.places import FLAGS_FILE, Folder, Stack
from incident.stack.run import Run, begin
from incident.stack.stage import Stage, set_up


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """Say how many visitors come, and which strategies are watched for how long."""

    users: int
    before: str
    fix: str
    before_seconds: float
    after_seconds: float
    keep_serving: bool


@dataclass(frozen=True, slots=True)
class Result:
    """Hold what a replay has found."""

    before: Phase
    after: Phase
    totals: SpanCounts
    verdict: Verdict


def run(stack: Stack, folder: Folder, choices: Choices, console: Console) -> int:
    """Show the incident and its fix; return the exit code: 0 if both were seen, or 1.

    Whatever was started is gone when this returns or raises.
    """
    with begin(stack, folder, console) as run:
        with _stage(run, choices) as stage:
            result = _load(run, stage, choices)
        report.write(folder.report, report.document([result.before, result.after], result.totals))
        _show(run, result, choices.users)
        findings.show(run)
        if choices.keep_serving and not stack.in_containers:
            _serve(run, choices.before)
    return result.verdict.exit_code


@contextmanager
def _stage(run: Run, choices: Choices) -> Iterator[Stage]:
    # Both: a strategy that the clinic does not know is refused before any load.
    strategies = choices.fix, choices.before
    if run.stack.in_containers:
        with compose.visitors_at_rest(run.stack):
            yield compose.attach(run, *strategies)
    else:
        yield set_up(run, *strategies)


def _load(run: Run, stage: Stage, choices: Choices) -> Result:
    stack, console = run.stack, run.console
    with HealthProbe(f"{stack.clinic.address}/healthz") as health:
        watch = Watch(run, stage, health=health, users=choices.users)
        console.step(f"Sending {choices.users} visitors.")
        locust = run.processes.start(
            commands.locust(stack, run.folder, os.environ, users=choices.users)
        )
        watch.wait_for_visitors()

        console.step(f"Watching {choices.before} for {choices.before_seconds:g} s.")
        before = watch.phase(choices.before, choices.before_seconds)
        run.switch(choices.fix)
        console.step(f"Switched the flag to {choices.fix}; the service and its load go on.")
        watch.wait_for_switch(choices.fix)
        console.step(f"Watching {choices.fix} for {choices.after_seconds:g} s.")
        after = watch.phase(choices.fix, choices.after_seconds)

        run.processes.stop(locust)
    console.step("The visitors have left; waiting for the last spans.")
    totals = watch.settle()
    return _result(
        watch.observed(before, dropped_until=after.counters_before.dropped),
        watch.observed(after, dropped_until=totals.dropped),
        totals=totals,
    )


def _result(seen_before: Observed, seen_after: Observed, *, totals: SpanCounts) -> Result:
    before, after = measure(seen_before), measure(seen_after)
    differing = disagreements(seen_before) + disagreements(seen_after)
    verdict = judge(before, after, totals=totals, disagreements=differing)
    return Result(before, after, totals, verdict)


def _show(run: Run, result: Result, users: int) -> None:
    console, link = run.console, run.stack.trace_link
    before, after = result.before, result.after
    heading, *rows = table(before, after, totals=result.totals).splitlines()
    console.result()
    console.result(console.bold(heading))
    console.result("\n".join(rows))
    console.result(f"\n{meaning(before, after, users=users)}\n")
    console.result(f"slowest before  {link(before.slowest_trace_id)}")
    console.result(f"slowest after   {link(after.slowest_trace_id)}")
    console.result(f"report          {_from_here(run.folder.report)}")
    for warning in result.verdict.warnings:
        console.step(f"Warning: {warning}")
    for reason in result.verdict.reasons:
        console.step(f"Not as expected: {reason}")


def _serve(run: Run, before: str) -> None:
    run.console.result()
    run.console.result(f"clinic          {run.stack.clinic.address}")
    run.console.result(f"traces          {run.stack.trace_ui.address}")
    run.console.result(f"and back        {_fix_command(run, before)}")
    run.console.step("Serving until Ctrl-C.")
    try:
        while True:
            run.pause(1)
    except Interrupted:
        return


def _fix_command(run: Run, strategy: str) -> str:
    command = f"{_from_here(Path(tool('incident')))} fix --strategy {strategy}"
    if run.stack.clinic != Stack().clinic:
        command = f"{command} --clinic-port {run.stack.clinic.number}"
    where = _from_here(run.folder.flags_file)
    return command if where == Path("var") / FLAGS_FILE else f"{command} --flags-file {where}"


def _from_here(path: Path) -> Path:
    """Return the path as one would type it in this folder."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
