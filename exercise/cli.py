"""Run the command `exercise`: set one, give hints, grade the answer."""

import secrets
import signal
import sys
from dataclasses import replace
from pathlib import Path

import click

from exercise import run as running
from exercise import situation
from exercise.grade.check import check as grade
from exercise.grade.marks import HINT_COSTS
from exercise.lesson import HINTS, load
from exercise.places import ANSWER, Folder
from harness.errors import HarnessError
from harness.project import PROJECT
from incident.console import Console
from incident.errors import from_os_error
from incident.stack.options import port_option
from incident.stack.places import Stack

MOST_SEEDS = 999
with_answer = click.option(
    "--answer",
    default=ANSWER,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file of the answer.  [default: exercise/answer.py]",
)
with_var = click.option(
    "--var",
    default=PROJECT / "var",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder that keeps what runs record.  [default: var]",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Find a drawn fault of the clinic, repair it, and have the repair graded."""


@cli.command()
@click.option(
    "--seed",
    type=click.IntRange(1, MOST_SEEDS),
    help="Which exercise; drawn if it is left out.",
)
@click.option("--lesson", default="", metavar="FILE", help="A fault of your own; see the docs.")
@click.option("--new-answer", is_flag=True, help="Put the last answer away, and begin another.")
@click.option("--users", default=running.USERS, show_default=True, type=click.IntRange(1, 100))
@port_option("--clinic-port", "clinic", "Port of the clinic.")
@port_option("--ui-port", "trace_ui", "Port of the traces' pages.")
@port_option("--otlp-port", "otlp", "Port of the OTLP receiver.")
@port_option("--locust-port", "locust_ui", "Port of Locust's page.")
@port_option("--control-port", "control", "Port of the exercise's page.")
@with_answer
@with_var
def start(
    *,
    seed: int | None,
    lesson: str,
    new_answer: bool,
    users: int,
    answer: Path,
    var: Path,
    **ports: int,
) -> None:
    """Bring the clinic up with one fault and one decoy, until Ctrl-C.

    \b
    Example:
      exercise start --seed 3
    """
    stack = Stack()
    for name, number in ports.items():
        stack = replace(stack, **{name: replace(getattr(stack, name), number=number)})
    options = running.Options(
        seed=seed or 1 + secrets.randbelow(MOST_SEEDS),
        source=_source(lesson),
        new_answer=new_answer,
        users=users,
    )
    running.run(stack, _folder(var, answer), Console(), options)


@cli.command()
@with_answer
@with_var
def check(*, answer: Path, var: Path) -> None:
    """Grade the answer to the exercise that was started last.

    Exits with 0 if all is right, 1 if not, 2 if it could not be graded.

    \b
    Example:
      exercise check
    """
    folder = _folder(var, answer)
    # As Ctrl-C does, so that the clinics it has started end with it.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    click.echo("Trying the answer on clinics of its own, under load: half a minute.", err=True)
    found = grade(folder)
    click.echo("\n".join(found.lines()))
    sys.exit(0 if found.passed else 1)


@cli.command()
@with_answer
@with_var
def hint(*, answer: Path, var: Path) -> None:
    """Give the next of three hints, for points.

    \b
    Example:
      exercise hint
    """
    folder = _folder(var, answer)
    taken = folder.state().hints
    found = situation.take_hint(folder)
    if found is None:
        click.echo(f"All {HINTS} hints are taken.")
        return
    click.echo(f"Hint {taken + 1} of {HINTS} (-{HINT_COSTS[taken]}): {found}")


def _source(lesson: str) -> str:
    """Return a lesson's file as an absolute path; raise ExerciseError if it is unusable."""
    if not lesson:
        return ""
    load(lesson)
    return str(Path(lesson).absolute()) if Path(lesson).is_file() else lesson


def _folder(var: Path, answer: Path) -> Folder:
    return Folder(var.absolute() / "exercise", answer.absolute())


def main() -> None:
    """Run the command; turn what goes wrong into a sentence and an exit code."""
    try:
        cli()
    except HarnessError as error:
        click.echo(f"exercise: {error}", err=True)
        sys.exit(error.exit_code)
    except OSError as error:
        click.echo(f"exercise: {from_os_error(error)}", err=True)
        sys.exit(2)
