"""Ask two clinics for the same pages under load, in turn, and compare how long they take."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from math import ceil

from harness.clients.clinic import ClinicClient

REQUESTS = 20
AT_ONCE = 4
ROUNDS = 2


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


def both_ms(before: str, after: str, method: str, paths: Sequence[str]) -> tuple[float, float]:
    """Return the p95 of both clinics: the better of a few rounds, which they take in turn.

    What disturbs a round disturbs one of the two alone; the better one was not disturbed.
    """
    rounds = [(p95_ms(before, method, paths), p95_ms(after, method, paths)) for _ in range(ROUNDS)]
    return min(b for b, _ in rounds), min(a for _, a in rounds)
