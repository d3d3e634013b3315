"""Test that the commands that a run prints are those of the README, and that they work."""

import shlex
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from harness.project import PROJECT
from incident.stack import typed
from incident.stack.places import Folder, Stack

USUAL = Folder(PROJECT / "var", "demo")
MOVED = Stack(
    clinic=replace(Stack().clinic, number=8001), trace_ui=replace(Stack().trace_ui, number=16687)
)


def test_in_the_checkout_a_command_is_a_target_of_make(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(PROJECT)

    assert typed.fix(Stack(), USUAL, "naive") == "make fix STRATEGY=naive"
    assert typed.traces(Stack(), USUAL) == "make traces"
    assert typed.fix(MOVED, USUAL, "core") == "make fix STRATEGY=core CLINIC_PORT=8001"
    assert typed.traces(MOVED, USUAL) == "make traces TRACE_UI_PORT=16687"


def test_elsewhere_a_command_names_the_program_and_the_folders(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = Folder(tmp_path / "var", "demo")

    assert typed.fix(Stack(), folder, "core").endswith(
        "incident fix --strategy core --flags-file var/flags/flags.json"
    )
    assert typed.traces(MOVED, folder).endswith("incident traces --ui-port 16687 --var var")


def test_the_printed_command_switches_the_flags_of_that_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(PROJECT)
    folder = Folder(tmp_path / "a var", "demo")
    folder.flags_file.parent.mkdir(parents=True)
    shutil.copy(Stack().flags_template, folder.flags_file)

    command = shlex.split(typed.fix(MOVED, folder, "lazy"))
    subprocess.run([*command, "--silent"], check=True, timeout=60)

    assert '"defaultVariant": "lazy"' in folder.flags_file.read_text()
