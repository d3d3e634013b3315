"""What every step of a replay has at hand."""

from dataclasses import dataclass

from harness.interrupts import Interrupts
from harness.processes import Processes
from incident.console import Console
from incident.stack.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A replay under way: its choices, its voice, its processes, and how it waits."""

    settings: Settings
    console: Console
    processes: Processes
    interrupts: Interrupts

    def pause(self, seconds: float) -> None:
        """Wait; raise Interrupted after a signal, and ChildDied when a process has ended."""
        self.interrupts.pause(seconds)
        self.processes.check()
