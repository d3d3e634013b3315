import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from harness.errors import ChildDied, ToolMissing
from harness.processes import Child, Command, Processes
from harness.waiting import wait_until

POLITE = "import time; print('ready', flush=True); time.sleep(600)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + POLITE
PARENT = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {STUBBORN!r}]).wait()"


@pytest.fixture
def python(tmp_path: Path) -> Callable[..., Command]:
    """Make a command that runs a piece of Python."""

    def make(code: str, *, name: str = "child", **other: Any) -> Command:
        argv = [sys.executable, "-c", code]
        return Command(name=name, argv=argv, env=dict(os.environ), cwd=tmp_path, **other)

    return make


def wait_for_word(child: Child) -> None:
    wait_until(
        lambda: "ready" in child.log.read_text(encoding="utf-8"), what="a word", deadline_s=30
    )


def test_leaving_the_block_ends_every_process(
    tmp_path: Path, python: Callable[..., Command]
) -> None:
    with Processes(tmp_path) as processes:
        children = [processes.start(python(POLITE, name=name)) for name in ("one", "two")]

    assert [child.process.returncode for child in children] == [-signal.SIGTERM] * 2


def test_an_error_in_the_block_ends_them_as_well(
    tmp_path: Path, python: Callable[..., Command]
) -> None:
    with pytest.raises(ZeroDivisionError), Processes(tmp_path) as processes:
        child = processes.start(python(POLITE))
        raise ZeroDivisionError

    assert child.ended


def test_a_stubborn_process_is_killed_after_its_grace(
    tmp_path: Path, python: Callable[..., Command]
) -> None:
    with Processes(tmp_path) as processes:
        child = processes.start(python(STUBBORN, grace_s=0.1))
        wait_for_word(child)

    assert child.process.returncode == -signal.SIGKILL


def test_impatience_kills_at_once(tmp_path: Path, python: Callable[..., Command]) -> None:
    with Processes(tmp_path, impatient=lambda: True) as processes:
        child = processes.start(python(STUBBORN, grace_s=3600))
        wait_for_word(child)

    assert child.process.returncode == -signal.SIGKILL


def test_what_a_process_has_started_ends_with_it(
    tmp_path: Path, python: Callable[..., Command]
) -> None:
    with Processes(tmp_path) as processes:
        child = processes.start(python(PARENT))
        wait_for_word(child)
        [grandchild] = psutil.Process(child.pid).children()

    wait_until(lambda: not alive(grandchild), what="the grandchild's end", deadline_s=30)


def alive(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def test_a_process_does_not_share_the_terminals_group(
    tmp_path: Path, python: Callable[..., Command]
) -> None:
    with Processes(tmp_path) as processes:
        child = processes.start(python(POLITE))

        assert os.getpgid(child.pid) == child.pid


def test_an_early_death_is_told_with_the_end_of_the_log(
    tmp_path: Path, python: Callable[..., Command]
) -> None:
    with Processes(tmp_path) as processes:
        child = processes.start(python("raise SystemExit('no database')", name="service"))
        child.process.wait()

        with pytest.raises(ChildDied) as caught:
            processes.check()

    said = str(caught.value)
    assert said.startswith("service ended early, with exit code 1; ")
    assert said.endswith("  | no database")


def test_a_death_by_signal_is_told_by_its_name(
    tmp_path: Path, python: Callable[..., Command]
) -> None:
    with Processes(tmp_path) as processes:
        child = processes.start(python(POLITE))
        child.process.kill()
        child.process.wait()

        with pytest.raises(ChildDied, match="ended early, by SIGKILL"):
            processes.check()


def test_a_command_that_finishes_well_is_no_early_death(
    tmp_path: Path, python: Callable[..., Command]
) -> None:
    with Processes(tmp_path) as processes:
        child = processes.start(python("", ends_by_itself=True))

        processes.finish(child, lambda seconds: processes.check())

    assert child.process.returncode == 0


def test_a_service_that_ends_well_has_ended_early_all_the_same(
    tmp_path: Path, python: Callable[..., Command]
) -> None:
    with Processes(tmp_path) as processes:
        processes.start(python("")).process.wait()

        with pytest.raises(ChildDied, match="exit code 0"):
            processes.check()


def test_a_command_that_finishes_badly_is_an_error(
    tmp_path: Path, python: Callable[..., Command]
) -> None:
    with Processes(tmp_path) as processes:
        child = processes.start(python("raise SystemExit(3)", ends_by_itself=True))

        with pytest.raises(ChildDied, match="exit code 3"):
            processes.finish(child, time.sleep)


def test_a_missing_program_is_named(tmp_path: Path) -> None:
    command = Command(name="tool", argv=["/no/such/tool"], env={}, cwd=tmp_path)

    with Processes(tmp_path) as processes, pytest.raises(ToolMissing, match="/no/such/tool"):
        processes.start(command)
