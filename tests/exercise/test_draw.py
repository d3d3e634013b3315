from pathlib import Path

import pytest

from exercise.draw import DECOYS, draw
from exercise.errors import ExerciseError
from exercise.lesson import NAMES, all_lessons, load
from harness.project import PROJECT

SEEDS = range(1, 200)


def test_a_seed_draws_the_same_each_time() -> None:
    assert [draw(seed) for seed in SEEDS] == [draw(seed) for seed in SEEDS]


def test_who_names_what_a_seed_has_drawn_gets_the_same() -> None:
    assert [draw(seed, draw(seed).source) for seed in SEEDS] == [draw(seed) for seed in SEEDS]


def test_every_lesson_and_every_decoy_is_drawn() -> None:
    assert {draw(seed).lesson.name for seed in SEEDS} == set(NAMES)
    assert {draw(seed).decoy for seed in SEEDS} == set(DECOYS)


def test_no_decoy_is_on_the_page_of_the_fault() -> None:
    assert all(DECOYS[draw(seed).decoy] != draw(seed).lesson.route for seed in SEEDS)


def test_the_names_of_strategies_tell_nothing_from_seed_to_seed() -> None:
    assert len({draw(seed).herbs[0] for seed in SEEDS}) > 5


def test_three_hints_come_with_every_lesson_and_name_no_other() -> None:
    for lesson in all_lessons():
        told = " ".join((lesson.pager, lesson.wanted, *lesson.hints))
        assert len(set(lesson.hints)) == 3
        assert not any(name in told for name in NAMES)


def test_a_pager_does_not_name_the_route() -> None:
    assert not [one.name for one in all_lessons() if one.route in one.pager]


@pytest.mark.parametrize("name", NAMES)
def test_the_guide_for_instructors_lists_a_seed_of_every_lesson(name: str) -> None:
    guide = (PROJECT / "docs" / "exercise.md").read_text(encoding="utf-8")
    solutions = (PROJECT / "docs" / "solution.md").read_text(encoding="utf-8")
    first = next(seed for seed in SEEDS if draw(seed).lesson.name == name)
    row = next(line for line in guide.splitlines() if line.startswith(f"| {first} "))

    assert f"| {load(name).difficulty} |" in row
    assert load(name).title in solutions


def test_what_is_no_lesson_is_refused(tmp_path: Path) -> None:
    empty, broken = tmp_path / "empty.py", tmp_path / "broken.py"
    empty.write_text("x = 1\n")
    broken.write_text("1 / 0\n")

    with pytest.raises(ExerciseError, match="There is no lesson 'nothing'"):
        load("nothing")
    with pytest.raises(ExerciseError, match="defines no LESSON"):
        load(str(empty))
    with pytest.raises(ExerciseError, match="ZeroDivisionError"):
        load(str(broken))
