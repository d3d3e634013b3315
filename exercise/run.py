"""Bring an exercise up: the clinic with its fault, traces, visitors and the page, until Ctrl-C."""

import json
import os
import shutil
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from exercise import clinics, oracle
from exercise.draw import Draw
from exercise.page.server import exercise_page
from exercise.places import Folder, State
from exercise.situation import tell
from harness.errors import Interrupted
from harness.interrupts import Interrupts
from harness.parts.start import start_tracestore
from harness.ports import LOOPBACK, require_free
from harness.processes import Command, Processes
from harness.project import PROJECT, tool
from incident.console import Console
from incident.stack.places import Stack
from incident.stack.surroundings import require_space, require_tools, sole_use

LOCUSTFILE = PROJECT / "locustfiles" / "exercise.py"
USERS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Say what is to be set, and who visits."""

    seed: int
    source: str = ""
    new_answer: bool = False
    users: int = USERS


def run(stack: Stack, folder: Folder, console: Console, options: Options) -> None:
    """Serve an exercise until a signal ends it; the answer stays where it is."""
    folder.path.mkdir(parents=True, exist_ok=True)
    with sole_use(folder.path), Interrupts() as interrupts:
        require_tools()
        require_space(shutil.disk_usage(folder.path).free, folder.path)
        require_free([stack.clinic, stack.trace_ui, stack.otlp, stack.locust_ui, stack.control])
        state = folder.begin(options.seed, options.source)
        _lay_out_answer(folder, console, new=options.new_answer)
        with Processes(folder.logs, impatient=lambda: interrupts.impatient) as processes:
            try:
                _start(stack, folder, processes, console, state.drawn, options.users)
                interrupts.check()
                _serve(stack, folder, console, state, processes, interrupts)
            except Interrupted as ending:
                console.step(f"{ending} Stopping what was started; {folder.answer} is kept.")


def links(stack: Stack) -> Mapping[str, str]:
    """Return the pages that a browser opens, by their names."""
    return {
        "exercise": stack.control.address,
        "clinic": stack.clinic.address,
        "traces": stack.trace_ui.address,
        "Locust": stack.locust_ui.address,
        "metrics": f"{stack.trace_ui.address}/api/metrics/latest",
    }


def _serve(
    stack: Stack,
    folder: Folder,
    console: Console,
    state: State,
    processes: Processes,
    interrupts: Interrupts,
) -> None:
    with exercise_page(stack.control, folder, links(stack)):
        console.result("\n".join(tell(state, links(stack)).lines(str(folder.answer))))
        console.step("All is up. Ctrl-C ends the exercise, and keeps your answer.")
        while True:
            interrupts.pause(1)
            processes.check()


def _lay_out_answer(folder: Folder, console: Console, *, new: bool) -> None:
    if new and (kept := folder.put_answer_away()):
        console.step(f"Your last answer is {kept} now.")
    if folder.lay_out_answer():
        console.step(f"{folder.answer} is new.")
    else:
        console.step(f"{folder.answer} is the one that you have begun.")


def _start(
    stack: Stack,
    folder: Folder,
    processes: Processes,
    console: Console,
    drawn: Draw,
    users: int,
) -> None:
    console.step("Starting the clinic, its traces and its visitors.")
    for path in folder.path.glob(f"{folder.traces.name}*"):
        path.unlink()
    seeded, database = folder.seeded("demo"), folder.path / "run" / "clinic.db"
    clinics.seed(seeded, "demo")
    clinics.lay_out(seeded, database, drawn.lesson.prepare)
    registry = (
        {"EXERCISE_REGISTRY": clinics.start_registry(processes)}
        if drawn.lesson.asks_registry
        else {}
    )
    ports = (stack.trace_ui.number, stack.otlp.number)
    start_tracestore(processes, folder.traces, "--no-judge", ports=ports)
    clinics.start(
        processes,
        drawn,
        database,
        name="clinic",
        environ=registry
        | {
            "OTEL_SERVICE_NAME": "cat-clinic",
            "OTEL_EXPORTER_OTLP_ENDPOINT": stack.otlp.address,
            "CLINIC_TRACE_URL": stack.trace_ui.address,
        },
        port=stack.clinic.number,
    )
    _send_visitors(stack, folder, processes, database, drawn, users)


def _send_visitors(
    stack: Stack,
    folder: Folder,
    processes: Processes,
    database: Path,
    drawn: Draw,
    users: int,
) -> None:
    visits = database.with_name("visits.json")
    visits.write_text(json.dumps(_visits(database, drawn)), encoding="utf-8")
    arguments: Sequence[str] = [
        f"--locustfile={LOCUSTFILE}",
        f"--host={stack.clinic.address}",
        f"--web-host={LOOPBACK}",
        f"--web-port={stack.locust_ui.number}",
        "--autostart",
        f"--users={users}",
        f"--spawn-rate={users}",
        "--loglevel=WARNING",
    ]
    environ = {**clinics.clean(os.environ), "EXERCISE_VISITS": str(visits)}
    processes.start(
        Command(
            name="locust", argv=[tool("locust"), *arguments], env=environ, cwd=PROJECT, grace_s=5
        )
    )


def _visits(database: Path, drawn: Draw) -> dict[str, list[list[str]]]:
    lesson = drawn.lesson
    with closing(sqlite3.connect(database)) as connection:
        often = [[lesson.method, lesson.path(target)] for target in lesson.targets(connection)]
        name, owner = oracle.clinic_names(connection)[0], oracle.owner_ids(connection)[0]
    paths = [
        "/",
        *(oracle.of_clinic(p, name) for p in ("/success-stories", "/veterinarians", "/owners")),
        oracle.of_owner(owner),
    ]
    return {"often": often, "seldom": [["GET", path] for path in paths]}
