"""Write a replay down event by event, and read it back as the same story."""

from pathlib import Path

import pytest

from incident.errors import RecordError
from incident.story import events as ev
from incident.story.journal import FILE, Journal, read

LAUNCH = ev.PhaseBegun(
    at_s=1.0,
    name="launch",
    title="Launch",
    text="Everybody gets the page.",
    to_see="The plateau.",
    strategy="naive",
    audience_percent=100,
    workers=1,
    dataset="demo",
)
CAPACITY = ev.Capacity(
    at_s=5.0,
    strategy="naive",
    limit_ms=2000,
    rate=4.5,
    attempts=[
        ev.Attempt(rate=4.5, p95_ms=800, held=True),
        ev.Attempt(rate=9, p95_ms=3, held=False),
    ],
)


def test_a_story_reads_back_as_it_was_written(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        journal.write(LAUNCH)
        journal.write(ev.Switch(at_s=2.0, what="strategy", before="naive", now="core"))
        journal.write(CAPACITY)
        journal.write(ev.Ended(at_s=9.0, exit_code=0))

    story = read(tmp_path)

    assert story == journal.story
    assert story.strategy == "core"
    assert story.capacities == [CAPACITY]
    assert story.phases[0].ended_s == 9.0


def test_half_a_last_line_is_left_out(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        journal.write(LAUNCH)
    with (tmp_path / FILE).open("a") as file:
        file.write('{"kind": "switch", "at_s"')

    assert [one.begun for one in read(tmp_path).phases] == [LAUNCH]


def test_a_line_that_is_not_an_event_is_named(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('{"kind": "coffee"}\n{"kind": "note", "at_s": 1, "text": "x"}\n')

    with pytest.raises(RecordError, match=rf"{FILE}:1 is not an event"):
        read(tmp_path)


def test_a_folder_without_a_replay_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="holds no replay"):
        read(tmp_path)


def test_whoever_waits_is_woken_by_the_next_event(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        journal.write(LAUNCH)

        assert journal.wait(0, timeout_s=10) == 1
        assert journal.wait(1, timeout_s=0.01) == 1
