"""Hold a story that grows while others read it."""

import threading
from dataclasses import fields, replace
from pathlib import Path

from incident.story.events import Event
from incident.story.story import Story


class Growing:
    """Keep the story that events add up to.

    One thread adds events; any thread reads within `reading()`, takes a copy, or waits with `wait`.
    `count` grows with each event, `run` with each story that begins anew.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._changed = threading.Condition()
        self.story = Story()
        self.count = 0
        self.run = 0
        # Why it cannot grow any more, if something keeps it from that.
        self.stopped = ""

    def reading(self) -> threading.Condition:
        """Hold the story still while the `with` block reads it."""
        return self._changed

    def copy(self) -> tuple[int, Story]:
        """Return the number of events so far, and a story of them that stays as it is."""
        with self._changed:
            story = replace(self.story)
            for one in fields(Story):
                if isinstance(held := getattr(story, one.name), list):
                    setattr(story, one.name, list(held))
            # Events never change; a phase does, when it ends and when its figures come.
            story.phases = [replace(seen) for seen in story.phases]
            return self.count, story

    def wait(self, seen: int, timeout_s: float) -> int:
        """Return the number of events once it is not `seen` any more, or after the timeout."""
        with self._changed:
            self._changed.wait_for(lambda: self.count != seen, timeout_s)
            return self.count

    def _add(self, event: Event) -> None:
        with self._changed:
            self.story.take(event)
            self.count += 1
            self._changed.notify_all()

    def _begin_anew(self) -> None:
        with self._changed:
            self.story = Story()
            self.count += 1
            self.run += 1
            self._changed.notify_all()

    def stop(self, why: str) -> None:
        """Say why the story cannot grow any more."""
        with self._changed:
            self.stopped = why
            self.count += 1
            self._changed.notify_all()
