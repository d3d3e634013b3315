"""Find the N+1 queries of a program without touching it: `otel-nplusone run -- PROGRAM ARGS`."""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from threading import Event, Thread
from types import FrameType
from typing import TYPE_CHECKING

from otel_nplusone._cli.exit_codes import BAD_INPUT, FINDINGS
from otel_nplusone._cli.options import add_min_repeats
from otel_nplusone._cli.scan_command import FAULTS, RENDERERS
from otel_nplusone._run.announce import Announcer, Watch
from otel_nplusone._run.blind import Sight
from otel_nplusone._run.wire import SOCKET_VARIABLE, Receiver
from otel_nplusone.errors import MissingExtraError, UsageError
from otel_nplusone.scan import Result

if TYPE_CHECKING:
    from argparse import _SubParsersAction

_EXAMPLES = """\
examples:
  otel-nplusone run -- gunicorn --config gunicorn.conf.py app:app
  otel-nplusone run -- python manage.py runserver
  otel-nplusone run -- -m flask --app app run --debug
  otel-nplusone run --fail-on n_plus_one nested --output report.json --format json -- pytest

Install the instrumentations of your framework and of one layer of your database access, such as
opentelemetry-instrumentation-flask and opentelemetry-instrumentation-sqlalchemy. Findings go to
stderr; other exporters of OTEL_TRACES_EXPORTER go on as they are.
"""
# What the SDK is told where the environment is silent.
_DEFAULTS = {"OTEL_METRICS_EXPORTER": "none", "OTEL_LOGS_EXPORTER": "none"}
_EXPORTER = "nplusone"
_POLL_S = 0.2
# From a directory on PYTHONPATH, Python's start imports `sitecustomize`: the way in, also for what
# a program starts itself. OpenTelemetry's own launcher does the same, and takes a program's options
# (--config, --traces) for its own.
_START = Path("auto_instrumentation")


def add_parser(subparsers: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "run",
        help="run a program and say what it does",
        description="Run a program with OpenTelemetry; print each new kind of finding once, and"
        " a summary at its end. Every option after the program is the program's.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="otel-nplusone run [OPTIONS] [--] PROGRAM [ARGUMENTS]",
    )
    add_min_repeats(parser)
    parser.add_argument("--format", choices=list(RENDERERS), default="text", help="of the summary")
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="write the summary there and not to stderr"
    )
    parser.add_argument(
        "--fail-on",
        nargs="+",
        action="extend",
        choices=[*FAULTS, "none"],
        default=[],
        metavar="CLASS",
        help=f"end with 1 for these ({', '.join(FAULTS)}), and with 2 where nothing could be"
        " judged, unless the program fails by itself (default: end as the program does)",
    )
    parser.add_argument(
        "command", nargs=argparse.REMAINDER, metavar="PROGRAM", help="the program, after --"
    )
    parser.set_defaults(run=_run, parser=parser)


def _run(asked: argparse.Namespace) -> int:
    words = asked.command[1:] if asked.command[:1] == ["--"] else asked.command
    if not words:
        asked.parser.error("no PROGRAM: say what to run, after --")
    if not _has_distro():
        raise MissingExtraError("otel-nplusone run", "run")
    command = program(words)
    if asked.output is not None:
        _try_to_write(asked.output)
    with tempfile.TemporaryDirectory(prefix="otel-nplusone-") as folder:
        path = Path(folder) / "spans"
        env = environment(os.environ, path)
        announcer = Announcer(sys.stderr, asked.min_repeats)
        with _watching(path, Watch(announcer, Sight(_python_of(command), env))) as watch:
            code = _call(command, env)
        result = watch.close()
    _report(result, asked.format, asked.output)
    return code or _exit_code(result, asked.fail_on)


def _has_distro() -> bool:
    try:
        return find_spec("opentelemetry.distro") is not None
    except ModuleNotFoundError:  # there is no opentelemetry at all
        return False


def program(words: Sequence[str]) -> list[str]:
    """Return the command that words stand for: a program, options of Python, or a file for it."""
    first = words[0]
    if first.startswith("-"):
        return [sys.executable, *words]
    # Next to this one, as in an environment that is not activated.
    found = which(first) or which(first, path=str(Path(sys.executable).parent))
    if found is not None:
        return [found, *words[1:]]
    if first.endswith(".py") and Path(first).is_file():
        return [sys.executable, *words]
    raise UsageError(f"There is no program {first!r}; is it installed, and in PATH?")


def environment(inherited: Mapping[str, str], socket: Path) -> dict[str, str]:
    """Return the environment in which the SDK sets itself up and tells us of each span."""
    asked_for = inherited.get("OTEL_TRACES_EXPORTER", "none").split(",")
    others = [name.strip() for name in asked_for if name.strip() not in ("", "none", _EXPORTER)]
    return {
        **_DEFAULTS,
        **inherited,
        "OTEL_TRACES_EXPORTER": ",".join(others) or "none",
        "PYTHONPATH": os.pathsep.join(_python_path(inherited.get("PYTHONPATH", ""))),
        SOCKET_VARIABLE: str(socket),
    }


def _python_path(inherited: str) -> list[str]:
    """Return where Python looks first: for OpenTelemetry's start, and for what was asked for."""
    spec = find_spec("opentelemetry.instrumentation")
    start = [
        str(Path(place) / _START) for place in (spec and spec.submodule_search_locations) or ()
    ]
    # An empty place means the current folder, unless there is nothing else.
    others = inherited.split(os.pathsep) if inherited else []
    return [*start, *(place for place in others if place not in start)]


def _python_of(command: Sequence[str]) -> str:
    """Return the Python that a command runs in, as far as its first line tells; else ours."""
    path = Path(command[0])
    if path.name.startswith("python"):
        return str(path)
    try:
        with path.open("rb") as file:
            first = file.readline(500).decode(errors="replace")
    except OSError:
        return sys.executable
    interpreter = first.removeprefix("#!").strip() if first.startswith("#!") else ""
    return interpreter if "python" in interpreter and " " not in interpreter else sys.executable


def _call(command: list[str], env: Mapping[str, str]) -> int:
    """Run the program to its end, and hand signals on to it; return its exit code."""
    started: list[subprocess.Popen[bytes]] = []

    def hand_on(number: int, _frame: FrameType | None) -> None:
        for child in started:
            child.send_signal(number)

    with _signals(hand_on):
        started.append(subprocess.Popen(command, env=env))
        code = started[0].wait()
    # A shell's way to say that a signal ended it.
    return code if code >= 0 else 128 - code


def _left_to_the_program(_number: int, _frame: FrameType | None) -> None:
    """Go on: Ctrl-C reaches the program by itself, in the terminal's foreground group."""


@contextmanager
def _signals(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    # Handlers rather than SIG_IGN, which the program would inherit.
    wanted = {
        signal.SIGTERM: handler,
        signal.SIGHUP: handler,
        signal.SIGINT: _left_to_the_program,
    }
    before = {number: signal.signal(number, action) for number, action in wanted.items()}
    try:
        yield
    finally:
        for number, action in before.items():
            signal.signal(number, action)


@contextmanager
def _watching(path: Path, watch: Watch) -> Iterator[Watch]:
    """Take what the program's processes tell until it has ended; judge what is over meanwhile."""
    receiver, ended = Receiver(path, watch.take), Event()

    def judge() -> None:
        while not ended.wait(_POLL_S):
            watch.judge()

    thread = Thread(target=judge, name="otel-nplusone judges")
    thread.start()
    try:
        yield watch
    finally:
        receiver.close()
        ended.set()
        thread.join()


def _try_to_write(output: Path) -> None:
    """Refuse a file that cannot be written before the program has run for nothing."""
    try:
        output.open("a").close()
    except OSError as error:
        raise UsageError(f"--output {output}: {error.strerror}") from error


def _report(result: Result, form: str, output: Path | None) -> None:
    text = RENDERERS[form](result, "")
    if output is not None:
        output.write_text(text)
        return
    sys.stderr.write(f"otel-nplusone: {text}" if form == "text" else text)
    sys.stderr.flush()


def _exit_code(result: Result, fail_on: Sequence[str]) -> int:
    """Return 1 for a class that is asked for; what was not seen is not called clean then."""
    if any(finding.repeat_class.value in fail_on for finding in result.findings):
        return FINDINGS
    return BAD_INPUT if set(fail_on) - {"none"} and not result.judged else 0
