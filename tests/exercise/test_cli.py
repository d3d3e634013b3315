import subprocess
from pathlib import Path

import pytest

from exercise.places import Folder
from harness.project import tool
from tests.exercise.solutions import diagnosis


def exercise(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [tool("exercise"), *arguments], capture_output=True, text=True, check=False, timeout=60
    )


@pytest.fixture
def var(tmp_path: Path) -> Path:
    return tmp_path


def options(var: Path) -> list[str]:
    return [f"--var={var}", f"--answer={var / 'answer.py'}"]


@pytest.mark.parametrize("command", ["check", "hint"])
def test_without_an_exercise_the_way_to_one_is_said(command: str, var: Path) -> None:
    done = exercise(command, *options(var))

    assert done.returncode == 2
    assert "No exercise is set: start one with `make exercise`." in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["start", "--seed=0"], "0 is not in the range"),
        (["start", "--seed=x"], "'x' is not a valid integer"),
        (["start", "--lesson=nothing.py"], "There is no lesson 'nothing.py'"),
        (["start", "--control-port=70000"], "70000"),
    ],
)
def test_bad_usage_is_one_sentence(arguments: list[str], says: str, var: Path) -> None:
    done = exercise(*arguments, *options(var))

    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_hints_come_one_by_one_and_cost_more_each_time(var: Path) -> None:
    Folder(var / "exercise").begin(2, "")

    said = [exercise("hint", *options(var)).stdout for _ in range(4)]

    assert [text[:17] for text in said[:3]] == [
        "Hint 1 of 3 (-5):",
        "Hint 2 of 3 (-10)",
        "Hint 3 of 3 (-15)",
    ]
    assert said[3] == "All 3 hints are taken.\n"
    assert Folder(var / "exercise").state().hints == 3


def test_a_diagnosis_without_a_repair_is_graded_at_once(var: Path) -> None:
    Folder(var / "exercise").begin(2, "")
    (var / "answer.py").write_text(diagnosis("heron"), encoding="utf-8")

    done = exercise("check", *options(var))

    assert done.returncode == 1
    assert "NOT PASSED, 40 of 100 points." in done.stdout
    assert "The fault was" not in done.stdout


def test_an_answer_that_cannot_be_read_is_one_sentence(var: Path) -> None:
    Folder(var / "exercise").begin(2, "")
    (var / "answer.py").write_text("ROUTE = (\n", encoding="utf-8")

    done = exercise("check", *options(var))

    assert done.returncode == 2
    assert "answer.py:1: '(' was never closed." in done.stderr


def test_hints_of_another_exercise_are_not_taken_yet(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.begin(1, "")
    folder.keep(type(folder.state())(1, "", 2))

    assert folder.begin(1, "").hints == 2
    assert folder.begin(2, "").hints == 0
