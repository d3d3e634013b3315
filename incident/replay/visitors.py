"""Send visitors to the clinic by Locust, in an open loop or a closed one, and ask how they fare."""

import json
import os
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from harness.clients.clinic import CLINICS
from harness.waiting import wait_until
from incident.replay.load import RequestLog
from incident.stack import commands
from incident.stack.places import CLOSED, OPEN
from incident.stack.run import Run

# As many as thirty users of a closed loop keep asking at a time.
AT_ONCE = 30
PATIENCE_S = 15.0
LOAD_DEADLINE_S = 60


@dataclass(frozen=True, slots=True)
class Crowd:
    """Count who has come until now; `waiting_ms` is how long each has waited without an answer.

    In a closed loop it is known how many wait, and not for how long.
    """

    arrived: int = 0
    answered: int = 0
    gave_up: int = 0
    waiting: int = 0
    waiting_ms: tuple[float, ...] = ()


class Visitors(Protocol):
    """Send a load after another."""

    loop: str
    # None: the number of users decides.
    visitors_per_second: float | None

    def start(self) -> None: ...
    def send(self, name: str, visitors_per_second: float, *, fresh: bool = False) -> int: ...
    def crowd(self) -> Crowd: ...
    def leave(self) -> None: ...


@dataclass(slots=True)
class OpenVisitors:
    """Let visitors come at moments that a seed decides, however slow the answers are."""

    run: Run
    seed: int
    clinics: list[str]
    loop: str = OPEN
    visitors_per_second: float | None = 0.0
    _number: int = 0
    _started: list[Any] = field(default_factory=list)

    def start(self) -> None:
        """Start Locust, and wait until it follows the load file."""
        self.send("nobody", 0)
        command = commands.locust(self.run.stack, self.run.folder, os.environ, loop=OPEN)
        self._started.append(self.run.processes.start(command))
        wait_until(
            lambda: _status(self.run),
            what="the visitors to be ready",
            deadline_s=LOAD_DEADLINE_S,
            pause=self.run.pause,
        )

    def send(self, name: str, visitors_per_second: float, *, fresh: bool = False) -> int:
        """Change the rate from now on; the same name brings the same visitors in every run.

        fresh: those who wait from before leave. Returns the load's number.
        """
        self._number += 1
        self.visitors_per_second = visitors_per_second
        load = {
            "number": self._number,
            "visitors_per_second": visitors_per_second,
            # Part of each visitor's session id, in which the clinic takes no space.
            "seed": f"{self.seed}/{name}".replace(" ", "-"),
            "clinics": self.clinics,
            "at_once": AT_ONCE,
            "patience_s": PATIENCE_S,
            "fresh": fresh,
            "strategy": None,
        }
        file = self.run.folder.load_file
        temporary = file.with_name(f".{file.name}")
        temporary.write_text(json.dumps(load), encoding="utf-8")
        temporary.replace(file)
        return self._number

    def crowd(self) -> Crowd:
        """Return how it went a moment ago."""
        status = _status(self.run)
        waiting_ms = tuple(status.get("waiting_ms", ()))
        return Crowd(
            status.get("arrived", 0),
            status.get("answered", 0),
            status.get("gave_up", 0),
            len(waiting_ms),
            waiting_ms,
        )

    def leave(self) -> None:
        """Stop Locust."""
        while self._started:
            self.run.processes.stop(self._started.pop())


@dataclass(slots=True)
class ClosedVisitors:
    """Let each user ask again some time after their last answer: a slow page slows the load."""

    run: Run
    users: int
    log: RequestLog
    loop: str = CLOSED
    visitors_per_second: float | None = None
    _started: list[Any] = field(default_factory=list)

    def start(self) -> None:
        """Start Locust, and wait until every user has arrived: each asks for the clinics first."""
        command = commands.locust(self.run.stack, self.run.folder, os.environ, users=self.users)
        self._started.append(self.run.processes.start(command))
        wait_until(
            lambda: sum(one.name == CLINICS for one in self.log.read()) >= self.users,
            what=f"{self.users} visitors to arrive",
            deadline_s=LOAD_DEADLINE_S,
            pause=self.run.pause,
        )

    def send(self, name: str, visitors_per_second: float, *, fresh: bool = False) -> int:
        """Change nothing: the number of users stays."""
        return 0

    def crowd(self) -> Crowd:
        """Return what the log tells: nobody gives up."""
        answered = len(self.log.read())
        reading = sum(until > time.time() for until in _status(self.run).get("reading_until_s", ()))
        return Crowd(answered, answered, waiting=self.users - reading if self._started else 0)

    def leave(self) -> None:
        """Stop Locust."""
        while self._started:
            self.run.processes.stop(self._started.pop())


def _status(run: Run) -> Mapping[str, Any]:
    """Return what Locust has written of its visitors; nothing before it has."""
    file = run.folder.load_file
    try:
        status: dict[str, Any] = json.loads(
            file.with_name(f"{file.name}.status").read_text(encoding="utf-8")
        )
    except FileNotFoundError:
        return {}
    return status


def choose_clinics(names: list[str], seed: int, number: int) -> list[str]:
    """Return the clinics that are visited: each in turn, so that every run asks for the same."""
    return random.Random(seed).sample(sorted(names), min(number, len(names)))
