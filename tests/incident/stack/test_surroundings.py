import errno
import os
from pathlib import Path

import pytest

from harness.errors import ToolMissing
from incident.errors import DiskFull, IncidentError, from_os_error
from incident.stack import surroundings

NOBODY = 65534


def test_the_tools_of_a_run_are_installed() -> None:
    surroundings.require_tools()


def test_a_package_without_its_project_says_so(tmp_path: Path) -> None:
    with pytest.raises(ToolMissing, match="needs a checkout of the project"):
        surroundings.require_files(tmp_path / "replay.py")


def test_too_little_space_is_an_error_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(DiskFull, match=r"Only 12 MB are free .* --var"):
        surroundings.require_space(12_000_000, tmp_path)


def test_enough_space_passes(tmp_path: Path) -> None:
    surroundings.require_space(surroundings.NEEDED_BYTES, tmp_path)


def test_a_full_disk_is_one_sentence() -> None:
    error = from_os_error(OSError(errno.ENOSPC, "No space left on device", "var/demo/x"))

    assert isinstance(error, DiskFull)
    assert str(error).startswith("The disk is full at var/demo/x: free some space")


def test_another_error_of_the_system_names_its_file(tmp_path: Path) -> None:
    error = from_os_error(PermissionError(errno.EACCES, "Permission denied", f"{tmp_path}/demo"))

    assert str(error) == f"Permission denied at {tmp_path}/demo."


@pytest.fixture
def somebody_elses(tmp_path: Path) -> Path:
    """Return a folder of another user, as an engine leaves it for a bind mount."""
    if os.geteuid() != 0:
        return Path("/usr")
    os.chown(tmp_path, NOBODY, -1)
    return tmp_path


def test_a_folder_of_another_user_is_told_with_the_way_to_take_it_back(
    somebody_elses: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(somebody_elses)

    error = from_os_error(PermissionError(errno.EACCES, "Permission denied", "demo/lock"))

    assert f"{somebody_elses} belongs to user {somebody_elses.stat().st_uid}" in str(error)
    assert f"`sudo chown -R {os.geteuid()} {somebody_elses}`" in str(error)


def test_nobody_is_told_to_take_a_folder_outside_of_this_one(somebody_elses: Path) -> None:
    denied = PermissionError(errno.EACCES, "Permission denied", str(somebody_elses / "demo"))

    error = from_os_error(denied)

    assert "chown" not in str(error)
    assert "--var FOLDER" in str(error)


def test_a_folder_is_used_by_one_run_at_a_time(tmp_path: Path) -> None:
    with (
        surroundings.sole_use(tmp_path / "demo"),
        pytest.raises(IncidentError, match="Another run records to"),
        surroundings.sole_use(tmp_path / "demo"),
    ):
        pass


def test_a_folder_is_free_again_afterwards(tmp_path: Path) -> None:
    with surroundings.sole_use(tmp_path):
        pass

    with surroundings.sole_use(tmp_path):
        pass
