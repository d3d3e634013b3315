"""The command `incident`: the replay, and the switch that solves it."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

import click

from incident.console import Console
from incident.doctor import examine as examination
from incident.errors import IncidentError, from_os_error
from incident.reconcile import compare as reconciliation
from incident.replay import demo as replay
from incident.stack import flags
from incident.stack.options import ports_of, with_ports, with_target, with_var
from incident.stack.settings import BACKENDS, EMBEDDED, TARGETS, TRACESTORE, Settings


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
@click.option(
    "--naive-seconds",
    default=35.0,
    show_default=True,
    type=click.FloatRange(1, 3600),
    help="How long the incident is watched.",
)
@click.option(
    "--core-seconds",
    default=20.0,
    show_default=True,
    type=click.FloatRange(1, 3600),
    help="How long the fix is watched.",
)
@with_ports
@click.option(
    "--target",
    default=EMBEDDED,
    show_default=True,
    type=click.Choice(TARGETS),
    help="Measure parts that are started for it, or the compose stack that is running.",
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
    help="Serve the traces until Ctrl-C afterwards, or end. By default the one in a "
    "terminal, the other without.",
)
@with_var
def demo(
    users: int,
    naive_seconds: float,
    core_seconds: float,
    target: str,
    backend: str,
    keep_serving: bool | None,
    var: Path,
    **ports: int,
) -> None:
    """Load the clinic under `naive`, switch to `core` under load, and print the difference.

    Exits with 0 if the incident and its fix were seen in the spans, 1 if not, 2 if it could not
    be tried.

    \b
    Example:
      incident demo --users 10 --naive-seconds 15 --exit
    """
    settings = Settings(
        users=users,
        naive_seconds=naive_seconds,
        core_seconds=core_seconds,
        **ports_of(ports),
        target=target,
        backend=backend,
        keep_serving=sys.stdout.isatty() if keep_serving is None else keep_serving,
        var=var.absolute(),
    )
    sys.exit(replay.run(settings, Console()))


@cli.command()
@click.option(
    "--strategy",
    default="core",
    show_default=True,
    help="How Success Stories are to be read from now on.",
)
@click.option(
    "--flags-file",
    default=flags.DEFAULT_FILE,
    show_default=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The flags file of the running clinic.",
)
def fix(strategy: str, flags_file: Path) -> None:
    """Switch the strategy of a running clinic, which follows within two seconds.

    \b
    Example:
      incident fix --strategy core
    """
    before = flags.set_strategy(flags_file, strategy)
    click.echo(
        f"Success Stories are read by {strategy} now, no longer by {before}."
        if before != strategy
        else f"Success Stories are read by {strategy} already."
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
@with_ports
@with_target
@with_var
def reconcile(statements: int, users: int, target: str, var: Path, **ports: int) -> None:
    """Compare who counts SQL statements: the service, the stored spans, and the database.

    Loads the clinic, waits for the last span, and prints the counts of each statement. Exits with
    0 if all agree, 1 if any differs, 2 if it could not be tried.

    \b
    Example:
      incident reconcile --target compose
    """
    settings = _without_phases(target, var, ports, users=users)
    sys.exit(reconciliation.run(settings, Console(), statements=statements))


@cli.command()
@click.option(
    "--without",
    multiple=True,
    type=click.Choice(examination.NAMES),
    help="Leave a part out, as one that was not started.",
)
@with_ports
@with_target
@with_var
def doctor(without: tuple[str, ...], target: str, var: Path, **ports: int) -> None:
    """Say of each part of a running stack that it is fine, or what is wrong and what to do.

    Exits with 0 if all is fine, 1 if anything is wrong.

    \b
    Example:
      incident doctor --target compose --without grafana
    """
    settings = _without_phases(target, var, ports)
    sys.exit(examination.run(settings, Console(), without=without))


def _without_phases(
    target: str, var: Path, ports: Mapping[str, int], *, users: int = 1
) -> Settings:
    """Make the settings of a command that watches no phase and serves nothing."""
    return Settings(
        users=users,
        naive_seconds=0,
        core_seconds=0,
        keep_serving=False,
        target=target,
        var=var.absolute(),
        **ports_of(ports),
    )


def main() -> None:
    """Run the command; turn what goes wrong into a sentence and an exit code."""
    try:
        cli()
    except IncidentError as error:
        _end(error)
    except OSError as error:
        _end(from_os_error(error))


def _end(error: IncidentError) -> NoReturn:
    click.echo(f"incident: {error}", err=True)
    sys.exit(error.exit_code)
