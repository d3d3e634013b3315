"""Test that somebody is paged when visitors suffer, and not before."""

from collections.abc import Callable

from incident.replay.alert import LATENCY, STATEMENTS, firing
from incident.replay.load import Request

Make = Callable[..., Request]


def names(requests: list[Request], waiting: list[float] | None = None) -> list[str]:
    return [one.name for one in firing(requests, waiting or [])]


def test_slow_pages_and_many_statements_page_somebody(story: Make) -> None:
    assert names([story(ms=3000) for _ in range(20)]) == [LATENCY, STATEMENTS]


def test_a_canary_pages_nobody(story: Make) -> None:
    usual = [story(ms=10, statements=0, strategy=None) for _ in range(95)]

    assert names([*usual, *[story(ms=300) for _ in range(5)]]) == []


def test_who_waits_for_more_than_a_second_is_slow_already(story: Make) -> None:
    quick = [story(ms=10, statements=1) for _ in range(20)]

    assert names(quick, [5000.0] * 5) == [LATENCY]
    assert names(quick, [500.0] * 50) == []


def test_a_few_requests_tell_nothing(story: Make) -> None:
    assert names([story(ms=3000) for _ in range(3)]) == []
