"""Run the command `incident`: the replay, and the switch that solves it."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import click

from harness.errors import HarnessError
from harness.ports import LOOPBACK, is_taken
from incident.console import Console
from incident.doctor import examine as examination
from incident.errors import from_os_error
from incident.reconcile import compare as reconciliation
from incident.replay import demo as short_demo
from incident.stack import flags
from incident.stack.options import port_option, with_stack, with_var
from incident.stack.places import BACKENDS, CLOSED, FLAGS_FILE, TRACESTORE, Folder, Stack

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

    Loads the clinic, waits for the last span, and prints the counts of each statement. Exits with
    0 if all agree, 1 if any differs, 2 if it could not be tried.

    \b
    Example:
      incident reconcile --target compose
    """
    folder = Folder(var, "reconcile")
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
