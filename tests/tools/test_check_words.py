"""Test which docstrings and phrases `make lint` refuses."""

from pathlib import Path

import pytest

from tools.check_words import VERBS, faults


@pytest.mark.parametrize(
    "code",
    [
        '"""The settings."""\n',
        'def f():\n    """Returns one."""\n',
        'class A:\n    """What is found."""\n',
        'class A:\n    async def f(self):\n        """`1h` is 3600."""\n',
    ],
)
def test_a_docstring_without_a_verb_in_front_is_a_fault(tmp_path: Path, code: str) -> None:
    file = tmp_path / "a.py"
    file.write_text(code)

    assert "begin with a verb" in "".join(faults(file))


def test_a_docstring_that_begins_with_a_verb_is_not(tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text('"""Read, and judge."""\ndef f():\n    """Return: one."""\ndef g(): ...\n')

    assert list(faults(file)) == []


@pytest.mark.parametrize(
    "text",
    [
        "It stands beside the file.",
        "That is no file.",
        "an answer that is none.",
        "Retries are\n    # no repeats.",
        "databases of before",
        "so many of them",
    ],
)
def test_an_unusual_phrase_is_a_fault_with_its_line(tmp_path: Path, text: str) -> None:
    file = tmp_path / "a.md"
    file.write_text(f"# Title\n\n{text}\n")

    assert [fault.split(": ")[0] for fault in faults(file)] == [f"{file}:3"]


@pytest.mark.parametrize(
    "text",
    ["There is no file.", "where there\n# is none", "It is no longer read.", "if x is None:"],
)
def test_a_usual_phrase_is_not(tmp_path: Path, text: str) -> None:
    file = tmp_path / "a.md"
    file.write_text(text)

    assert list(faults(file)) == []


def test_the_verbs_are_sorted_and_there_once() -> None:
    listed = (Path(__file__).parents[2] / "tools" / "verbs.txt").read_text().split()

    assert listed == sorted(VERBS)
