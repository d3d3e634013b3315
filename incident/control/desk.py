"""Keep what people ask of a replay until the replay takes it; any thread may use it.

page ── ask(command) ──► queue ── take() ──► engine
◄── state() ─────── desk ◄── offer(…), told(command, error) ──┘
"""

import threading
from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

from incident.errors import IncidentError

STRATEGY, AUDIENCE, LOAD, NEXT_PHASE = ("strategy", "audience", "load", "next phase")
OF_A_REPLAY = (STRATEGY, AUDIENCE, LOAD, NEXT_PHASE)
# Of the stack that runs without one: how many visitors, and what is shown after a replay.
USERS, LEAVE = ("users", "leave")
CAN = (*OF_A_REPLAY, USERS, LEAVE)
# What a replay does not get to within seconds, nobody waits for.
MOST_WAITING = 16


@dataclass(frozen=True, slots=True)
class SetStrategy:
    """Ask for a strategy, for everybody."""

    name: str
    needs = STRATEGY

    def __str__(self) -> str:
        return f"strategy {self.name}"


@dataclass(frozen=True, slots=True)
class SetAudience:
    """Ask for the share of visitors who get the page."""

    percent: float
    needs = AUDIENCE

    def __str__(self) -> str:
        return f"audience {self.percent:g} %"


@dataclass(frozen=True, slots=True)
class SetLoad:
    """Ask for another rate of visitors."""

    visitors_per_second: float
    needs = LOAD

    def __str__(self) -> str:
        return f"{self.visitors_per_second:g} visitors/s"


@dataclass(frozen=True, slots=True)
class NextPhase:
    """Ask for the end of the phase that runs."""

    needs = NEXT_PHASE

    def __str__(self) -> str:
        return "next phase"


@dataclass(frozen=True, slots=True)
class SetUsers:
    """Ask for a number of visitors at the same time."""

    users: int
    needs = USERS

    def __str__(self) -> str:
        return f"{self.users} visitors"


@dataclass(frozen=True, slots=True)
class Leave:
    """Ask for the stack as it runs, in place of a replay that has ended."""

    needs = LEAVE

    def __str__(self) -> str:
        return "the stack as it runs"


Command = SetStrategy | SetAudience | SetLoad | NextPhase | SetUsers | Leave


class NotOffered(IncidentError):
    """Say why something cannot be asked now."""


@dataclass(frozen=True, slots=True)
class DeskState:
    """Hold what may be asked, what waits, and what was refused last; `version` grows."""

    strategies: tuple[str, ...] = ()
    can: frozenset[str] = field(default_factory=frozenset)
    waiting: tuple[Command, ...] = ()
    refused: str = ""
    version: int = 0


class Desk:
    """Take commands from pages, and hand them to the engine in their order."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queue: deque[Command] = deque()
        self._taken: deque[Command] = deque()
        self._state = DeskState()

    def offer(self, *, strategies: Sequence[str] = (), can: Collection[str] = ()) -> None:
        """Say what may be asked from now on; raise ValueError for what nothing can do.

        `can` holds some of CAN. What waits already and is not offered any more is dropped.
        """
        if unknown := set(can) - set(CAN):
            raise ValueError(f"{sorted(unknown)} is not one of {', '.join(CAN)}.")
        with self._lock:
            if (tuple(strategies), frozenset(can)) == (self._state.strategies, self._state.can):
                return
            self._queue = deque(one for one in self._queue if one.needs in can)
            self._change(strategies=tuple(strategies), can=frozenset(can))

    def ask(self, command: Command) -> None:
        """Put a command at the end of the queue; raise NotOffered if it cannot be asked now."""
        with self._lock:
            if command.needs not in self._state.can:
                raise NotOffered(f"The {command.needs} cannot be changed now: reload the page.")
            if isinstance(command, SetStrategy) and command.name not in self._state.strategies:
                known = ", ".join(self._state.strategies)
                raise NotOffered(f"Strategy {command.name!r} is not known: choose one of {known}.")
            if command in self._queue:
                return  # a button that was pressed twice
            if len(self._queue) >= MOST_WAITING:
                raise NotOffered(f"{MOST_WAITING} changes wait already: try again in some seconds.")
            self._queue.append(command)
            self._change(refused="")

    def take(self) -> Command | None:
        """Return the oldest command, None if nobody asks for anything; the engine's call."""
        with self._lock:
            if not self._queue:
                return None
            command = self._queue.popleft()
            self._taken.append(command)
            return command

    def told(self, command: Command, error: str = "") -> None:
        """Say that a command that was taken is done, or in a sentence why not."""
        with self._lock:
            if command in self._taken:
                self._taken.remove(command)
            self._change(refused=error)

    def state(self) -> DeskState:
        """Return what a page shows."""
        with self._lock:
            return replace(self._state, waiting=(*self._taken, *self._queue))

    def _change(self, **values: object) -> None:
        self._state = replace(self._state, version=self._state.version + 1, **values)  # type: ignore[arg-type]  # fields of DeskState
