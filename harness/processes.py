"""Start processes so that none of them outlives the command that starts them.

Each leads a session of its own: a Ctrl-C in the terminal reaches the command alone, which then
ends its processes in the order that loses nothing, last started first.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from harness.errors import ChildDied, ToolMissing

NAP_S = 0.05
LOG_LINES_SHOWN = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Say what to start, where, and how long it may take to end when it is asked to."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    cwd: Path
    grace_s: float = 15
    ends_by_itself: bool = False


@dataclass(frozen=True, slots=True)
class Child:
    """Hold a process that was started, and the file with its output."""

    command: Command
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def ended(self) -> bool:
        return self.process.poll() is not None

    def last_words(self) -> str:
        """Return the end of the log, indented, to be put below an error."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        shown = lines[-LOG_LINES_SHOWN:] or ["(it printed nothing)"]
        return "\n".join(f"  | {line}" for line in shown)


class Processes:
    """Start and end processes; leaving the `with` block ends them all."""

    def __init__(self, logs: Path, *, impatient: Callable[[], bool] = lambda: False) -> None:
        """Write logs to the folder `logs`; while `impatient()`, kill instead of asking."""
        self._logs = logs
        self._impatient = impatient
        self._children: list[Child] = []

    def __enter__(self) -> Self:
        self._logs.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(self, *_: object) -> None:
        while self._children:
            self.stop(self._children[-1])

    def start(self, command: Command) -> Child:
        """Start a command with its output in `<name>.log`; raise ToolMissing if it is missing."""
        path = self._logs / f"{command.name}.log"
        with path.open("wb") as log:
            try:
                process = subprocess.Popen(
                    command.argv,
                    env=command.env,
                    cwd=command.cwd,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            except FileNotFoundError as error:
                raise ToolMissing(f"{error.filename} is missing: install the project.") from error
        child = Child(command, process, path)
        self._children.append(child)
        return child

    def stop(self, child: Child) -> None:
        """Ask a process to end, then kill what is left of its group."""
        try:
            if not child.ended:
                child.process.terminate()
                self._wait(child)
        finally:
            _kill_group(child)
            child.process.wait()
            self._children.remove(child)

    def pause(self, seconds: float) -> None:
        """Sleep; raise ChildDied if a process has ended meanwhile."""
        time.sleep(seconds)
        self.check()

    def finish(self, child: Child, pause: Callable[[float], None]) -> None:
        """Wait for a command that ends by itself; raise ChildDied unless it succeeded."""
        while not child.ended:
            pause(NAP_S)
        self.check()
        self.stop(child)

    def check(self) -> None:
        """Raise ChildDied if a process has failed, or has ended without being asked to."""
        for child in self._children:
            code = child.process.poll()
            fine = code == 0 and child.command.ends_by_itself
            if code is not None and not fine:
                raise _died(child)

    def _wait(self, child: Child) -> None:
        deadline = time.monotonic() + child.command.grace_s
        while not child.ended and time.monotonic() < deadline and not self._impatient():
            time.sleep(NAP_S)


def _kill_group(child: Child) -> None:
    # macOS answers with a PermissionError where all that is left are zombies.
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def _died(child: Child) -> ChildDied:
    code = child.process.returncode
    how = f"by {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
    return ChildDied(
        f"{child.command.name} ended early, {how}; {child.log} ends with:\n{child.last_words()}"
    )
