"""Ask two clinics for the same pages under load, in turn, and compare how long they take."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from math import ceil, inf

from harness.clients.clinic import ClinicClient

REQUESTS = 20
AT_ONCE = 4
MOST_ROUNDS = 5


def p95_ms(address: str, method: str, paths: Sequence[str]) -> float:
    """Return the 95th percentile of the answers' times, in milliseconds, with AT_ONCE asking."""
    with (
        ClinicClient(address, connections=AT_ONCE) as client,
        ThreadPoolExecutor(AT_ONCE) as visitors,
    ):
        asked = islice(cycle(paths), REQUESTS)
        pages = list(visitors.map(lambda path: client.send(method, path), asked))
    times = sorted(page.elapsed_ms for page in pages)
    return times[ceil(0.95 * len(times)) - 1]


def both_ms(
    before: str,
    after: str,
    method: str,
    paths: Sequence[str],
    *,
    fine: Callable[[float, float], bool],
    rounds: int = 1,
) -> tuple[float, float]:
    """Return the p95 of both clinics: the best of some rounds, which they take in turn.

    What disturbs a round makes it slower and never quicker: of more rounds the best comes nearer to
    what a clinic needs by itself. So there are more of them, up to MOST_ROUNDS, until the two are
    `fine`; a difference that is the clinics' own stays. rounds: the fewest.
    """
    best = (inf, inf)
    for number in range(1, MOST_ROUNDS + 1):
        measured = (p95_ms(before, method, paths), p95_ms(after, method, paths))
        best = (min(best[0], measured[0]), min(best[1], measured[1]))
        if number >= rounds and fine(*best):
            break
    return best
