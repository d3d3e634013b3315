import shutil
import subprocess
from pathlib import Path

from harness.project import PROJECT, tool


def incident(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [tool("incident"), *arguments], capture_output=True, text=True, check=False, timeout=60
    )


def test_fix_switches_the_strategy(tmp_path: Path) -> None:
    flags_file = shutil.copy(PROJECT / "service" / "flags.json", tmp_path)

    done = incident("fix", "--strategy", "core", "--flags-file", flags_file)

    assert done.returncode == 0
    assert done.stdout == "Success Stories are read by core now, no longer by naive.\n"


def test_an_unknown_strategy_is_a_sentence_and_exit_code_2(tmp_path: Path) -> None:
    flags_file = shutil.copy(PROJECT / "service" / "flags.json", tmp_path)

    done = incident("fix", "--strategy", "fast", "--flags-file", flags_file)

    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("incident: ")
    assert "no strategy 'fast'" in done.stderr


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.touch()

    done = incident("demo", "--exit", "--var", f"{blocked}/below")

    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert str(blocked) in done.stderr


def test_help_shows_an_example() -> None:
    done = incident("demo", "--help")

    assert "Example:" in done.stdout
    assert "CLINIC_PORT" in done.stdout
