"""Write down the events of a replay, let others wait for the next one, and read them again.

Whoever writes holds the file by a lock, which ends with its process: a record without an end that
nobody holds is of a replay that was killed.
"""

import fcntl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

from incident.errors import RecordError
from incident.story.events import Ended, Event, from_json, to_json
from incident.story.growing import Growing
from incident.story.story import Story, tell
from incident.story.words import clock

FILE = "events.jsonl"
CUT_OFF = 3  # the exit code of a replay that could not finish


class Journal(Growing):
    """Append events to a folder's file, and keep the story that they add up to."""

    def __init__(self, folder: Path, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(folder)
        folder.mkdir(parents=True, exist_ok=True)
        # Each line is written at once: what was seen is there however the replay ends.
        self._file = (folder / FILE).open("w", encoding="utf-8", buffering=1)
        # Shared: it keeps out nobody but those who ask whether anybody writes.
        fcntl.flock(self._file, fcntl.LOCK_SH)
        self._clock = clock
        self._began = clock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    @property
    def now_s(self) -> float:
        """Return the seconds since the replay began."""
        return round(self._clock() - self._began, 3)

    def write(self, event: Event) -> None:
        """Write an event down, and wake those who wait."""
        self._file.write(to_json(event) + "\n")
        self._add(event)


def is_written(path: Path) -> bool:
    """Return whether a process holds a journal's file to write on."""
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:  # held, or on a file system that cannot tell
            return True
    return False


def cut_off(story: Story) -> Ended:
    """Return the end of a story whose record has none."""
    why = f"its record stops after {clock(story.now_s)} minutes."
    return Ended(at_s=story.now_s, exit_code=CUT_OFF, why=why)


def read(folder: Path) -> Story:
    """Read the story of a folder; raise RecordError if there is none or a line is not an event."""
    path = folder / FILE
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise RecordError(f"{folder} holds no replay: {FILE} is missing.") from error
    except UnicodeDecodeError as error:
        raise RecordError(f"{path} is not text: {error}.") from error
    events = []
    for number, line in enumerate(lines, start=1):
        try:
            events.append(from_json(line))
        except RecordError as error:
            # The last line of a replay that was killed may be half a line.
            if number == len(lines) and number > 1:
                break
            raise RecordError(f"{path}:{number} is {error}") from error
    return tell(events)
