"""Run each program once as it is installed and once mended, and ask what was found."""

import json
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

from harness.parts.start import Tracestore
from harness.project import tool
from tests.programs.expected import expectation_of
from tests.programs.programs import Run, program_of


class Watching:
    """Hold the backend that takes the spans of all runs, and what each run has reported."""

    def __init__(self, store: Tracestore, folder: Path) -> None:
        self._store = store
        self._folder = folder
        self.report = cache(self._report)

    def _report(self, name: str, *, mended: bool = False) -> dict[str, Any]:
        """Return what `otel-nplusone run` reports of a program."""
        service = _service(name, mended=mended)
        edits = expectation_of(name).edits if mended else ()
        return Run(program_of(name), self._folder / service, self._store, service, edits).report()

    def scanned(self, name: str) -> dict[str, Any]:
        """Return what a scan of the backend finds, of the program as it is installed."""
        self.report(name)
        return _ask("scan", self._store.ui, "--service", _service(name, mended=False))

    def compared(self, name: str, route: str) -> dict[str, Any]:
        """Return what diff says of a route, before the mends and after them."""
        self.report(name)
        self.report(name, mended=True)
        sides = ("--service-a", _service(name, mended=False))
        others = ("--service-b", _service(name, mended=True))
        return _ask("diff", self._store.ui, self._store.ui, *sides, *others, "--route", route)


def _service(name: str, *, mended: bool) -> str:
    return f"{name}-mended" if mended else name


def _ask(*words: str) -> dict[str, Any]:
    """Return what otel-nplusone says in JSON."""
    command = [tool("otel-nplusone"), *words, "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.stdout, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def statements_of(compared: dict[str, Any]) -> list[int]:
    """Return the statements of a request on both sides of a diff, the median."""
    return [int(compared[side]["statements_p50"]) for side in "ab"]
