"""Play on a clinic that somebody else has started, at its address."""

import http.server
import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from clinic.seed.datasets import DATASETS
from clinic.seed.generate import generate
from clinic.seed.load import store as store_rows
from harness.parts.start import Clinic, Tracestore, start_clinic
from harness.ports import unused_ports
from harness.processes import Processes
from harness.project import tool
from harness.waiting import wait_until
from incident.story.journal import read
from incident.story.story import Story

pytestmark = pytest.mark.commands
OPTIONS = ("--ui-port", "--otlp-port", "--control-port")


@pytest.fixture
def clinic(processes: Processes, own_store: Tracestore, tmp_path: Path) -> Clinic:
    """Start a clinic whose flags are in the replay's folder."""
    url = f"sqlite:///{tmp_path}/test.db"
    store_rows(url, generate(DATASETS["test"], seed=1))
    flags = tmp_path / "var" / "flags" / "flags.json"
    flags.parent.mkdir(parents=True)
    env = {"CLINIC_FLAGS_FILE": str(flags), "OTEL_EXPORTER_OTLP_ENDPOINT": own_store.otlp}
    return start_clinic(processes, tmp_path, url, env)


@pytest.fixture
def something_else() -> Iterator[str]:
    """Serve a page that is not the clinic's."""
    server = http.server.HTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def command(var: Path, target: str, *arguments: str) -> list[str]:
    ports = [f"{name}={port}" for name, port in zip(OPTIONS, unused_ports(3), strict=True)]
    options = ["--exit", f"--var={var}", f"--target={target}", "--pace=3s", *ports]
    return [tool("incident"), "replay", *options, *arguments]


def replay(var: Path, target: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(var, target, *arguments), capture_output=True, text=True, timeout=300, check=False
    )


def story_in(var: Path) -> Story:
    (folder,) = (var / "replay").glob("*/events.jsonl")
    return read(folder.parent)


def test_a_clinic_at_an_address_is_switched_by_its_flags_and_read_in_its_traces(
    clinic: Clinic, own_store: Tracestore, tmp_path: Path
) -> None:
    phases = "--phases=qa,launch,hardware,diagnosis,fix"

    done = replay(tmp_path / "var", clinic.url, f"--traces-url={own_store.ui}", phases)

    assert done.returncode in (0, 1), done.stderr
    story = story_in(tmp_path / "var")
    assert [one.name for one in story.skipped] == ["qa", "hardware"]
    figures = {one.begun.name: one.figures for one in story.phases if one.figures}
    assert figures["launch"].strategy == "naive"
    assert figures["fix"].statements_per_request["p50"] == 1
    assert figures["launch"].statements_per_request["p50"] > 1
    assert figures["launch"].service_cpu_percent_of_core is None
    assert story.findings
    assert story.begun is not None
    assert story.begun.dataset == "its own"
    assert story.telemetry is None
    assert {one.which for one in story.traces} == {"before", "after"}
    assert any("CPU is not measured" in one.text for one in story.notes)


def test_a_clinic_that_follows_no_flags_is_measured_as_it_is(
    clinic: Clinic, tmp_path: Path
) -> None:
    var = tmp_path / "other"

    done = replay(var, clinic.url, "--phases=canary,launch,fix,proof")

    assert done.returncode in (0, 1), done.stderr
    story = story_in(var)
    assert [one.name for one in story.skipped] == ["canary", "fix", "proof"]
    assert all("flags" in one.why or "audience" in one.why for one in story.skipped)
    (launch,) = [one.figures for one in story.phases if one.figures]
    assert launch.requests > 0
    assert any("Traces are not read" in one.text for one in story.notes)


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("http://127.0.0.1:1", "Nothing answers at http://127.0.0.1:1"),
        ("http://", "is not the address of a service"),
        ("http://127.0.0.1:1/page", "is not the address of a service"),
        ("kubernetes", "'kubernetes' is not a target: use local, compose, or an address"),
    ],
)
def test_an_address_without_a_clinic_is_a_sentence(
    target: str, sentence: str, tmp_path: Path
) -> None:
    done = replay(tmp_path, target, "--phases=launch")

    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wait_for_a_database_that_somebody_else_uses_is_refused(tmp_path: Path) -> None:
    done = replay(tmp_path, "http://127.0.0.1:1", "--db-latency=2ms")

    assert done.returncode == 2
    assert "start the one of --target=http://127.0.0.1:1 with CLINIC_DB_LATENCY_MS=2" in done.stderr


def test_what_is_not_a_clinic_is_told(something_else: str, tmp_path: Path) -> None:
    done = replay(tmp_path, something_else, "--phases=launch")

    assert done.returncode == 2
    assert f"What answers at {something_else} is not a clinic with data" in done.stderr


def test_a_clinic_that_dies_ends_the_replay_with_3_and_a_report(
    clinic: Clinic, tmp_path: Path
) -> None:
    var = tmp_path / "var"
    progress = tmp_path / "progress"
    with progress.open("w") as log:
        process = subprocess.Popen(
            command(var, clinic.url, "--phases=launch", "--pace=60s"), stderr=log
        )
    wait_until(
        lambda: "Watching" in progress.read_text(encoding="utf-8"), what="load", deadline_s=120
    )

    os.killpg(clinic.child.pid, signal.SIGKILL)

    assert process.wait(timeout=120) == 3
    said = progress.read_text(encoding="utf-8")
    assert f"The clinic at {clinic.url} has stopped to answer" in said
    report = next((var / "replay").glob("*/report.json"))
    assert json.loads(report.read_text(encoding="utf-8"))["phases"]
