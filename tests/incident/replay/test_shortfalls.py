"""Say what a replay did not show, of each thing that it is to show."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from incident.replay import shortfalls
from incident.replay.engine import Played
from incident.replay.measure import Latency, Phase, SpanCounts, Spread
from incident.story import events as ev
from incident.story.story import Story, tell

Make = Callable[..., Phase]


@pytest.fixture
def played(phase: Make, core: Phase) -> Played:
    """Make a replay that showed everything."""
    counts = SpanCounts(50_000, 50_000, 0)
    return Played({"launch": phase(), "fix": core}, totals=counts)


def recovered(seconds: float | None, failed: int = 0) -> Story:
    return tell(
        [
            ev.Recovery(
                at_s=100,
                strategy="core",
                limit_ms=100,
                seconds=seconds,
                failed_requests=failed,
                restarted=False,
            )
        ]
    )


def said(played: Played, story: Story | None = None) -> list[str]:
    return list(shortfalls.of(story or recovered(1.9), played))


def test_a_replay_that_showed_everything_fell_short_of_nothing(played: Played) -> None:
    assert said(played) == []


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        ({"statements_per_request": Spread(44, 50)}, "took 44 statements"),
        ({"service_cpu_percent_of_core": 12}, "used 12 % of a core"),
        ({"failures": 3}, "3 requests of the launch failed"),
        ({"latency_ms": Latency(400, 500, 600)}, "Success Stories p50 was 400 ms"),
        ({"healthz_ms": Spread(20, 30)}, "/healthz p50 was 20 ms"),
        ({"sql_per_minute": 900}, "SQL statements a minute was 900"),
    ],
)
def test_each_thing_that_a_launch_is_to_show_is_missed(
    played: Played, phase: Make, other: dict[str, Any], sentence: str
) -> None:
    played.phases["launch"] = phase(**other)

    (told,) = said(played)

    assert sentence in told


def test_a_launch_too_short_for_its_queue_is_not_asked_for_latencies(
    played: Played, phase: Make
) -> None:
    played.phases["launch"] = phase(seconds=3.0, latency_ms=Latency(400, 500, 600))

    assert said(played) == []


def test_a_launch_without_an_answer_asks_for_more_time_and_for_nothing_else(
    played: Played, phase: Make
) -> None:
    played.phases["launch"] = phase(
        seconds=20.0, requests=8, statements_per_request=Spread(0, 0), sql_per_minute=6
    )

    (told,) = said(played)

    assert told.startswith("No Success Stories of the launch were answered")
    assert "20 s" in told and "--pace" in told


def test_a_fix_that_mends_nothing_or_too_late_is_told(played: Played, core: Phase) -> None:
    played.phases["fix"] = replace(core, statements_per_request=Spread(40, 60))

    told = said(played, recovered(None, failed=2))

    assert told == [
        "A page of the fix took 40 statements; a fix takes at most 3.",
        "After the fix p95 did not fall under 100 ms.",
        "2 requests failed after the switch to the fix.",
    ]


def test_spans_that_are_lost_or_counted_otherwise_are_told(played: Played) -> None:
    played.totals, played.disagreements = SpanCounts(50_000, 49_990, 7), 3

    assert said(played) == [
        "10 spans were lost, 7 of them dropped by the service.",
        "3 traces hold other numbers of DB spans than were counted.",
    ]
