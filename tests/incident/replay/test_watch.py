"""Decide when the running service has switched."""

from collections.abc import Callable

import pytest

from incident.replay.load import Request
from incident.replay.watch import has_switched

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


def test_a_coming_soon_page_does_not_count_towards_a_switch(story: Make) -> None:
    requests = [story(strategy=one) for one in ("naive", "core", None, "core", None)]

    assert has_switched(requests, "core", 2)
    assert not has_switched(requests, "core", 3)
