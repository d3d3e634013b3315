"""Open the traces that a run has stored, once the run has ended: `incident traces`."""

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from harness.clients.backend import Backend
from harness.clients.http import answers
from harness.errors import Interrupted
from harness.interrupts import Interrupts
from harness.ports import require_free, unused_port
from harness.processes import Processes
from harness.waiting import wait_until
from incident.console import Console
from incident.errors import IncidentError
from incident.stack import commands, surroundings
from incident.stack.places import Folder, Stack

START_DEADLINE_S = 60
LOOK_AGAIN_S = 1


def latest(var: Path) -> Path:
    """Return the folder of the demo or replay that ran last; raise IncidentError if none has."""
    runs = [
        database.with_name("events.jsonl")
        for pattern in ("demo/traces.db", "replay/*/traces.db")
        for database in var.glob(pattern)
        if database.with_name("events.jsonl").exists()
    ]
    if not runs:
        raise IncidentError(f"No run has stored traces in {var} yet: `make demo` does.")
    return max(runs, key=lambda events: events.stat().st_mtime).parent


def serve(path: Path, stack: Stack, console: Console) -> None:
    """Serve a run's traces until a signal ends it; raise IncidentError if they are not there."""
    folder = Folder(path.parent, path.name)
    if not folder.trace_database.is_file():
        raise IncidentError(
            f"{folder.trace_database} does not exist: name the folder of a demo or a replay, or "
            "none for the last one."
        )
    with surroundings.sole_use(_locked(path)), Interrupts() as interrupts:
        # Nothing is to be added to them: what a clinic sends to the usual port is not theirs.
        require_free([stack.trace_ui])
        parts = commands.Parts(stack.trace_ui.number, unused_port())
        command = commands.tracestore(stack, folder, os.environ, parts)
        with Processes(folder.logs, impatient=lambda: interrupts.impatient) as processes:
            processes.start(replace(command, name="traces"))

            def pause(seconds: float) -> None:
                interrupts.pause(seconds)
                processes.check()

            wait_until(
                answers(f"{stack.trace_ui.address}/healthz"),
                what=f"an answer from {stack.trace_ui.address}",
                deadline_s=START_DEADLINE_S,
                pause=pause,
            )
            for line in _told(folder, stack):
                console.result(line)
            console.step(f"Serving the traces of {path} until Ctrl-C.")
            try:
                while True:
                    pause(LOOK_AGAIN_S)
            except Interrupted:
                return


def _told(folder: Folder, stack: Stack) -> Iterator[str]:
    """Yield where the traces are, and the links that a demo has printed."""
    yield f"traces          {stack.trace_ui.address}"
    backend = Backend(stack.trace_ui.address, commands.SERVICE_NAME)
    for name, trace_id in zip(("before", "after"), _slowest(folder), strict=False):
        # A report may be of another run than the traces, such as one on the compose stack.
        if backend.spans(trace_id):
            yield f"{f'slowest {name}':<16}{stack.trace_link(trace_id)}"


def _slowest(folder: Folder) -> list[str]:
    """Return the traces that the report of a demo names; none where there is no such report."""
    try:
        phases = json.loads(folder.report.read_text(encoding="utf-8"))["phases"]
        return [phase["slowest_trace_id"] for phase in phases if phase["slowest_trace_id"]]
    except (FileNotFoundError, ValueError, KeyError):
        return []


def _locked(path: Path) -> Path:
    """Return the folder whose lock a run holds: its own, or the one of all replays."""
    return path if (path / "lock").exists() else path.parent
