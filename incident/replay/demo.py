"""The incident, told once: load, a page that asks too often, the fix under load, the figures."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.interrupts import Interrupts
from harness.processes import Processes
from incident.console import Console
from incident.errors import Interrupted
from incident.replay import findings, report
from incident.replay.measure import Observed, Phase, SpanCounts, disagreements, measure
from incident.replay.probe import HealthProbe
from incident.replay.table import meaning, table
from incident.replay.verdict import Verdict, judge
from incident.replay.watch import Watch
from incident.stack import commands as stack
from incident.stack import compose, flags, surroundings
from incident.stack.run import Run
from incident.stack.settings import COMPOSE, EMBEDDED, Settings
from incident.stack.stage import Stage, set_up, trace_link


@dataclass(frozen=True, slots=True)
class Result:
    """What a replay has found."""

    naive: Phase
    core: Phase
    totals: SpanCounts
    verdict: Verdict


def run(settings: Settings, console: Console) -> int:
    """Show the incident and its fix; return the exit code: 0 if both were seen, or 1.

    Whatever was started is gone when this returns or raises.
    """
    with surroundings.sole_use(settings.folder), Interrupts() as interrupts:
        surroundings.check(settings)
        _make_room(settings)
        with (
            _flags_lent(settings),
            Processes(settings.logs, impatient=lambda: interrupts.impatient) as processes,
        ):
            try:
                return _tell_the_story(
                    Run(
                        settings=settings,
                        console=console,
                        processes=processes,
                        interrupts=interrupts,
                    )
                )
            finally:
                console.step("Stopping what was started.")


def _tell_the_story(run: Run) -> int:
    if run.settings.target == COMPOSE:
        with compose.visitors_at_rest(run.settings):
            return _report(run, _load(run, compose.attach(run)))
    return _report(run, _load(run, set_up(run)))


def _report(run: Run, result: Result) -> int:
    report.write(run.settings.report, report.document([result.naive, result.core], result.totals))
    _show(run, result)
    findings.show(run)
    if run.settings.keep_serving and run.settings.target == EMBEDDED:
        _serve(run)
    return result.verdict.exit_code


def _load(run: Run, stage: Stage) -> Result:
    settings, console = run.settings, run.console
    with HealthProbe(f"{settings.clinic.address}/healthz") as health:
        watch = Watch(run, stage, health=health)
        console.step(f"Sending {settings.users} visitors.")
        locust = run.processes.start(stack.locust(settings, os.environ))
        watch.wait_for_visitors()

        console.step(f"Watching naive for {settings.naive_seconds:g} s.")
        before = watch.phase("naive", settings.naive_seconds)
        flags.set_strategy(settings.flags_file, "core")
        console.step("Switched the flag to core; the service runs on, under the same load.")
        watch.wait_for_switch("core")
        console.step(f"Watching core for {settings.core_seconds:g} s.")
        after = watch.phase("core", settings.core_seconds)

        run.processes.stop(locust)
    console.step("The visitors have left; waiting for the last spans.")
    totals = watch.settle()
    return _result(
        watch.observed(before, dropped_until=after.counters_before.dropped),
        watch.observed(after, dropped_until=totals.dropped),
        totals=totals,
    )


def _result(before: Observed, after: Observed, *, totals: SpanCounts) -> Result:
    naive, core = measure(before), measure(after)
    differing = disagreements(before) + disagreements(after)
    return Result(naive, core, totals, judge(naive, core, totals=totals, disagreements=differing))


def _show(run: Run, result: Result) -> None:
    settings, console = run.settings, run.console
    naive, core = result.naive, result.core
    heading, *rows = table(naive, core, totals=result.totals).splitlines()
    console.result()
    console.result(console.bold(heading))
    console.result("\n".join(rows))
    console.result(f"\n{meaning(naive, core, users=settings.users)}\n")
    console.result(f"slowest before  {trace_link(settings, naive.slowest_trace_id)}")
    console.result(f"slowest after   {trace_link(settings, core.slowest_trace_id)}")
    console.result(f"report          {_from_here(settings.report)}")
    for warning in result.verdict.warnings:
        console.step(f"Warning: {warning}")
    for reason in result.verdict.reasons:
        console.step(f"Not as it should be: {reason}")


def _serve(run: Run) -> None:
    run.console.result()
    run.console.result(f"clinic          {run.settings.clinic.address}")
    run.console.result(f"traces          {run.settings.trace_ui.address}")
    run.console.result(f"and back        {_fix_command(run.settings)}")
    run.console.step("Serving until Ctrl-C.")
    try:
        while True:
            run.pause(1)
    except Interrupted:
        return


def _fix_command(settings: Settings) -> str:
    command = f"{_from_here(stack.tool('incident'))} fix --strategy naive"
    where = _from_here(settings.flags_file)
    return command if where == flags.DEFAULT_FILE else f"{command} --flags-file {where}"


def _from_here(path: Path) -> Path:
    """Return the path as one would type it in this folder."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _make_room(settings: Settings) -> None:
    # One run's worth: counters that start at 0 can only agree with a store that does, too.
    for pattern in (f"{settings.trace_database.name}*", settings.request_log.name):
        for path in settings.folder.glob(pattern):
            path.unlink()


@contextmanager
def _flags_lent(settings: Settings) -> Iterator[None]:
    flags.seed(settings.flags_file, settings.flags_template)
    with flags.put_back(settings.flags_file):
        yield
