"""Write down the events of a replay, let others wait for the next one, and read them again."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

from incident.errors import RecordError
from incident.story.events import Event, from_json, to_json
from incident.story.growing import Growing
from incident.story.story import Story, tell

FILE = "events.jsonl"


class Journal(Growing):
    """Append events to a folder's file, and keep the story that they add up to."""

    def __init__(self, folder: Path, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(folder)
        folder.mkdir(parents=True, exist_ok=True)
        # Each line is written at once: what was seen is there however the replay ends.
        self._file = (folder / FILE).open("w", encoding="utf-8", buffering=1)
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
