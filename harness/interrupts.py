"""Notice signals that end a command, but only where the command waits.

An exception out of a signal handler can strike between starting a process and writing down
that it was started. So a handler only notes the signal, and `pause` raises: every wait is made
of short pauses.
"""

import signal
import time
from types import FrameType
from typing import Any, Self

from harness.errors import Interrupted

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
NAP_S = 0.05


class Interrupts:
    """Note SIGINT, SIGTERM and SIGHUP while the `with` block runs."""

    def __init__(self) -> None:
        self._received: list[int] = []
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        for number in ENDING:
            if number == signal.SIGHUP and signal.getsignal(number) == signal.SIG_IGN:
                continue  # under nohup
            self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._received.append(number)

    @property
    def impatient(self) -> bool:
        """Return whether a second signal has come: what is being stopped is killed then."""
        return len(self._received) > 1

    def check(self) -> None:
        """Raise Interrupted if a signal has come."""
        if self._received:
            raise Interrupted(self._received[0])

    def pause(self, seconds: float) -> None:
        """Sleep, but no longer than until a signal comes: raise Interrupted then."""
        end = time.monotonic() + seconds
        self.check()
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(left, NAP_S))
            self.check()
