"""Follow the flag file of a running process, and hand on only what is valid.

The file is read twice a second and its bytes are compared, which costs microseconds and cannot be
misled: not by a date that goes backwards (a backup that is put back), nor by a clock that is
coarser than two changes.
"""

import logging
import os
import stat
import threading
from collections.abc import Callable, Collection
from pathlib import Path

from clinic.flags.file import Flags, audience_percent, parse, strategy_in_force
from clinic.flags.strict_json import MAX_BYTES, FlagFileError

log = logging.getLogger(__name__)

POLL_INTERVAL_S = 0.5


class FlagFileWatcher:
    """Read the file again and again in a thread, from start() to stop().

    A file that cannot be used leaves the last good flags in force. Each change of the file is one
    line in the log, good or bad.
    """

    def __init__(
        self, path: Path, strategies: Collection[str], take: Callable[[Flags], None]
    ) -> None:
        self._path = path
        self._strategies = strategies
        self._take = take
        # What was found the last time: bytes, or why they cannot be read.
        self._found: bytes | str | None = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="clinic-flags", daemon=True)

    def start(self) -> None:
        """Take the file as it is, raising FlagFileError if it cannot be used, and follow it."""
        data = read(self._path)
        self._take(parse(data, self._strategies))
        self._found = data
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stopped.set()
        self._thread.join()

    def look(self) -> None:
        """Look at the file once, and take what is new and valid."""
        try:
            found: bytes | str = read(self._path)
        except FlagFileError as error:
            found = str(error)
        if found == self._found:
            return
        self._found = found
        try:
            if isinstance(found, str):
                raise FlagFileError(found)
            flags = parse(found, self._strategies)
        except FlagFileError as error:
            log.warning("flags: %s: %s; the last good flags stay in force", self._path, error)
            return
        self._take(flags)
        log.info(
            "flags: %s: strategy %s, audience %g %%",
            self._path,
            strategy_in_force(flags),
            audience_percent(flags),
        )

    def _watch(self) -> None:
        while not self._stopped.wait(POLL_INTERVAL_S):
            self.look()


def read(path: Path) -> bytes:
    """Return the file's bytes, one more than are allowed at most; raise FlagFileError."""
    try:
        with open(path, "rb", opener=_open_without_waiting) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise FlagFileError("it is not a regular file")
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise FlagFileError(f"it cannot be read: {error.strerror}") from error


def _open_without_waiting(path: str, flags: int) -> int:
    """Open a file; a named pipe would be waited for until somebody writes to it."""
    return os.open(path, flags | os.O_NONBLOCK)
