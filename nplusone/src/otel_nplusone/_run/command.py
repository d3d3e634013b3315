"""Run `otel-nplusone run -- COMMAND`: find a program's N+1 queries without touching its code."""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from threading import Event, Thread
from types import FrameType
from typing import TYPE_CHECKING

from otel_nplusone._run.announce import Announcer
from otel_nplusone._run.wire import SOCKET_VARIABLE, Receiver
from otel_nplusone.errors import MissingExtraError, UsageError

if TYPE_CHECKING:
    from argparse import _SubParsersAction

_EXAMPLES = """\
examples:
  otel-nplusone run -- gunicorn app:app
  otel-nplusone run -- python manage.py runserver --noreload

Install the instrumentations of your framework and of one layer of your database access, such as
opentelemetry-instrumentation-flask and opentelemetry-instrumentation-sqlalchemy. Findings go to
stderr; other exporters of OTEL_TRACES_EXPORTER go on as they are.
"""
# What the SDK is told where the environment is silent.
_DEFAULTS = {
    "OTEL_METRICS_EXPORTER": "none",
    "OTEL_LOGS_EXPORTER": "none",
    # A finding is to be seen while the page that has it is still open in a browser.
    "OTEL_BSP_SCHEDULE_DELAY": "500",
    "OTEL_BSP_MAX_QUEUE_SIZE": "16384",
}
_EXPORTER = "nplusone"
_INSTRUMENT = "from opentelemetry.instrumentation.auto_instrumentation import run; run()"
_POLL_S = 0.2


def add_parser(subparsers: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "run",
        help="run a program and say what it does",
        description="Run a program with OpenTelemetry; print each new kind of finding once, and"
        " a summary at its end. Ends as the program does.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", nargs="+", metavar="COMMAND", help="the program, after --")
    parser.set_defaults(run=_run)


def _run(asked: argparse.Namespace) -> int:
    if not _has_distro():
        raise MissingExtraError("otel-nplusone run", "run")
    if which(asked.command[0]) is None:
        raise UsageError(f"There is no program {asked.command[0]!r}; is it installed, and in PATH?")
    with tempfile.TemporaryDirectory(prefix="otel-nplusone-") as folder:
        path = Path(folder) / "findings"
        with _announcing(path):
            return _call(asked.command, environment(os.environ, path))


def _has_distro() -> bool:
    try:
        return find_spec("opentelemetry.distro") is not None
    except ModuleNotFoundError:  # there is no opentelemetry at all
        return False


def environment(inherited: Mapping[str, str], socket: Path) -> dict[str, str]:
    """Return the environment in which the SDK sets itself up and exports to us as well."""
    asked_for = inherited.get("OTEL_TRACES_EXPORTER", "none").split(",")
    others = [name.strip() for name in asked_for if name.strip() not in ("", "none", _EXPORTER)]
    return {
        **_DEFAULTS,
        **inherited,
        "OTEL_TRACES_EXPORTER": ",".join([*others, _EXPORTER]),
        SOCKET_VARIABLE: str(socket),
    }


def _call(command: list[str], env: Mapping[str, str]) -> int:
    """Run the program to its end, and hand signals on to it; return its exit code."""
    started: list[subprocess.Popen[bytes]] = []

    def hand_on(number: int, _frame: FrameType | None) -> None:
        for child in started:
            child.send_signal(number)

    with _signals(hand_on):
        started.append(subprocess.Popen([sys.executable, "-c", _INSTRUMENT, *command], env=env))
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
def _announcing(path: Path) -> Iterator[None]:
    """Say what the program's processes find, until they have ended, and then the summary."""
    receiver, announcer, ended = Receiver(path), Announcer(sys.stderr), Event()

    def listen() -> None:
        while True:
            # Looked at first: what was sent before the end is still in the socket.
            is_last = ended.is_set()
            judged = receiver.receive(_POLL_S)
            if judged is not None:
                announcer.take(judged)
            elif is_last:
                return

    thread = Thread(target=listen, name="otel-nplusone")
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        receiver.close()
        announcer.close()
