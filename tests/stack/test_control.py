"""Begin at the control page of the stack, and play a short replay on it."""

import json
import re
import subprocess
from pathlib import Path
from urllib.parse import urlencode

import pytest
import urllib3

from harness.clients.prometheus import Prometheus
from harness.compose.project import Compose
from harness.project import tool
from harness.waiting import wait_until

pytestmark = pytest.mark.stack


def page(stack: Compose, path: str = "/") -> str:
    answer = urllib3.request("GET", stack.url("CONTROL_PORT", path))
    assert answer.status == 200
    return answer.data.decode()


def test_the_control_page_leads_to_every_part_and_shows_the_incident(stack: Compose) -> None:
    wait_until(
        lambda: "incident_statements_per_request" in page(stack, "/metrics"),
        what="the figures of the stack",
        deadline_s=120,
        every_s=1,
    )

    shown = page(stack)

    ports = ("CLINIC_PORT", "TRACE_UI_PORT", "LOCUST_PORT", "GRAFANA_PORT", "PROMETHEUS_PORT")
    for port in ports:
        assert f'href="{stack.url(port)}"' in shown
    assert 'incident_strategy{strategy="naive"} 1' in page(stack, "/metrics")


def test_a_button_of_the_page_switches_the_running_clinic(stack: Compose, flags_file: Path) -> None:
    found = re.search(r'name="token" value="([^"]+)"', page(stack))
    assert found

    answer = urllib3.request(
        "POST",
        stack.url("CONTROL_PORT", "/ask/strategy"),
        body=urlencode({"token": found[1], "name": "core"}),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        redirect=False,
    )

    assert answer.status == 303
    wait_until(
        lambda: 'incident_strategy{strategy="core"} 1' in page(stack, "/metrics"),
        what="the switch",
        deadline_s=60,
        every_s=1,
    )
    flags = json.loads(flags_file.read_text(encoding="utf-8"))["flags"]
    assert flags["success-stories-strategy"]["defaultVariant"] == "core"


@pytest.mark.usefixtures("flags_file")
def test_a_short_replay_is_shown_on_the_page_and_its_phases_reach_prometheus(
    stack: Compose, prometheus: Prometheus
) -> None:
    project = {**stack.environment, "COMPOSE_PROJECT_NAME": stack.name}
    var = stack.flags.parent
    command = [tool("incident"), "replay", "--target=compose", "--phases=launch,fix", "--pace=10s"]

    done = subprocess.run(
        [*command, "--exit", f"--var={var}"],
        env=project,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )

    # Where this machine is busy with something else, the report says so.
    assert done.returncode in (0, 1), done.stderr
    (folder,) = (var / "replay").glob("*/events.jsonl")
    here = json.loads((folder.parent / "report.json").read_text(encoding="utf-8"))
    shown = json.loads(page(stack, "/report.json"))
    assert shown == here
    assert here["result"]["finished"]
    assert [one["begun"]["name"] for one in here["phases"]] == ["launch", "fix"]
    seen = prometheus.series("max_over_time(incident_phase[5m]) == 1")
    assert {one["metric"]["phase"] for one in seen} == {"launch", "fix"}


@pytest.mark.breaking
def test_the_page_answers_while_the_clinic_is_dead(stack: Compose) -> None:
    stack.do("pause", "service")
    try:
        assert page(stack, "/healthz")
        assert "Prometheus" in page(stack)
    finally:
        stack.do("unpause", "service")
