"""Search for the highest rate that a page can take: double, then halve the gap; pure."""

import math
from collections.abc import Callable

from incident.story.events import Attempt

LIMIT_MS = 2_000.0
FACTOR = 2.0
MOST_STEPS = 12


def search(
    attempt: Callable[[float], Attempt], *, start: float, narrowings: int
) -> tuple[float, list[Attempt]]:
    """Return the highest rate that held, and all that was tried; 0.0 if none held.

    From `start` on the rate is doubled until one does not hold, or halved until one holds; then
    the gap between them is halved on a logarithmic scale, `narrowings` times.
    """
    tried = [attempt(start)]
    up = tried[0].held
    while len(tried) < MOST_STEPS and tried[-1].held == up:
        rate = tried[-1].rate * FACTOR if up else tried[-1].rate / FACTOR
        tried.append(attempt(rate))
    best = max((one.rate for one in tried if one.held), default=0.0)
    for _ in range(narrowings):
        worst = min((one.rate for one in tried if not one.held), default=math.inf)
        if not best or math.isinf(worst):
            break
        tried.append(attempt(math.sqrt(best * worst)))
        best = max(one.rate for one in tried if one.held)
    return best, tried
