"""Play the morning on real parts: to its end, and with what comes in between."""

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from harness.ports import unused_ports
from harness.project import tool
from harness.waiting import wait_until
from incident.story import events as ev
from incident.story.journal import read
from incident.story.story import Story

pytestmark = pytest.mark.commands
OPTIONS = ("--clinic-port", "--ui-port", "--otlp-port", "--control-port")


class Replay:
    """Hold a replay on free ports, which records to a folder."""

    def __init__(self, var: Path, progress: Path, *arguments: str) -> None:
        self.var, self.progress = var, progress
        self.ports = unused_ports(4)
        options = [f"{name}={port}" for name, port in zip(OPTIONS, self.ports, strict=True)]
        with progress.open("w") as log:
            self.process = subprocess.Popen(
                [tool("incident"), "replay", "--exit", f"--var={var}", *options, *arguments],
                stdout=log,
                stderr=log,
            )

    def said(self) -> str:
        return self.progress.read_text(encoding="utf-8")

    def wait_for(self, text: str) -> None:
        def told() -> bool:
            assert self.process.poll() is None, self.said()
            return text in self.said()

        wait_until(told, what=text, deadline_s=60)

    def wait(self) -> int:
        return self.process.wait(timeout=400)

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def story(self) -> Story:
        (folder,) = (self.var / "replay").glob("*/events.jsonl")
        return read(folder.parent)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Replay]]:
    started: list[Replay] = []

    def run(*arguments: str) -> Replay:
        started.append(Replay(tmp_path / "var", tmp_path / f"log{len(started)}", *arguments))
        return started[-1]

    yield run

    for replay in started:
        if replay.process.poll() is None:
            replay.process.terminate()
            replay.process.wait(timeout=60)


def test_the_story_is_told_to_its_end(start: Callable[..., Replay], tmp_path: Path) -> None:
    phases = "qa,canary,launch,diagnosis,half,fix"
    replay = start("--pace=8s", "--rate=6", f"--phases={phases}", "--seed=4")
    replay.wait_for("Launch")
    page = requests.get(f"http://127.0.0.1:{replay.ports[3]}/", timeout=10).text

    assert replay.wait() in (0, 1), replay.said()

    assert "Launch" in page
    story = replay.story()
    assert story.begun is not None
    assert story.telemetry is not None
    assert [one.begun.name for one in story.phases] == story.begun.phases
    figures = {one.begun.name: one.figures for one in story.phases if one.figures}
    naive, core = figures["launch"], figures["fix"]
    assert naive.statements_per_request["p50"] >= 200
    assert core.statements_per_request["p50"] == 1
    assert naive.db_spans_per_trace["p50"] >= 200
    assert naive.failures == core.failures == 0
    assert {one.what for one in story.switches} == {"audience", "strategy"}
    qa, diagnosis = story.findings
    assert (qa.phase, diagnosis.phase) == ("qa", "diagnosis")
    assert qa.repeats < 100 < diagnosis.repeats
    assert "get_cat" in diagnosis.line
    assert "list_cats_seen_at" in diagnosis.loop
    assert any(marked for _, _, marked in diagnosis.code)
    assert {one.strategy for one in story.predictions} == {"selectin", "core"}
    assert {one.which for one in story.traces} == {"before", "after"}
    assert story.telemetry.created == story.telemetry.stored > 0
    report = next((tmp_path / "var" / "replay").glob("*/report.html"))
    assert "list_cats_seen_at" in report.read_text(encoding="utf-8")
    assert flags(tmp_path)["success-stories-strategy"]["defaultVariant"] == "naive"


def test_one_seed_sends_the_same_statements_in_every_run(
    start: Callable[..., Replay], tmp_path: Path
) -> None:
    reports = []
    for _ in range(2):
        replay = start("--pace=5s", "--phases=qa,canary,launch,fix", "--seed=7")
        assert replay.wait() in (0, 1), replay.said()
        latest = max((tmp_path / "var" / "replay").glob("*/report.json"))
        reports.append(json.loads(latest.read_text(encoding="utf-8")))

    first, second = map(statements_by_phase, reports)

    assert set(first) == {"qa", "canary", "launch", "fix"}
    assert first == second


def test_a_slow_network_to_the_database_is_in_every_page(start: Callable[..., Replay]) -> None:
    replay = start("--phases=fix", "--pace=3s", "--db-latency=50ms")

    assert replay.wait() in (0, 1), replay.said()

    story = replay.story()
    assert story.begun is not None
    assert story.begun.db_latency_ms == 50
    (fix,) = story.phases
    assert fix.figures is not None
    assert fix.figures.latency_ms["p50"] >= 50 * fix.figures.statements_per_request["p50"] > 0


def test_ctrl_c_puts_the_flags_back_and_leaves_a_report(
    start: Callable[..., Replay], tmp_path: Path
) -> None:
    replay = start("--pace=60s", "--phases=fix,launch")
    replay.wait_for("Watching core")
    children = replay.children()

    replay.process.send_signal(signal.SIGINT)

    assert replay.wait() == 130
    assert not [one for one in children if one.is_running()]
    ended = replay.story().ended
    assert ended is not None
    assert ended == ev.Ended(at_s=ended.at_s, exit_code=130, why="Stopped by SIGINT.")
    assert next((tmp_path / "var" / "replay").glob("*/report.html")).stat().st_size
    assert flags(tmp_path)["success-stories-strategy"]["defaultVariant"] == "naive"


def test_a_service_that_dies_ends_the_replay_with_3_and_a_report(
    start: Callable[..., Replay], tmp_path: Path
) -> None:
    replay = start("--pace=60s", "--phases=launch")
    replay.wait_for("Watching naive")
    (service,) = [one for one in replay.children() if "gunicorn" in " ".join(one.cmdline())][:1]

    os.kill(service.pid, signal.SIGKILL)

    assert replay.wait() == 3
    assert "service ended early, by SIGKILL" in replay.said()
    assert "report.html" in replay.said()
    assert next((tmp_path / "var" / "replay").glob("*/report.json")).stat().st_size


def test_a_second_replay_is_refused(start: Callable[..., Replay]) -> None:
    first = start("--pace=60s", "--phases=launch")
    first.wait_for("Watching naive")

    second = start("--phases=launch")

    assert second.wait() == 2
    assert "Another run records to" in second.said()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--phases=lunch",), "'lunch' is not a phase"),
        (("--pace=soon",), "--pace='soon' is not a time"),
        (("--fix=fast", "--phases=launch,fix"), "--strategy='fast' does not exist"),
    ],
)
def test_what_cannot_be_played_is_a_sentence(
    start: Callable[..., Replay], arguments: tuple[str, ...], sentence: str
) -> None:
    replay = start(*arguments)

    assert replay.wait() == 2
    assert sentence in replay.said()
    assert "Traceback" not in replay.said()


def statements_by_phase(report: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what a request of each phase sends: in all, and at each clinic."""
    return {
        phase["begun"]["name"]: {
            name: phase["figures"][name]
            for name in ("statements_per_request", "statements_by_clinic")
        }
        for phase in report["phases"]
    }


def flags(folder: Path) -> dict[str, dict[str, object]]:
    document = json.loads((folder / "var" / "flags" / "flags.json").read_text(encoding="utf-8"))
    found: dict[str, dict[str, object]] = document["flags"]
    return found
