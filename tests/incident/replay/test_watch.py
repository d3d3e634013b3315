"""Decide when the running service has switched, and write the live line."""

from collections.abc import Callable

import pytest

from incident.replay.load import Request
from incident.replay.measure import Window
from incident.replay.watch import has_switched, status

Make = Callable[..., Request]


@pytest.mark.parametrize(
    ("strategies", "switched"),
    [
        (["naive", "core", "core", "core"], True),
        (["core", "naive", "core", "core"], False),
        (["core", "core", "naive"], False),
        (["core", "core"], False),
        ([], False),
    ],
)
def test_a_service_has_switched_when_every_visitors_last_page_came_by_the_fix(
    story: Make, strategies: list[str], switched: bool
) -> None:
    requests = [story(at_s=number, strategy=one) for number, one in enumerate(strategies)]

    assert has_switched(requests, "core", 3) == switched


def test_pages_without_a_strategy_do_not_count_towards_a_switch(story: Make) -> None:
    veterinarians = story(name="/veterinarians", strategy=None)

    assert has_switched([*[story(strategy="core")] * 3, veterinarians], "core", 3)


def test_the_live_line_tells_requests_latency_and_statements(story: Make) -> None:
    requests = [story(at_s=1, ms=1500), story(at_s=2, ms=1500)]

    assert status(requests, Window(0, 30 * 10**9)) == "2 requests, p50 1.50 s, 2,000 SQL/min"
    assert status([], Window(0, 10**9)) == "0 requests, p50 no answer yet, 0 SQL/min"
