"""Solve exercises as a learner could, and fail them in the ways that look like solutions."""

import multiprocessing
from collections.abc import Iterator

import pytest

from clinic.stories.names import STRATEGY_NAMES as STRATEGIES
from exercise.draw import draw
from exercise.grade.check import check
from exercise.grade.marks import Grade
from exercise.places import Folder
from tests.exercise.solutions import diagnosis, solution, wrong_repairs

pytestmark = pytest.mark.exercise
WRONG = list(wrong_repairs())


def graded(folder: Folder, seed: int, source: str, answer: str) -> Grade:
    folder.answer.write_text(answer, encoding="utf-8")
    folder.begin(seed, source)
    return check(folder)


@pytest.mark.parametrize("seed", range(1, 21))
def test_the_reference_solver_passes(seed: int, with_data: Folder) -> None:
    found = graded(with_data, seed, "", solution(draw(seed).lesson.name))

    assert found.passed, found.lines()
    assert found.points == 100


@pytest.mark.parametrize(
    ("lesson", "answer", "says"),
    [(lesson, answer, says) for lesson, _kind, answer, says in WRONG],
    ids=[f"{lesson}: {kind}" for lesson, kind, _answer, _says in WRONG],
)
def test_a_wrong_repair_fails_with_its_reason(
    lesson: str, answer: str, says: str, with_data: Folder
) -> None:
    found = graded(with_data, 7, lesson, diagnosis(lesson) + answer)

    assert not found.passed
    assert any(says in mark.says and not mark.right for mark in found.marks), found.lines()
    # What it names is right all the same.
    assert all(mark.right for mark in found.marks[:3])


def spin() -> None:
    while True:
        pass


@pytest.fixture
def busy_machine() -> Iterator[None]:
    """Keep one core busy."""
    process = multiprocessing.get_context("spawn").Process(target=spin, daemon=True)
    process.start()
    yield
    process.terminate()
    process.join()


def test_the_verdict_is_the_same_in_five_runs_under_load(
    busy_machine: None, with_data: Folder
) -> None:
    found = [graded(with_data, 1, "finch", solution("finch")) for _ in range(5)]

    assert [[mark.right for mark in one.marks] for one in found] == [[True] * 7] * 5


def test_half_a_repair_fails_in_five_runs_under_load(busy_machine: None, with_data: Folder) -> None:
    """Give a veterinarian's cats at once: fewer statements, and still more for more data."""
    drawn = draw(1, "heron")
    names = {real: herb for herb, real in drawn.neutral(STRATEGIES).items()}
    answer = diagnosis("heron") + f"STRATEGY = {names['batched']!r}"

    found = [graded(with_data, 1, "heron", answer) for _ in range(5)]

    assert [one.passed for one in found] == [False] * 5
    assert all("grows with the data" in " ".join(one.lines()) for one in found)
