"""Tell the user what happens: results on stdout, progress on stderr, live on a terminal."""

import os
import shutil
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TextIO

BOLD, PLAIN = "\033[1m", "\033[0m"


@dataclass(slots=True)
class Console:
    """Write to two streams, with a clock that starts with the run."""

    out: TextIO = field(default_factory=lambda: sys.stdout)
    err: TextIO = field(default_factory=lambda: sys.stderr)
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    started: float = field(default_factory=time.monotonic)
    _status_width: int = 0

    def result(self, text: str = "") -> None:
        """Print what the command is run for."""
        self._clear_status()
        print(text, file=self.out, flush=True)

    def step(self, text: str) -> None:
        """Print one line of progress, with the seconds since the start."""
        self._clear_status()
        print(f"{self._elapsed()} {text}", file=self.err, flush=True)

    def status(self, text: str, *more: str) -> None:
        """Show a line that the next line takes the place of; nothing unless on a terminal.

        more: what is added, with commas between, as long as the terminal is wide enough.
        """
        if not self._live(self.err):
            return
        width = shutil.get_terminal_size().columns - 1
        line = f"{self._elapsed()} {text}"[:width]
        for part in more:
            if len(line) + len(part) + 2 > width:
                break
            line = f"{line}, {part}"
        print(f"\r{line:<{self._status_width}}", end="", file=self.err, flush=True)
        self._status_width = len(line)

    @property
    def is_live(self) -> bool:
        """Return whether progress goes to a terminal that can write over its own lines."""
        return self._live(self.err)

    def bold(self, text: str) -> str:
        """Return the text as a heading for stdout, where colours and the like are welcome."""
        # https://no-color.org: any value but the empty one counts.
        if self.environ.get("NO_COLOR") or not self._live(self.out):
            return text
        return f"{BOLD}{text}{PLAIN}"

    def _live(self, stream: TextIO) -> bool:
        return stream.isatty() and self.environ.get("TERM") != "dumb"

    def _elapsed(self) -> str:
        return f"[{time.monotonic() - self.started:4.0f} s]"

    def _clear_status(self) -> None:
        if self._status_width:
            print(f"\r{'':<{self._status_width}}\r", end="", file=self.err, flush=True)
            self._status_width = 0
