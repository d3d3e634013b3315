"""Compute what a story comes to: which way each ratio goes, and of which phase it is."""

from dataclasses import replace

import pytest

from incident.story import events as ev
from incident.story.outcome import checked, ratios, worst
from incident.story.story import Story, tell
from incident.story.timeline import timeline
from tests.incident.story.plausible import ACTS, events, story


def test_a_ratio_says_how_many_times_better_the_fix_is() -> None:
    found = {one.measure.name: one.spread for one in ratios(story())}

    assert found["statements"].mid == 512
    assert found["p50_ms"].mid == pytest.approx(12_400 / 14, rel=0.05)
    # More requests are better, fewer milliseconds are.
    assert found["requests_per_second"].mid == pytest.approx(10 / 2.1, rel=0.05)
    assert found["capacity_ratio"].mid == pytest.approx(160 / 2.4)


def test_repetitions_are_paired_by_their_number() -> None:
    found = {one.measure.name: one.spread for one in ratios(story())}["p50_ms"]

    assert found.count == 3
    assert found.low < found.mid < found.high


def test_a_repetition_without_its_pair_is_left_out() -> None:
    half = [
        one
        for one in events()
        if not (isinstance(one, ev.Repetition) and one.number == 3 and one.strategy == "core")
    ]

    assert {one.spread.count for one in ratios(tell(half))} == {2, 1}


def test_nothing_is_compared_before_the_replay_has_begun() -> None:
    assert ratios(Story()) == []
    assert checked(Story()) == []
    assert worst(Story()) is None


def test_the_incident_is_the_launch_or_else_the_slowest_phase_for_everybody() -> None:
    slow = [replace(one, p50_ms=30_000) if one.name == "hardware" else one for one in ACTS]
    without = [one for one in slow if one.name != "launch"]

    found = [worst(story(acts=acts)) for acts in (slow, without)]

    assert [one.begun.name for one in found if one is not None] == ["launch", "hardware"]


def test_a_prediction_is_held_against_the_phase_where_nothing_was_repeated() -> None:
    found = {
        (one.strategy, one.measure.name): one.measured
        for one in checked(tell(one for one in events() if not isinstance(one, ev.Repetition)))
    }

    assert found["selectin", "service_p95_ms"] == 1_240
    assert found["core", "service_p50_ms"] == 14
    assert found["selectin", "capacity_ratio"] is None


def test_the_timeline_is_in_the_order_of_time() -> None:
    told = timeline(story())

    assert [one.at_s for one in told] == sorted(one.at_s for one in told)
    assert [one.kind for one in told[:4]] == ["phase", "note", "phase", "switch"]
