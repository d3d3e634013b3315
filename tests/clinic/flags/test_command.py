"""Test that `clinic flags` shows the flags, and changes what it is told to and nothing else."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from clinic.cli import main
from clinic.stories.strategies import STRATEGIES
from tests.clinic.flag_files import AUDIENCE, STRATEGY, document, with_strategy


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "flags.json"
    path.write_bytes(with_strategy("core"))
    path.chmod(0o640)
    return path


def run(path: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["flags", "--file", str(path), *arguments])


def test_flags_are_shown(path: Path) -> None:
    assert run(path).stdout == "strategy core\naudience 100%\n"


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_strategy_is_for_everybody(strategy: str, path: Path) -> None:
    targeted = document()
    targeted["flags"][STRATEGY] |= {
        "state": "DISABLED",
        "variants": {"launched": "naive", "core": "core"},
        "defaultVariant": "launched",
        "targeting": {"fractional": [["launched", 50], ["core", 50]]},
    }
    path.write_text(json.dumps(targeted))

    result = run(path, "--strategy", strategy)

    flag = json.loads(path.read_text())["flags"][STRATEGY]
    assert result.exit_code == 0
    assert flag["state"] == "ENABLED"
    assert flag["variants"][flag["defaultVariant"]] == strategy
    assert flag["variants"].items() >= {"launched": "naive", "core": "core"}.items()
    assert "targeting" not in flag
    assert run(path).stdout == f"strategy {strategy}\naudience 100%\n"


def test_both_flags_change_at_once_and_what_changed_is_shown(path: Path) -> None:
    result = run(path, "--strategy", "naive", "--audience", "5%")

    assert result.stdout == "strategy naive (was core)\naudience 5% (was 100%)\n"
    assert run(path).stdout == "strategy naive\naudience 5%\n"


def test_programs_are_told_as_json(path: Path) -> None:
    result = run(path, "--strategy", "naive", "--json")

    assert json.loads(result.stdout) == {
        "file": str(path),
        "strategy": "naive",
        "audience_percent": 100,
        "before": {"strategy": "core", "audience_percent": 100},
    }


def test_file_that_says_so_already_is_not_written(path: Path) -> None:
    before = path.stat()

    result = run(path, "--strategy", "core")

    assert result.stdout == "strategy core\naudience 100%\n"
    assert path.stat().st_ino == before.st_ino


def test_strategy_that_does_not_exist_changes_nothing(path: Path) -> None:
    before = path.read_bytes()

    result = run(path, "--audience=5", "--strategy=cora")

    assert result.exit_code == 2
    assert result.stderr.startswith("clinic: --strategy='cora' does not exist; choose one of n")
    assert result.stderr.count("\n") == 1
    assert path.read_bytes() == before


@pytest.mark.parametrize("arguments", [["--strategy=core"], ["--audience=5"], []])
@pytest.mark.parametrize("missing", [STRATEGY, AUDIENCE])
def test_file_that_lacks_a_flag_is_refused(missing: str, arguments: list[str], path: Path) -> None:
    lacking = document()
    del lacking["flags"][missing]
    path.write_text(json.dumps(lacking))

    result = run(path, *arguments)

    assert result.exit_code == 2
    assert f'$.flags: lacks the flag "{missing}"' in result.stderr
    assert json.loads(path.read_text()) == lacking


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
        ("many", "is not a percentage"),
        ("", "is not a percentage"),
        ("-1", "is not a share of the visitors"),
        ("100.1", "is not a share of the visitors"),
        ("NaN", "is not a share of the visitors"),
        ("Infinity", "is not a share of the visitors"),
        ("1e-9", "more than 4 decimals"),
    ],
)
def test_unusable_share_changes_nothing(percent: str, words: str, path: Path) -> None:
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


def test_a_switch_loads_neither_sqlalchemy_nor_flask() -> None:
    # It runs in the control page's container, which has little memory.
    code = "import sys, clinic.cli; print({'sqlalchemy', 'flask', 'numpy'} & set(sys.modules))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "set()"
