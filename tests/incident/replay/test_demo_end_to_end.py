"""Run a small replay: the whole incident in seconds, and its end by a signal."""

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest

from harness.ports import unused_ports
from harness.project import tool
from harness.waiting import wait_until

pytestmark = pytest.mark.commands


@dataclass(slots=True)
class Replay:
    """Hold a replay on free ports, and every process that was seen below it."""

    process: subprocess.Popen[str]
    progress: Path
    seen: set[psutil.Process] = field(default_factory=set)

    def has_said(self, text: str) -> bool:
        self.look()
        if self.process.poll() is not None:
            raise AssertionError(f"it has ended: {self.progress.read_text(encoding='utf-8')}")
        return text in self.progress.read_text(encoding="utf-8")

    def look(self) -> None:
        if self.process.poll() is None:
            self.seen |= set(psutil.Process(self.process.pid).children(recursive=True))

    def wait(self) -> int:
        def ended() -> bool:
            self.look()
            return self.process.poll() is not None

        wait_until(ended, what="the replay's end", deadline_s=120, every_s=0.5)
        return int(self.process.returncode)

    def survivors(self) -> list[psutil.Process]:
        return [one for one in self.seen if lives(one)]


def lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture(scope="module")
def var(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder for both replays; the second finds the clinics of the first."""
    return tmp_path_factory.mktemp("var")


@pytest.fixture
def start(var: Path, tmp_path: Path) -> Iterator[Callable[..., Replay]]:
    started: list[Replay] = []

    def run(*arguments: str, env: Mapping[str, str] = os.environ) -> Replay:
        clinic, ui, otlp = unused_ports(3)
        progress = tmp_path / "progress"
        with progress.open("w") as err, (tmp_path / "result").open("w") as out:
            process = subprocess.Popen(
                [
                    tool("incident"),
                    "demo",
                    "--users=3",
                    "--before-seconds=5",
                    "--after-seconds=3",
                    f"--clinic-port={clinic}",
                    f"--ui-port={ui}",
                    f"--otlp-port={otlp}",
                    f"--var={var}",
                    *arguments,
                ],
                stdout=out,
                stderr=err,
                text=True,
                env=env,
            )
        started.append(Replay(process, progress))
        return started[-1]

    yield run

    for replay in started:
        if replay.process.poll() is None:
            replay.process.terminate()
            replay.process.wait(timeout=60)


def test_the_incident_and_its_fix_are_seen_and_nothing_is_left_running(
    start: Callable[..., Replay], var: Path, tmp_path: Path
) -> None:
    replay = start("--exit")

    exit_code = replay.wait()

    said = replay.progress.read_text(encoding="utf-8")
    assert exit_code == 0, said
    assert replay.survivors() == []
    naive, core = read_phases(var)
    assert naive["db_spans_per_trace"]["p50"] >= 200
    assert naive["db_spans_per_trace"] == naive["statements_per_request"]
    assert core["db_spans_per_trace"]["p50"] <= 3
    for phase in (naive, core):
        assert phase["failures"] == 0
        assert phase["spans"]["created"] == phase["spans"]["stored"] > 0
        assert phase["spans"]["dropped"] == 0
    result = (tmp_path / "result").read_text(encoding="utf-8")
    assert naive["slowest_trace_id"] in result
    assert core["slowest_trace_id"] in result
    assert "n_plus_one   GET /success-stories   (cat-clinic)" in result
    assert "\x1b" not in result + said


def read_phases(var: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    report = json.loads((var / "demo" / "report.json").read_text(encoding="utf-8"))
    naive, core = report["phases"]
    return naive, core


def test_ctrl_c_in_the_middle_leaves_nothing_running(
    start: Callable[..., Replay], var: Path
) -> None:
    replay = start("--before-seconds=600")
    wait_until(lambda: replay.has_said("Watching naive"), what="load", deadline_s=60)

    replay.process.send_signal(signal.SIGINT)

    assert replay.wait() == 130
    assert len(replay.seen) >= 4
    assert replay.survivors() == []
    assert '"defaultVariant": "naive"' in (var / "flags" / "flags.json").read_text()
