"""Run the command `incident`: the replay, and the switch that solves it."""

import json
import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import click

from harness.errors import HarnessError
from harness.ports import LOOPBACK, is_taken
from incident.console import Console
from incident.control import command as control_command
from incident.doctor import examine as examination
from incident.errors import IncidentError, from_os_error
from incident.reconcile import compare as reconciliation
from incident.replay import demo as short_demo
from incident.replay import replay as whole_replay
from incident.replay.phases import NAMES as PHASE_NAMES
from incident.replay.phases import choose
from incident.replay.plan import Plan, parse_latency, parse_time
from incident.stack import flags, kept
from incident.stack.options import (
    at,
    on_free_ports,
    port_option,
    web_address,
    with_stack,
    with_stack_or_address,
    with_var,
)
from incident.stack.places import (
    BACKENDS,
    CLOSED,
    FLAGS_FILE,
    LOOPS,
    OPEN,
    TRACESTORE,
    Folder,
    Stack,
)
from incident.story import compare as comparison
from incident.story.journal import read
from incident.story.report import write_report

SECONDS = click.FloatRange(1, 3600)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Replay a production incident on this machine: an N+1 query, its traces and its fix."""


@cli.command()
@click.option(
    "--users",
    default=30,
    show_default=True,
    type=click.IntRange(1, 1000),
    help="Visitors at the same time.",
)
@click.option("--before", default="naive", show_default=True, help="Strategy of the incident.")
@click.option("--fix", default="core", show_default=True, help="Strategy of the fix.")
@click.option(
    "--before-seconds",
    default=35.0,
    show_default=True,
    type=SECONDS,
    help="How long the incident is watched.",
)
@click.option(
    "--after-seconds",
    default=20.0,
    show_default=True,
    type=SECONDS,
    help="How long the fix is watched.",
)
@click.option(
    "--backend",
    default=TRACESTORE,
    show_default=True,
    type=click.Choice(BACKENDS),
    help="What keeps the traces of the embedded parts; a `jaeger` is looked for on PATH and "
    "in JAEGER_BIN.",
)
@click.option(
    "--keep-serving/--exit",
    default=None,
    help="Serve the traces until Ctrl-C afterwards, or end. By default, serve in a terminal.",
)
@with_stack
@with_var
def demo(
    *,
    users: int,
    before: str,
    fix: str,
    before_seconds: float,
    after_seconds: float,
    backend: str,
    keep_serving: bool | None,
    stack: Stack,
    var: Path,
) -> None:
    """Load the clinic before a fix, switch to the fix under load, and print the difference.

    Exits with 0 if the incident and its fix were seen in the spans, 1 if not, 2 if it could not
    be tried.

    \b
    Example:
      incident demo --users 10 --before-seconds 15 --exit
    """
    plan = short_demo.short_form(
        users=users,
        before=before,
        fix=fix,
        seconds={short_demo.LAUNCH: before_seconds, short_demo.FIX: after_seconds},
        loop=CLOSED,
        command="incident demo",
    )
    serve = sys.stdout.isatty() if keep_serving is None else keep_serving
    stack = replace(stack, backend=backend)
    sys.exit(short_demo.run(stack, Folder(var, "demo"), plan, Console(), keep_serving=serve))


@cli.command()
@click.option(
    "--phases",
    default="",
    metavar="NAME,…",
    help=f"Which phases, in this order; all of them by default: {', '.join(PHASE_NAMES)}.",
)
@click.option(
    "--pace",
    default="20s",
    show_default=True,
    metavar="TIME",
    help="How long a phase lasts, `20s` or `1m`; some last a part of it.",
)
@click.option("--before", default="naive", show_default=True, help="Strategy of the incident.")
@click.option("--half", default="selectin", show_default=True, help="Strategy of half a fix.")
@click.option("--fix", default="core", show_default=True, help="Strategy of the fix.")
@click.option(
    "--loop",
    default=OPEN,
    show_default=True,
    type=click.Choice(LOOPS),
    help="Visitors come whether or not the last answer is there, or ask again after it.",
)
@click.option(
    "--rate",
    default=20.0,
    show_default=True,
    type=click.FloatRange(0.1, 1000),
    help="Visitors a second, of an open loop.",
)
@click.option(
    "--users",
    default=30,
    show_default=True,
    type=click.IntRange(1, 1000),
    help="Visitors at the same time, of a closed loop.",
)
@click.option(
    "--clinics",
    default=5,
    show_default=True,
    type=click.IntRange(1, 100),
    help="How many clinics are asked for, in turn.",
)
@click.option(
    "--dataset",
    default="demo",
    show_default=True,
    type=click.Choice(["test", "demo", "prod"]),
    help="The data of everything but QA.",
)
@click.option(
    "--db-latency",
    default="0ms",
    show_default=True,
    metavar="TIME",
    help="How long each statement waits, `2ms`, as for a database at the end of a network.",
)
@click.option(
    "--seed",
    default=1,
    show_default=True,
    help="Decides who comes when: the same for the same number.",
)
@click.option(
    "--traces-url",
    metavar="URL",
    help="Where the traces of a clinic at an address are; by default, the trace UI's port.",
)
@click.option(
    "--backend", default=TRACESTORE, show_default=True, type=click.Choice(BACKENDS), hidden=True
)
@click.option(
    "--keep-serving/--exit",
    default=None,
    help="Serve page and traces until Ctrl-C afterwards, or end. By default, serve in a terminal.",
)
@with_stack_or_address
@with_var
def replay(
    *,
    phases: str,
    pace: str,
    rate: float,
    db_latency: str,
    traces_url: str | None,
    backend: str,
    keep_serving: bool | None,
    stack: Stack,
    var: Path,
    **choices: Any,
) -> None:
    """Play the whole morning on a running service, show it live, and write a post-mortem.

    Exits with 0 if all was seen, 1 if the run fell short, 2 if it could not be tried, 3 if it could
    not be played to its end.

    \b
    Example:
      incident replay --phases launch,fix --pace 10s
    """
    plan = Plan(
        phases=choose(phases),
        pace_s=parse_time(pace, "--pace"),
        visitors_per_second=rate,
        command=shlex.join(["incident", *sys.argv[1:]]),
        **choices,
    )
    serve = sys.stdout.isatty() if keep_serving is None else keep_serving
    stack = replace(stack, backend=backend, db_latency_ms=parse_latency(db_latency))
    if traces_url is not None:
        url = web_address(traces_url, "--traces-url")
        stack = replace(stack, trace_ui=at(stack.trace_ui, url, "--traces-url"))
    if not stack.starts_parts and stack.db_latency_ms:
        raise IncidentError(
            f"--db-latency={db_latency!r} is for clinics that the replay starts: start the one of "
            f"--target={stack.target} with CLINIC_DB_LATENCY_MS={stack.db_latency_ms:g}."
        )
    sys.exit(whole_replay.run(stack, var, plan, Console(), keep_serving=serve))


@cli.command()
@click.option(
    "--strategy",
    default="core",
    show_default=True,
    help="How Success Stories are to be read from now on.",
)
@click.option(
    "--flags-file",
    default=Path("var") / FLAGS_FILE,
    show_default=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The flags file of the running clinic.",
)
@port_option("--clinic-port", "clinic", "Port of the clinic.")
def fix(strategy: str, flags_file: Path, clinic: int) -> None:
    """Switch the strategy of a running clinic, which follows within two seconds.

    Exits with 0 if the flag is switched, also if no clinic runs, and as `clinic flags` does if
    the clinic refuses the flags file or the strategy.

    \b
    Example:
      incident fix --strategy core
    """
    before = flags.switch(flags_file, strategy)
    if is_taken(clinic):
        click.echo(
            f"Success Stories are read by {strategy} now, no longer by {before}."
            if before != strategy
            else f"Success Stories are read by {strategy} already."
        )
    else:
        click.echo(
            f"Switched {flags_file} to {strategy}, but nothing answers on {LOOPBACK}:{clinic}: the "
            "clinic reads Success Stories by it from its next start on. If the clinic runs on "
            "another port, it follows within two seconds."
        )


@cli.command()
@click.option(
    "--statements",
    default=reconciliation.STATEMENTS,
    show_default=True,
    type=click.IntRange(1, 1_000_000),
    help="How many are sent at least.",
)
@click.option("--users", default=10, show_default=True, type=click.IntRange(1, 100))
@with_stack
@with_var
def reconcile(*, statements: int, users: int, stack: Stack, var: Path) -> None:
    """Compare who counts SQL statements: the service, the stored spans, and the database.

    Loads the clinic, waits for the last span, and prints the counts of each statement. Without
    containers it starts parts of its own, on free ports: a demo that serves is left alone. Exits
    with 0 if all agree, 1 if any differs, 2 if it could not be tried.

    \b
    Example:
      incident reconcile --target compose
    """
    if not stack.in_containers:
        stack = on_free_ports(stack)
    folder = Folder(var, "reconcile", own_flags=not stack.in_containers)
    sys.exit(reconciliation.run(stack, folder, Console(), statements=statements, users=users))


@cli.command()
@click.option(
    "--without",
    multiple=True,
    type=click.Choice(examination.NAMES),
    help="Leave out a part that was not started.",
)
@with_stack
def doctor(*, without: tuple[str, ...], stack: Stack) -> None:
    """Say of each part of a running stack that it is fine, or what is wrong and what to do.

    Exits with 0 if all is fine, 1 if anything is wrong.

    \b
    Example:
      incident doctor --target compose --without grafana
    """
    sys.exit(examination.run(stack, Console(), without=without))


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path), metavar="[DIR]", required=False)
@port_option("--ui-port", "trace_ui", "Port of the traces' pages.")
@with_var
def traces(folder: Path | None, trace_ui: int, var: Path) -> None:
    """Open the traces that a run has stored in DIR: of the last demo or replay by default.

    Serves them until Ctrl-C. Exits with 2 if there are none or the port is taken.

    \b
    Example:
      incident traces var/replay/20261125-201500
    """
    stack = Stack(trace_ui=replace(Stack().trace_ui, number=trace_ui))
    kept.serve(folder.absolute() if folder else kept.latest(var), stack, Console())


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@port_option("--control-port", "control", "Port of the page.")
def control(folder: Path, control: int) -> None:
    """Show the replay whose records are in DIR, finished or running, until Ctrl-C.

    Nothing can be changed from this page. Exits with 2 if DIR holds no replay or the port is taken.

    \b
    Example:
      incident control var/replay/20261125-201500
    """
    control_command.run(folder, replace(Stack().control, number=control), Console())


FOLDER = click.Path(path_type=Path)


@cli.command()
@click.argument("folder", metavar="DIR", type=FOLDER)
def report(folder: Path) -> None:
    """Write the report of a replay again, from the events in its folder.

    \b
    Example:
      incident report var/replay/2026-11-25T20-34-01
    """
    first, *_ = write_report(folder, read(folder))
    click.echo(first)


@cli.command()
@click.argument("a", type=FOLDER)
@click.argument("b", type=FOLDER)
@click.option(
    "--format", "form", default="text", show_default=True, type=click.Choice(["text", "json"])
)
def compare(a: Path, b: Path, form: str) -> None:
    """Say which differences between two replays exceed the spread of their repetitions.

    Exits with 0 if none does, 1 if any does, 2 if they cannot be compared.

    \b
    Example:
      incident compare var/replay/before var/replay/after
    """
    found = comparison.compare(read(a), read(b))
    in_json = json.dumps(found.document(), indent=2)
    click.echo(in_json if form == "json" else comparison.as_text(found))
    sys.exit(1 if any(one.exceeds for one in found.differences) else 0)


def main() -> None:
    """Run the command; turn what goes wrong into a sentence and an exit code."""
    try:
        cli()
    except HarnessError as error:
        _end(error)
    except OSError as error:
        _end(from_os_error(error))


def _end(error: HarnessError) -> NoReturn:
    click.echo(f"incident: {error}", err=True)
    sys.exit(error.exit_code)
