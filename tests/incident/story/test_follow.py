"""Test that a replay of another process is followed line by line, as it is written."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from harness.waiting import wait_until
from incident.errors import RecordError
from incident.story import events as ev
from incident.story.follow import Followed, follow
from incident.story.journal import FILE, Journal

NOTE = ev.Note(at_s=1.0, text="noted")


def test_what_comes_later_is_taken_in(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        journal.write(NOTE)
        with follow(tmp_path) as followed:
            journal.write(replace(NOTE, text="later"))
            wait_until(lambda: len(followed.story.notes) == 2, what="the note", deadline_s=20)

            assert followed.copy() == journal.copy()


def test_a_replay_goes_on_while_its_process_writes(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        journal.write(NOTE)
        followed = Followed(tmp_path)
        followed.look()
        followed.look()

        assert followed.story.ended is None


def test_a_replay_that_was_killed_has_an_end_that_says_so(tmp_path: Path) -> None:
    program = (
        "import os, sys, pathlib\n"
        "from incident.story.events import Note\n"
        "from incident.story.journal import Journal\n"
        "with Journal(pathlib.Path(sys.argv[1])) as journal:\n"
        "    journal.write(Note(at_s=1.0, text='noted'))\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False)
    followed = Followed(tmp_path)

    followed.look()

    assert done.returncode == -9
    assert followed.story.notes == [NOTE]
    assert followed.story.ended is not None
    assert "its record stops" in followed.story.ended.why


def test_half_a_line_is_taken_in_once_it_is_whole(tmp_path: Path) -> None:
    line = ev.to_json(NOTE) + "\n"
    (tmp_path / FILE).write_text(line + line[:10])
    followed = Followed(tmp_path)

    followed.look()
    before = len(followed.story.notes)
    with (tmp_path / FILE).open("a") as file:
        file.write(line[10:])
    followed.look()
    followed.look()

    assert (before, len(followed.story.notes)) == (1, 2)


def test_a_replay_that_begins_in_the_same_folder_begins_the_story_anew(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        journal.write(NOTE)
        journal.write(NOTE)
    followed = Followed(tmp_path)
    followed.look()
    count, run = followed.count, followed.run

    with Journal(tmp_path) as journal:
        journal.write(replace(NOTE, text="again"))
    followed.look()

    assert [note.text for note in followed.story.notes] == ["again"]
    assert followed.run == run + 1
    assert followed.count > count


def test_a_folder_that_is_removed_leaves_what_was_seen(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        journal.write(NOTE)
    followed = Followed(tmp_path)
    followed.look()

    (tmp_path / FILE).unlink()
    followed.look()

    assert followed.story.notes == [NOTE]


def test_a_line_that_is_not_an_event_ends_the_story_and_says_where(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        journal.write(NOTE)
    with follow(tmp_path) as followed:
        with (tmp_path / FILE).open("a") as file:
            file.write('{"kind": "coffee"}\n')
        wait_until(lambda: followed.stopped, what="the end", deadline_s=20)

    assert f"{FILE}:2 is not an event" in followed.stopped
    assert followed.story.notes == [NOTE]


def test_a_folder_without_a_replay_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="holds no replay"), follow(tmp_path):
        pass


def test_a_copy_stays_as_it_is(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        journal.write(NOTE)
        count, copy = journal.copy()

        journal.write(NOTE)

    assert (count, copy.notes) == (1, [NOTE])
    assert journal.story.notes == [NOTE, NOTE]
