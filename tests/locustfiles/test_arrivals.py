"""Let visitors come at the moments that the seed decides, and not when the clinic lets them."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clinic.seed.datasets import DATASETS
from clinic.seed.generate import generate
from clinic.seed.load import store
from harness.parts.start import Clinic, start_clinic
from harness.processes import Command, Processes
from harness.project import PROJECT, tool
from harness.waiting import wait_until
from incident.replay.load import Request, RequestLog

# In a process of its own: Locust changes the standard library of whoever imports it.
VISITS = """
import json, sys
from itertools import islice
sys.path.insert(0, "locustfiles")
from arrivals import arrivals
print(json.dumps([
    [v.due_s, v.path, v.clinic, v.session_id]
    for v in islice(arrivals(json.loads(sys.argv[1]), 1000.0), 400)
]))
"""


def visits(**load: Any) -> list[tuple[float, str, str, str]]:
    told = {"visitors_per_second": 20, "seed": "7/launch", "clinics": ["A", "B", "C"], **load}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", VISITS, json.dumps(told)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [tuple(one) for one in json.loads(done.stdout)]


def test_the_same_seed_brings_the_same_visitors_at_the_same_rate() -> None:
    first, again, other = visits(), visits(), visits(seed="8/launch")

    assert first == again != other
    assert (first[-1][0] - 1000) / len(first) == pytest.approx(1 / 20, rel=0.2)
    stories = [clinic for _, path, clinic, _ in first if path == "/success-stories"]
    assert stories[:6] == ["A", "B", "C", "A", "B", "C"]
    assert len(stories) / len(first) == pytest.approx(0.9, abs=0.05)


def test_nobody_comes_where_nobody_is_asked_for() -> None:
    assert visits(visitors_per_second=0) == visits(clinics=[]) == []


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[tuple[Processes, Clinic]]:
    url = f"sqlite:///{tmp_path}/clinic.db"
    store(url, generate(DATASETS["test"], seed=20))
    with Processes(tmp_path / "logs") as processes:
        yield processes, start_clinic(processes, tmp_path, url, {"OTEL_SDK_DISABLED": "true"})


def test_who_waits_longer_than_their_patience_leaves_and_nothing_fails(
    clinic: tuple[Processes, Clinic], tmp_path: Path
) -> None:
    processes, service = clinic
    load_file, log = tmp_path / "load.json", RequestLog(tmp_path / "requests.jsonl")
    load = {"number": 1, "visitors_per_second": 200, "seed": "1/a", "fresh": False}
    load |= {"clinics": [service.clinic_name()], "at_once": 1, "patience_s": 0.5, "strategy": None}
    load_file.write_text(json.dumps(load))

    locust = ["--headless", "--only-summary", "--loglevel=WARNING", f"--host={service.url}"]
    processes.start(
        Command(
            name="locust",
            argv=[tool("locust"), "--locustfile=locustfiles/arrivals.py", *locust],
            env=os.environ
            | {"LOAD_FILE": str(load_file), "REQUEST_LOG": str(tmp_path / "requests.jsonl")},
            cwd=PROJECT,
        )
    )

    def status() -> dict[str, Any]:
        file = tmp_path / "load.json.status"
        return json.loads(file.read_text()) if file.exists() else {}

    seen = wait_until(
        lambda: now if (now := status()).get("gave_up", 0) > 20 else None,
        what="visitors to lose their patience",
        deadline_s=30,
        pause=processes.pause,
    )
    load_file.write_text(json.dumps(load | {"number": 2, "visitors_per_second": 0, "fresh": True}))
    emptied = wait_until(
        lambda: now if (now := status())["number"] == 2 and not now["waiting_ms"] else None,
        what="the others to leave",
        deadline_s=30,
        pause=processes.pause,
    )

    requests = log.read()
    assert emptied["arrived"] >= emptied["answered"] + emptied["gave_up"] > seen["gave_up"]
    assert len(requests) == emptied["answered"] > 0
    assert not [one.failure for one in requests if one.failure]
    assert all(waited(one) <= 0.5 + 0.1 for one in requests)
    assert max(map(waited, requests)) > 0.2
    assert {one.load for one in requests} == {1}
    assert time.time_ns() > requests[0].due_time_unix_nano


def waited(request: Request) -> float:
    """Return how many seconds a visitor stood in front."""
    return (request.start_time_unix_nano - request.due_time_unix_nano) / 1e9
