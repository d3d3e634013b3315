"""Open the traces of a run that has ended, and find the last run."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from harness.clients.http import answers
from harness.clients.otlp import send_spans
from harness.parts.start import start_tracestore
from harness.processes import Processes
from harness.project import tool
from harness.waiting import wait_until
from incident.errors import IncidentError
from incident.stack import surroundings
from incident.stack.kept import latest
from incident.stack.places import Folder
from tests.tracestore.samples import TRACE, request, span


def ran(folder: Path, *, seconds_ago: float) -> Path:
    """Make the folder of a run that has ended some time ago."""
    folder.mkdir(parents=True)
    (folder / "traces.db").touch()
    (folder / "events.jsonl").touch()
    os.utime(folder / "events.jsonl", (time.time() - seconds_ago,) * 2)
    return folder


def test_the_last_run_is_a_demo_or_a_replay_and_never_a_reconciliation(tmp_path: Path) -> None:
    ran(tmp_path / "demo", seconds_ago=60)
    replay = ran(tmp_path / "replay" / "2026-11-26T02-00-00", seconds_ago=30)
    ran(tmp_path / "reconcile", seconds_ago=1)

    assert latest(tmp_path) == replay


def test_no_run_yet_is_a_sentence_that_says_what_makes_one(tmp_path: Path) -> None:
    with pytest.raises(IncidentError, match=r"No run has stored traces.*`make demo` does"):
        latest(tmp_path)


def test_traces_of_a_demo_are_served_again_with_its_links_until_ctrl_c(
    processes: Processes, tmp_path: Path, free_port: int
) -> None:
    demo = ran(tmp_path / "demo", seconds_ago=1)
    store = start_tracestore(processes, demo / "traces.db")
    send_spans(store.otlp, request([span()]).SerializeToString())
    processes.stop(store.child)
    phases = [{"slowest_trace_id": TRACE.hex()}, {"slowest_trace_id": "f" * 32}]
    (demo / "report.json").write_text(json.dumps({"phases": phases}))
    url = f"http://127.0.0.1:{free_port}"

    child = subprocess.Popen(
        [tool("incident"), "traces", f"--var={tmp_path}", f"--ui-port={free_port}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        wait_until(answers(f"{url}/trace/{TRACE.hex()}"), what="the trace", deadline_s=30)
    finally:
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=30)

    assert child.returncode == 0, err
    # The report's other trace is not among those that are stored.
    assert out == f"traces          {url}\nslowest before  {url}/trace/{TRACE.hex()}\n"
    assert "Traceback" not in err


def test_traces_that_a_run_still_serves_and_missing_ones_are_a_sentence(tmp_path: Path) -> None:
    demo = ran(tmp_path / "demo", seconds_ago=1)

    with surroundings.sole_use(demo):
        served = traces(tmp_path, demo)
    missing = traces(tmp_path, tmp_path)

    assert (served.returncode, missing.returncode) == (2, 2)
    assert "or serves what it recorded" in served.stderr
    assert f"{tmp_path / 'traces.db'} does not exist" in missing.stderr


def traces(var: Path, *folder: Path) -> subprocess.CompletedProcess[str]:
    command = [tool("incident"), "traces", *map(str, folder), f"--var={var}"]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_a_run_on_other_stores_keeps_the_traces_of_the_last_one(tmp_path: Path) -> None:
    demo = ran(tmp_path / "demo", seconds_ago=1)
    (demo / "requests.jsonl").touch()

    Folder(tmp_path, "demo").make_room(for_traces=False)
    kept = (demo / "traces.db").exists()
    Folder(tmp_path, "demo").make_room(for_traces=True)

    assert kept
    assert not (demo / "traces.db").exists()
    assert not (demo / "requests.jsonl").exists()
