"""Compare replays: they differ where it is by more than their repetitions spread."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from incident.errors import RecordError
from incident.story import events as ev
from incident.story.compare import Comparison, as_text, compare, exceeds
from incident.story.outcome import spread
from incident.story.story import Story, tell
from tests.incident.story.plausible import events, story


def slower(factor: float) -> Story:
    """Return the story with a fix whose p50 is slower by a factor."""
    return tell(
        replace(one, p50_ms=one.p50_ms * factor)
        if isinstance(one, ev.Repetition) and one.strategy == "core"
        else one
        for one in events()
    )


def verdicts(found: Comparison) -> dict[str, bool | None]:
    return {one.what: one.exceeds for one in found.differences}


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ([10, 11, 12], [20, 21, 22], True),
        ([10, 11, 12], [10, 11, 12], False),
        ([10, 11, 12], [12, 13, 14], False),  # they touch
        ([10, 11, 14], [14.5, 14.6, 14.7], False),  # apart, by less than the first spreads
        ([500, 500, 500], [501, 501, 501], True),  # what does not spread differs by one
        ([10], [20, 21, 22], None),
    ],
)
def test_a_difference_counts_if_it_is_more_than_the_spread(
    a: Sequence[float], b: Sequence[float], expected: bool | None
) -> None:
    assert exceeds(spread(a), spread(b)) is expected
    assert exceeds(spread(b), spread(a)) is expected


def test_a_replay_does_not_differ_from_itself() -> None:
    found = compare(story(), story())

    assert True not in verdicts(found).values()
    assert found.played_differently == []
    assert as_text(found).startswith("No difference exceeds its spread.")


def test_only_what_has_changed_differs() -> None:
    found = compare(story(), slower(2))

    assert [what for what, differs in verdicts(found).items() if differs] == ["core: p50"]
    first, second, *_ = as_text(found).splitlines()
    assert first == "Differences that exceed their spread"
    assert "core: p50" in second
    assert second.endswith("2.0x more")


def test_a_change_within_the_spread_is_told_as_such() -> None:
    found = compare(story(), slower(1.02))

    assert verdicts(found)["core: p50"] is False
    assert "+2.0 %" in as_text(found)


def test_one_statement_more_in_a_phase_differs() -> None:
    more = tell(
        replace(one, statements_per_request={"p50": 2.0, "max": 2.0})
        if isinstance(one, ev.Figures) and one.name == "fix"
        else one
        for one in events()
    )

    assert verdicts(compare(story(), more))["Fix: SQL statements per request"] is True


def test_what_was_measured_once_has_no_verdict() -> None:
    found = compare(story(), story())

    assert verdicts(found)["core: capacity, visitors/s"] is None
    assert "Measured once: no spread to judge by" in as_text(found)


def test_replays_that_were_not_played_alike_say_so() -> None:
    begun = events()[0]
    assert isinstance(begun, ev.Begun)
    other = replace(begun, dataset="prod", machine={**begun.machine, "cores": 8})

    found = compare(story(), tell([other, *events()[1:]]))

    assert found.played_differently == ["dataset: demo and prod", "cores: 2 and 8"]
    assert as_text(found).endswith("Not played alike: dataset: demo and prod and cores: 2 and 8.")


def test_replays_that_have_measured_nothing_cannot_be_compared() -> None:
    with pytest.raises(RecordError, match="measured nothing"):
        compare(story(0), story())
