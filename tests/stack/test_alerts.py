"""Test the alert rules by Prometheus' own tool: each fires, stays silent, and resolves."""

import subprocess
from pathlib import Path

import pytest
import yaml

from harness.parts import programs
from harness.project import PROJECT

pytestmark = pytest.mark.stack

RULES = PROJECT / "otel" / "alerts.yaml"
RULE_TESTS = PROJECT / "otel" / "alerts_test.yaml"
NEEDED = {"summary", "look_first", "dashboard", "traces"}


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [programs.find("promtool"), *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def alerts(path: Path) -> list[dict[str, object]]:
    groups = yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"] if "alert" in rule]


def test_the_rules_are_what_prometheus_takes() -> None:
    done = run("check", "rules", "--lint=all", "--lint-fatal", RULES)

    assert done.returncode == 0, done.stdout + done.stderr


def test_the_configuration_finds_the_rules_beside_it() -> None:
    done = run("check", "config", PROJECT / "otel" / "prometheus.yaml")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "alerts.yaml" in done.stdout


def test_each_alert_fires_stays_silent_and_resolves() -> None:
    done = run("test", "rules", RULE_TESTS)

    assert done.returncode == 0, done.stdout + done.stderr


def test_the_rule_tests_notice_an_alert_that_never_fires(tmp_path: Path) -> None:
    silent = RULES.read_text(encoding="utf-8").replace("p95_rate1m > 50", "p95_rate1m > 50000")
    (tmp_path / RULES.name).write_text(silent, encoding="utf-8")
    (tmp_path / RULE_TESTS.name).write_bytes(RULE_TESTS.read_bytes())

    done = run("test", "rules", tmp_path / RULE_TESTS.name)

    assert done.returncode != 0
    assert "TooManyStatements" in done.stdout + done.stderr


def test_each_alert_is_tested_firing_and_silent() -> None:
    checks = [
        check
        for test in yaml.safe_load(RULE_TESTS.read_text(encoding="utf-8"))["tests"]
        for check in test.get("alert_rule_test", [])
    ]

    names = {alert["alert"] for alert in alerts(RULES)}

    assert {check["alertname"] for check in checks if check["exp_alerts"]} == names
    assert {check["alertname"] for check in checks if not check["exp_alerts"]} == names


def test_each_alert_says_what_is_wrong_what_to_look_at_and_where() -> None:
    for alert in alerts(RULES):
        assert set(alert["annotations"]) == NEEDED, alert["alert"]  # type: ignore[call-overload]
        assert alert["labels"] in ({"severity": "page"}, {"severity": "ticket"})
