"""Hold what a page of its own shows: a replay that is sent to it, else the stack as it runs.

standing stack ──► stand() ──┐
replay ──► begin(), add() ───┴─► the story on the page;  leave() ──► back to the stack
"""

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from incident.story.events import Ended, Event
from incident.story.growing import Growing
from incident.story.pages import HTML, JSON, write_pages
from incident.story.story import Story

# A replay tells of itself twice a second; what is silent for so long has been killed.
SILENT_S = 15.0


class Shown(Growing):
    """Show one story at a time; any thread may use it."""

    def __init__(self, folder: Path, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(folder)
        self.story = Story(standing=True)
        self._clock = clock
        self._taking = threading.RLock()
        self._replay = ""
        self._events = 0
        self._heard = 0.0

    @property
    def in_replay(self) -> bool:
        """Return whether a replay is shown, also one that has ended."""
        return bool(self._replay)

    @property
    def is_live(self) -> bool:
        """Return whether a replay is shown that goes on."""
        with self._taking:
            return self.in_replay and self.story.ended is None and not self.stopped

    def stand(self, story: Story) -> None:
        """Show the stack as it runs, unless a replay is shown."""
        with self._taking:
            if not self.in_replay:
                self._replace(story)

    def hear(self, replay: str, place: int, events: Sequence[Event]) -> int:
        """Take in the events of a replay from a place on; return how many of its events are here.

        Another replay takes the place of one that has ended. What does not follow on what is here
        is not taken: the sender goes on from the number that is returned.
        """
        with self._taking:
            if replay != self._replay:
                if place:
                    return 0
                self._begin(replay)
            self._heard = self._clock()
            if place == self._events:
                for event in events:
                    self._add(event)
                self._events += len(events)
                if any(isinstance(event, Ended) for event in events):
                    write_pages(self.folder, self.story)
            return self._events

    def is_taken_by_another(self, replay: str) -> bool:
        """Return whether a replay goes on that is not this one."""
        return self.is_live and replay != self._replay

    def check(self) -> None:
        """Say that a replay has been killed if it is silent for too long."""
        with self._taking:
            if self.is_live and self._clock() - self._heard > SILENT_S:
                self.stop(f"The replay has told nothing for {SILENT_S:.0f} s.")

    def leave(self) -> None:
        """Go back to the stack as it runs."""
        with self._taking:
            self._replay, self._events = "", 0
            self._replace(Story(standing=True))

    def _begin(self, replay: str) -> None:
        for name in (HTML, JSON):
            (self.folder / name).unlink(missing_ok=True)
        self._replay, self._events = replay, 0
        self._replace(Story())
        self.run += 1

    def _replace(self, story: Story) -> None:
        with self._changed:
            self.story = story
            self.stopped = ""
            self.count += 1
            self._changed.notify_all()
