"""Search for the highest rate that holds."""

from collections.abc import Callable

import pytest

from incident.replay.capacity import MOST_STEPS, search
from incident.story.events import Attempt


def page(capacity: float) -> Callable[[float], Attempt]:
    return lambda rate: Attempt(rate=rate, p95_ms=10.0, held=rate <= capacity)


@pytest.mark.parametrize("start", [1, 4, 30, 500])
def test_the_search_comes_near_whatever_it_starts_from(start: float) -> None:
    best, tried = search(page(37), start=start, narrowings=4)

    assert 37 / 2 ** (1 / 16) - 0.01 <= best <= 37
    assert all(one.held == (one.rate <= 37) for one in tried)


def test_a_page_that_never_holds_has_no_capacity() -> None:
    best, tried = search(page(0), start=8, narrowings=2)

    assert best == 0.0
    assert len(tried) == MOST_STEPS
