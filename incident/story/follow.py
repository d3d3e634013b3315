"""Follow the events of a replay that another process writes, or has written."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.background import Repeating
from incident.errors import RecordError
from incident.story.events import from_json
from incident.story.growing import Growing
from incident.story.journal import FILE, cut_off, is_written, read

EVERY_S = 0.2


class Followed(Growing):
    """Read a story from the whole lines of a folder's file; `look` reads what has come.

    A file that is replaced or cut short is another replay: its story begins anew. A story without
    an end is given one as soon as nobody writes it any more.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._path = folder / FILE
        self._file: tuple[int, int] | None = None
        self._read_bytes = 0
        self._lines = 0

    def look(self) -> None:
        """Take in the lines that have come; raise RecordError if one is not an event."""
        try:
            found = self._path.stat()
            # Asked before reading: what was written until then is read below.
            is_over = found.st_size > 0 and not is_written(self._path)
        except FileNotFoundError:
            return  # being replaced
        if self._file != (found.st_dev, found.st_ino) or found.st_size < self._read_bytes:
            if self._file is not None:
                self._begin_anew()
            self._file = (found.st_dev, found.st_ino)
            self._read_bytes = self._lines = 0
        if found.st_size > self._read_bytes:
            self._take_lines()
        if is_over and self.story.ended is None:
            self._add(cut_off(self.story))

    def _take_lines(self) -> None:
        with self._path.open("rb") as file:
            file.seek(self._read_bytes)
            whole, end, _ = file.read().rpartition(b"\n")
        for line in whole.split(b"\n") if end else ():
            self._lines += 1
            try:
                self._add(from_json(line.decode()))
            except (RecordError, UnicodeDecodeError) as error:
                raise RecordError(f"{self._path}:{self._lines} is {error}") from error
        self._read_bytes += len(whole) + len(end)


class _Looking(Repeating):
    """Look again and again, until there is something that is not an event."""

    def __init__(self, followed: Followed) -> None:
        super().__init__(EVERY_S)
        self._followed = followed

    def turn(self) -> None:
        if self._followed.stopped:
            return
        try:
            self._followed.look()
        except (RecordError, OSError) as error:
            self._followed.stop(str(error))


@contextmanager
def follow(folder: Path) -> Iterator[Followed]:
    """Follow a folder's replay while the block runs; raise RecordError if there is none."""
    read(folder)
    followed = Followed(folder)
    followed.look()
    with _Looking(followed):
        yield followed
