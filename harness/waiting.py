"""Wait for a condition: poll it with a deadline, and name it when it does not come true."""

import time
from collections.abc import Callable
from typing import TypeVar

from harness.errors import DeadlinePassed

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
    """Return the first truthy answer of `condition`; raise DeadlinePassed that names `what`."""
    end = time.monotonic() + deadline_s
    while not (found := condition()):
        if time.monotonic() > end:
            raise DeadlinePassed(
                f"Waited for {what}, which did not happen within {deadline_s:g} s."
            )
        pause(every_s)
    return found
