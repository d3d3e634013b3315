"""Run programs that nobody here has written: seed, start under watch, visit, mend."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import requests

from harness.clients.http import answers
from harness.parts.start import Tracestore
from harness.ports import unused_port
from harness.processes import Command, Processes
from harness.project import PROJECT
from harness.waiting import wait_until
from tests.programs.expected import FOLDER, Edit

PROGRAMS = ("ihatemoney", "oscar")
DEADLINE_S = 120


@dataclass(frozen=True, slots=True)
class Program:
    """Say how a program is seeded, started and visited.

    command: {port} stands for a free port; the first word is a program of its environment.
    environ: {folder} stands for the folder that the run is in.
    """

    name: str
    package: str
    command: tuple[str, ...]
    visit: Callable[[requests.Session, str], None]
    seeded_by: tuple[tuple[str, ...], ...] = (("python", "seed.py"),)
    ready: str = "/"
    environ: Mapping[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> Path:
        """Return where make has installed it."""
        return PROJECT / "var" / "programs" / self.name


def program_of(name: str) -> Program:
    """Return what `NAME/program.py` says."""
    program: Program = import_module(f"tests.programs.{name}.program").PROGRAM
    return program


@dataclass(frozen=True, slots=True)
class Run:
    """Run a program in a folder of its own; `service` is its name in the traces."""

    program: Program
    folder: Path
    store: Tracestore
    service: str
    edits: Iterable[Edit] = ()

    def report(self) -> dict[str, Any]:
        """Seed, start, visit and stop the program; return what `otel-nplusone run` reports."""
        self.folder.mkdir()
        self._mend()
        for words in self.program.seeded_by:
            self._finish(words)
        output = self.folder / "report.json"
        watched = ("otel-nplusone", "run", "--format", "json", "--output", str(output), "--")
        port = unused_port()
        command = (*watched, *(word.format(port=port) for word in self.program.command))
        with Processes(self.folder / "logs") as processes, requests.Session() as browser:
            child = processes.start(
                Command(
                    name=self.program.name,
                    argv=self._argv(command),
                    env=self._environ(),
                    cwd=FOLDER / self.program.name,
                    grace_s=DEADLINE_S,
                )
            )
            address = f"http://127.0.0.1:{port}"
            wait_until(
                answers(address + self.program.ready),
                what=f"{self.program.name} on {address}",
                deadline_s=DEADLINE_S,
                pause=processes.pause,
            )
            self.program.visit(browser, address)
            processes.stop(child)
            report: dict[str, Any] = json.loads(output.read_text(encoding="utf-8"))
        return report

    def _finish(self, words: tuple[str, ...]) -> None:
        done = subprocess.run(
            self._argv(words),
            cwd=FOLDER / self.program.name,
            env=self._environ(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert done.returncode == 0, done.stdout

    def _argv(self, words: tuple[str, ...]) -> list[str]:
        return [str(self.program.environment / "bin" / words[0]), *words[1:]]

    def _environ(self) -> dict[str, str]:
        bin_folder = self.program.environment / "bin"
        own = {
            name: value.format(folder=self.folder) for name, value in self.program.environ.items()
        }
        return {
            **os.environ,
            "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": os.pathsep.join([str(self._packages), str(FOLDER / self.program.name)]),
            "OTEL_SERVICE_NAME": self.service,
            "OTEL_TRACES_EXPORTER": "otlp_proto_http",
            "OTEL_EXPORTER_OTLP_ENDPOINT": self.store.otlp,
            **own,
        }

    @property
    def _packages(self) -> Path:
        # A copy in a folder of this name is told as the installed program is.
        return self.folder / "site-packages"

    def _mend(self) -> None:
        """Copy the program, and edit the copy; without an edit the installed one runs."""
        for edit in self.edits:
            copy = self._packages / self.program.package
            if not copy.exists():
                shutil.copytree(self._installed(), copy)
            path = self._packages / edit.file
            text = path.read_text(encoding="utf-8")
            times = text.count(edit.before)
            assert times == 1, f"{edit.file} has {edit.before!r} {times} times, not once"
            path.write_text(text.replace(edit.before, edit.after), encoding="utf-8")

    def _installed(self) -> Path:
        (found,) = self.program.environment.glob(f"lib/*/site-packages/{self.program.package}")
        return found
