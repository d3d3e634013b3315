"""Test what the workflows promise: pinned actions, no rights, every Python, existing targets."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.project import PROJECT

WORKFLOWS = sorted((PROJECT / ".github" / "workflows").glob("*.yml"))


def read(path: Path) -> dict[str, Any]:
    return dict(yaml.safe_load(path.read_text(encoding="utf-8")))


def steps(path: Path) -> list[dict[str, Any]]:
    return [step for job in read(path)["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_actions_are_pinned_by_commit_with_their_version_beside_it(path: Path) -> None:
    lines = re.findall(r"^.*\buses: .*$", path.read_text(encoding="utf-8"), re.MULTILINE)

    assert lines
    assert [one for one in lines if not re.search(r"@[0-9a-f]{40} # v\d+\.\d+\.\d+$", one)] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_may_read_and_no_more(path: Path) -> None:
    workflow = read(path)

    assert workflow["permissions"] == {"contents": "read"}
    assert [job for job in workflow["jobs"].values() if "permissions" in job] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_steps_run_targets_that_the_makefile_has(path: Path) -> None:
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    used = {
        target
        for step in steps(path)
        for target in re.findall(r"\bmake ([a-z-]+)", step.get("run", ""))
    }

    assert used
    assert used <= targets


def test_tests_run_on_every_python_from_the_oldest_on() -> None:
    checks = read(PROJECT / ".github" / "workflows" / "checks.yml")
    project = (PROJECT / "pyproject.toml").read_text(encoding="utf-8")
    oldest = re.search(r'requires-python = ">=3\.(\d+)"', project)
    assert oldest

    pythons = checks["jobs"]["test"]["strategy"]["matrix"]["python"]

    assert pythons == [f"3.{minor}" for minor in range(int(oldest[1]), 15)]
