"""Choose phases, and read how long they last."""

import pytest

from incident.errors import IncidentError
from incident.replay.phases import NAMES, choose
from incident.replay.plan import Plan, parse_latency, parse_time


def test_no_phase_named_is_all_of_them() -> None:
    assert tuple(phase.name for phase in choose("")) == NAMES


def test_phases_are_played_in_the_order_that_is_named() -> None:
    assert [phase.name for phase in choose(" fix, launch")] == ["fix", "launch"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("launch,lunch", "'lunch' is not a phase; there are qa,"),
        ("fix,fix", "'fix' is there twice"),
    ],
)
def test_a_phase_that_cannot_be_played_is_named(text: str, message: str) -> None:
    with pytest.raises(IncidentError, match=message):
        choose(text)


@pytest.mark.parametrize(
    ("text", "seconds"), [("20s", 20), ("1m", 60), ("2", 2), ("1500ms", 1.5), ("2.5 s", 2.5)]
)
def test_a_time_has_a_unit_or_is_in_seconds(text: str, seconds: float) -> None:
    assert parse_time(text, "--pace") == seconds


@pytest.mark.parametrize("text", ["", "fast", "0s", "2h", "-3s", "61m", "500ms"])
def test_what_is_not_a_time_is_named(text: str) -> None:
    with pytest.raises(IncidentError, match=f"--pace='{text}' is not a time"):
        parse_time(text, "--pace")


@pytest.mark.parametrize(("text", "wait_ms"), [("2ms", 2), ("0", 0), ("0.5 ms", 0.5), ("1s", 1000)])
def test_a_latency_has_a_unit_or_is_in_milliseconds(text: str, wait_ms: float) -> None:
    assert parse_latency(text) == wait_ms


@pytest.mark.parametrize("text", ["", "slow", "-2ms", "2s", "2m"])
def test_what_is_not_a_latency_is_named(text: str) -> None:
    with pytest.raises(IncidentError, match=f"--db-latency='{text}' is not a time"):
        parse_latency(text)


def test_every_strategy_is_tried_before_any_load_and_the_first_phases_stays() -> None:
    plan = Plan(phases=choose("qa,half,fix"), before="lazy")

    assert plan.strategies == ("selectin", "core", "lazy")
    assert Plan(phases=choose("launch,proof")).strategies == ("core", "naive")


def test_a_phase_lasts_as_long_as_its_part_of_the_pace_or_as_is_said() -> None:
    plan = Plan(phases=choose("qa,launch"), pace_s=10, seconds={"launch": 35})

    assert [plan.length_s(phase) for phase in plan.phases] == [4, 35]
