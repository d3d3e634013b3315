"""Run `make demo TARGET=compose` on this stack, and compare every span."""

import json

import pytest

from harness.compose.project import Compose, make

pytestmark = pytest.mark.stack


@pytest.mark.usefixtures("flags_file")
def test_the_replay_sees_incident_and_fix_and_jaeger_has_every_span(stack: Compose) -> None:
    project = {**stack.environment, "COMPOSE_PROJECT_NAME": stack.name}
    var = stack.flags.parent
    arguments = f"--before-seconds 20 --after-seconds 10 --exit --var {var}"

    make("demo", "TARGET=compose", f"DEMO_ARGS={arguments}", env=project)

    report = json.loads((var / "demo" / "report.json").read_text(encoding="utf-8"))
    for phase in report["phases"]:
        assert phase["spans"]["created"] > 0
        assert phase["spans"]["stored"] == phase["spans"]["created"]
