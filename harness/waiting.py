"""Waiting for a condition: a poll with a deadline and with words for what is waited for."""

import time
from collections.abc import Callable
from typing import TypeVar

from incident.errors import DeadlinePassed

Found = TypeVar("Found")
Pause = Callable[[float], None]


def wait_until(
    condition: Callable[[], Found | None],
    *,
    what: str,
    deadline_s: float,
    pause: Pause = time.sleep,
    every_s: float = 0.1,
) -> Found:
    """Return the first truthy answer of `condition`, or raise DeadlinePassed that names `what`."""
    end = time.monotonic() + deadline_s
    while not (found := condition()):
        if time.monotonic() > end:
            raise DeadlinePassed(f"Waited {deadline_s:g} s in vain for {what}.")
        pause(every_s)
    return found
