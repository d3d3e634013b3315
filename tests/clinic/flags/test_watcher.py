"""Test that the last good flags stay in force, whatever happens to the file."""

import logging
import os
from pathlib import Path

import pytest

from clinic.flags.file import Flags, strategy_in_force
from clinic.flags.strict_json import MAX_BYTES, FlagFileError
from clinic.flags.watcher import FlagFileWatcher, read
from clinic.stories.strategies import STRATEGIES
from tests.clinic.flag_files import put, with_audience, with_strategy

IN_FORCE = "stay in force"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "flags.json"
    path.write_bytes(with_strategy("naive"))
    return path


@pytest.fixture
def taken() -> list[Flags]:
    return []


@pytest.fixture
def watcher(path: Path, taken: list[Flags]) -> FlagFileWatcher:
    """Make a watcher without its thread, which has seen the file once."""
    watcher = FlagFileWatcher(path, STRATEGIES, taken.append)
    watcher.look()
    return watcher


def test_change_is_taken_and_said_once(
    path: Path, watcher: FlagFileWatcher, taken: list[Flags], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    put(path, with_strategy("core"))

    for _ in range(3):
        watcher.look()

    assert [strategy_in_force(flags) for flags in taken] == ["naive", "core"]
    assert caplog.messages == [f"flags: {path}: strategy core, audience 100 %"]


def test_broken_file_is_one_line_and_changes_nothing(
    path: Path, watcher: FlagFileWatcher, taken: list[Flags], caplog: pytest.LogCaptureFixture
) -> None:
    path.write_text('{"flags": {}')

    for _ in range(3):
        watcher.look()

    assert len(taken) == 1
    assert len(caplog.messages) == 1
    assert f"{path}: line 1 column 13: " in caplog.messages[0]
    assert caplog.messages[0].endswith("the last good flags stay in force")


def test_every_change_of_a_broken_file_is_a_line(
    path: Path, watcher: FlagFileWatcher, taken: list[Flags], caplog: pytest.LogCaptureFixture
) -> None:
    for data in (b"", b"{", with_audience([]), b"{}"):
        path.write_bytes(data)
        watcher.look()

    assert len(taken) == 1
    assert [IN_FORCE in message for message in caplog.messages] == [True] * 4


def test_older_file_is_taken(path: Path, watcher: FlagFileWatcher, taken: list[Flags]) -> None:
    put(path, with_strategy("core"))
    os.utime(path, (0, 0))

    watcher.look()

    assert strategy_in_force(taken[-1]) == "core"


def test_change_that_keeps_size_and_date_is_taken(
    path: Path, watcher: FlagFileWatcher, taken: list[Flags]
) -> None:
    path.write_bytes(with_strategy("core"))
    watcher.look()
    before = path.stat()

    path.write_bytes(with_strategy("lazy"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    watcher.look()

    assert strategy_in_force(taken[-1]) == "lazy"


def test_deleted_file_is_one_line_and_picked_up_when_it_is_back(
    path: Path, watcher: FlagFileWatcher, taken: list[Flags], caplog: pytest.LogCaptureFixture
) -> None:
    path.unlink()
    for _ in range(3):
        watcher.look()
    put(path, with_strategy("core"))
    watcher.look()

    warnings = [record.message for record in caplog.records if record.levelname == "WARNING"]
    assert len(warnings) == 1
    assert "it cannot be read: No such file or directory; the last" in warnings[0]
    assert strategy_in_force(taken[-1]) == "core"


def test_same_flags_back_again_are_taken_again(
    path: Path, watcher: FlagFileWatcher, taken: list[Flags]
) -> None:
    good = path.read_bytes()
    for data in (b"broken", good):
        path.write_bytes(data)
        watcher.look()

    assert [strategy_in_force(flags) for flags in taken] == ["naive", "naive"]


def test_directory_is_no_flag_file(tmp_path: Path) -> None:
    with pytest.raises(FlagFileError, match="it cannot be read: Is a directory"):
        read(tmp_path)


def test_named_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    with pytest.raises(FlagFileError, match="not a regular file"):
        read(pipe)


def test_path_through_a_file_cannot_be_read(path: Path) -> None:
    with pytest.raises(FlagFileError, match="it cannot be read: Not a directory"):
        read(path / "flags.json")


def test_huge_file_is_read_no_further_than_its_limit(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(MAX_BYTES * 1000)

    assert len(read(path)) == MAX_BYTES + 1


def test_start_with_a_broken_file_takes_nothing(path: Path, taken: list[Flags]) -> None:
    path.write_text("{")

    with pytest.raises(FlagFileError, match="line 1 column 2"):
        FlagFileWatcher(path, STRATEGIES, taken.append).start()

    assert taken == []
