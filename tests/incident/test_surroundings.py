import errno
from pathlib import Path

import pytest

from incident import surroundings
from incident.errors import DiskFull, IncidentError, ToolMissing, from_os_error


def test_the_tools_of_the_replay_are_installed() -> None:
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


def test_another_error_of_the_system_names_its_file() -> None:
    error = from_os_error(PermissionError(errno.EACCES, "Permission denied", "var/demo"))

    assert str(error) == "Permission denied at var/demo."


def test_a_folder_is_used_by_one_replay_at_a_time(tmp_path: Path) -> None:
    with (
        surroundings.sole_use(tmp_path / "demo"),
        pytest.raises(IncidentError, match="Another replay is recording"),
        surroundings.sole_use(tmp_path / "demo"),
    ):
        pass


def test_a_folder_is_free_again_afterwards(tmp_path: Path) -> None:
    with surroundings.sole_use(tmp_path):
        pass

    with surroundings.sole_use(tmp_path):
        pass
