from dataclasses import replace
from pathlib import Path

import pytest

from exercise import answers
from exercise.draw import DECOYS
from exercise.grade import diagnosis
from exercise.lesson import NAMES, all_lessons, load
from harness.project import PROJECT
from tests.exercise.solutions import DIAGNOSES, line_of

RIGHT = {
    name: answers.Answer(Path("answer.py"), DIAGNOSES[name][0], DIAGNOSES[name][1], line_of(name))
    for name in NAMES
}


@pytest.mark.parametrize("name", NAMES)
def test_a_right_diagnosis_is_right(name: str) -> None:
    marks = diagnosis.judge(RIGHT[name], load(name), "warning")

    assert [mark.right for mark in marks] == [True, True, True]


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_wrong_and_says_what_is_empty(name: str) -> None:
    marks = diagnosis.judge(answers.Answer(Path("answer.py")), load(name), "warning")

    assert [mark.says for mark in marks] == [
        "ROUTE is empty.",
        "STATEMENT is empty.",
        "LINE is empty.",
    ]


def test_a_diagnosis_of_one_lesson_is_not_that_of_another() -> None:
    right = {
        (name, lesson.name)
        for name in NAMES
        for lesson in all_lessons()
        if all(mark.right for mark in diagnosis.judge(RIGHT[name], lesson, "warning"))
    }

    assert right == {(name, name) for name in NAMES}


@pytest.mark.parametrize("decoy", DECOYS)
def test_who_names_the_decoy_is_told(decoy: str) -> None:
    [lesson] = [one for one in all_lessons() if one.name == "stork"]
    given = replace(RIGHT["stork"], route=f"GET {DECOYS[decoy]}")

    route, *_ = diagnosis.judge(given, lesson, decoy)

    assert not route.right
    assert route.says.endswith("it is the decoy.")


@pytest.mark.parametrize(
    "written",
    ["{}", "./{}", "/srv/app/{}", "{} in list_cats_seen_at"],
)
def test_a_line_is_taken_as_traces_and_editors_write_it(written: str) -> None:
    given = replace(RIGHT["heron"], line=written.format(line_of("heron")))

    assert diagnosis.judge(given, load("heron"), "warning")[2].right


@pytest.mark.parametrize(
    "written", ["service/clinic/db.py", "service/clinic/db.py:1", "b.py:104", "models.py:104"]
)
def test_a_line_elsewhere_is_wrong(written: str) -> None:
    given = replace(RIGHT["heron"], line=written)

    assert not diagnosis.judge(given, load("heron"), "warning")[2].right


@pytest.mark.parametrize("name", NAMES)
def test_every_place_of_a_lesson_is_there(name: str) -> None:
    lesson = load(name)

    assert all(place.lines() for place in lesson.places)
    assert all((PROJECT / place.file).is_file() for place in lesson.places)
