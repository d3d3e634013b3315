"""Begin a run: alone in its folder, with the flags lent, and with all that it starts ended."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from harness.interrupts import Interrupts
from harness.processes import Processes
from incident.console import Console
from incident.stack import flags, surroundings
from incident.stack.places import Folder, Stack


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Hold what every step of a run has at hand."""

    stack: Stack
    folder: Folder
    console: Console
    processes: Processes
    interrupts: Interrupts

    def pause(self, seconds: float) -> None:
        """Wait; raise Interrupted after a signal, and ChildDied when a process has ended."""
        self.interrupts.pause(seconds)
        self.processes.check()

    def switch(self, *strategies: str) -> None:
        """Have the clinic read its Success Stories by each strategy in turn; the last one stays."""
        for strategy in strategies:
            flags.switch(self.folder.flags_file, strategy)

    def let_in(self, percent: float) -> None:
        """Have the clinic show its new page to that share of the visitors."""
        flags.change(self.folder.flags_file, f"--audience={percent:g}%")


@contextmanager
def begin(stack: Stack, folder: Folder, console: Console) -> Iterator[Run]:
    """Yield a run; whatever it has started is gone, and the flags are back, when this is left."""
    with surroundings.sole_use(folder.path), Interrupts() as interrupts:
        surroundings.check(stack, folder)
        folder.make_room(for_traces=stack.starts_parts)
        flags.seed(folder.flags_file, stack.flags_template)
        with (
            flags.put_back(folder.flags_file),
            Processes(folder.logs, impatient=lambda: interrupts.impatient) as processes,
        ):
            try:
                yield Run(
                    stack=stack,
                    folder=folder,
                    console=console,
                    processes=processes,
                    interrupts=interrupts,
                )
            finally:
                console.step("Stopping what was started.")
