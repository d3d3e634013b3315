"""Test that the folder that runs record to is in every checkout, and empty there."""

import shutil
import subprocess
from pathlib import Path

import pytest

from harness.project import PROJECT

TRACKED = ["var/.gitignore", "var/flags/.gitignore"]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Make a repository with the project's Makefile and rules, in which things were recorded."""
    for name in ("Makefile", ".gitignore", *TRACKED):
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        shutil.copyfile(PROJECT / name, tmp_path / name)
    for name in ("demo/report.json", "corpus-venv/.gitignore", "flags/flags.json", ".hidden"):
        (tmp_path / "var" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "var" / name).touch()
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    return tmp_path


def test_the_folders_are_tracked_and_what_is_recorded_is_not(checkout: Path) -> None:
    subprocess.run(["git", "add", "--all"], cwd=checkout, check=True)

    tracked = subprocess.run(
        ["git", "ls-files", "var"], cwd=checkout, capture_output=True, text=True, check=True
    ).stdout.split()

    assert tracked == TRACKED


def test_a_reset_removes_what_was_recorded_and_leaves_the_folders(checkout: Path) -> None:
    subprocess.run(["make", "--silent", "reset"], cwd=checkout, check=True)

    left = {str(one.relative_to(checkout)) for one in (checkout / "var").rglob("*")}
    assert left == {*TRACKED, "var/flags"}
