"""Test that the VS Code workspace names commands, files and markers that exist."""

import json
import re
from typing import Any

import pytest

from harness.project import PROJECT


@pytest.fixture
def workspace() -> dict[str, Any]:
    text = (PROJECT / "cat-clinic.code-workspace").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def test_tasks_call_make_targets_that_there_are(workspace: dict[str, Any]) -> None:
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))

    called = [
        command.split()[1]
        for task in workspace["tasks"]["tasks"]
        if (command := task["command"]).startswith("make ") and not command.startswith("make .")
    ]

    assert len(called) >= 4
    assert set(called) <= targets


def test_launches_start_from_tasks_and_files_that_there_are(workspace: dict[str, Any]) -> None:
    labels = {task["label"] for task in workspace["tasks"]["tasks"]}

    for launch in workspace["launch"]["configurations"]:
        files = [argument for argument in launch["args"] if argument.endswith(".py")]
        assert all((PROJECT / file).exists() for file in files)
        assert launch.get("preLaunchTask", "seed") in labels


def test_recommended_extensions_are_named_by_publisher(workspace: dict[str, Any]) -> None:
    extensions = workspace["extensions"]["recommendations"]

    assert "charliermarsh.ruff" in extensions
    assert all(re.fullmatch(r"[\w-]+\.[\w-]+", extension) for extension in extensions)
