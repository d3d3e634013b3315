"""`clinic flags` shows the flags and changes the audience, and nothing else."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from clinic.cli import main
from tests.clinic.flag_files import AUDIENCE, document, with_strategy


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "flags.json"
    path.write_bytes(with_strategy("core"))
    path.chmod(0o640)
    return path


def run(path: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["flags", "--flags-file", str(path), *arguments])


def test_flags_are_shown(path: Path) -> None:
    assert run(path).stdout == "strategy core\naudience 100%\n"


@pytest.mark.parametrize(
    ("percent", "weights"),
    [
        ("5", [["on", 5], ["off", 95]]),
        ("5%", [["on", 5], ["off", 95]]),
        ("0.5 %", [["on", 5], ["off", 995]]),
        ("0.0001", [["on", 1], ["off", 999_999]]),
        ("0", [["on", 0], ["off", 100]]),
        ("100", [["on", 100], ["off", 0]]),
        ("1e1", [["on", 10], ["off", 90]]),
    ],
)
def test_audience_is_written_as_weights(percent: str, weights: object, path: Path) -> None:
    result = run(path, "--audience", percent)

    written = json.loads(path.read_text())
    assert result.exit_code == 0
    assert written["flags"][AUDIENCE]["targeting"] == {"fractional": weights}


def test_rest_of_the_file_stays(path: Path) -> None:
    whole = document()
    whole["flags"]["somebody-elses"] = {"state": "ENABLED"}
    path.write_text(json.dumps(whole))

    run(path, "--audience", "5")

    written = json.loads(path.read_text())
    del written["flags"][AUDIENCE], whole["flags"][AUDIENCE]
    assert written == whole
    assert path.stat().st_mode & 0o777 == 0o640
    assert [file.name for file in path.parent.iterdir()] == ["flags.json"]


@pytest.mark.parametrize(
    ("percent", "words"),
    [
        ("many", "is no percentage"),
        ("", "is no percentage"),
        ("-1", "is no share of the visitors"),
        ("100.1", "is no share of the visitors"),
        ("NaN", "is no share of the visitors"),
        ("Infinity", "is no share of the visitors"),
        ("1e-9", "more than 4 decimals"),
    ],
)
def test_share_that_is_none_changes_nothing(percent: str, words: str, path: Path) -> None:
    before = path.read_bytes()

    result = run(path, f"--audience={percent}")

    assert result.exit_code == 2
    assert words in result.stderr
    assert path.read_bytes() == before


def test_broken_file_is_named_and_left_alone(path: Path) -> None:
    path.write_text("{")

    result = run(path, "--audience", "5")

    assert result.exit_code == 2
    assert f"clinic: {path}: line 1 column 2: " in result.stderr
    assert path.read_text() == "{"


def test_missing_file_is_named(tmp_path: Path) -> None:
    result = run(tmp_path / "none.json")

    assert result.exit_code == 2
    assert "it cannot be read: No such file" in result.stderr
