"""Start clinics of an exercise: with the fault, or with an answer in its place."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

from exercise.answers import Answer
from exercise.draw import Draw
from exercise.errors import ExerciseError
from harness.clients.http import JsonClient
from harness.parts.start import Clinic, start_clinic, wait_for
from harness.ports import LOOPBACK, unused_port
from harness.processes import Command, Processes
from harness.project import PROJECT, tool

GUNICORN = PROJECT / "exercise" / "served" / "gunicorn_conf.py"
FLAGS_TEMPLATE = PROJECT / "service" / "flags.json"
STRATEGY_FLAG = "success-stories-strategy"
# What would change what is measured, if it is set for other programs.
FOREIGN = ("OTEL_", "CLINIC_", "EXERCISE_", "GUNICORN_", "WEB_CONCURRENCY", "DATABASE_URL")


def seed(database: Path, dataset: str) -> None:
    """Seed a dataset, unless it is there; raise ExerciseError if that fails."""
    database.parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [
            tool("clinic"),
            "seed",
            f"--size={dataset}",
            "--if-missing",
            f"--database-url=sqlite:///{database}",
        ],
        env=clean(os.environ),
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ExerciseError(f"{database} cannot be seeded: {done.stderr.strip()}")


def lay_out(seeded: Path, database: Path, statements: Sequence[str]) -> None:
    """Copy seeded data, and do to it what a lesson or an answer asks for."""
    database.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(seeded, database)
    with closing(sqlite3.connect(database)) as connection:
        for statement in statements:
            try:
                connection.execute(statement)
            except sqlite3.Error as error:
                raise ExerciseError(f"The database refuses {statement!r}: {error}.") from error
        connection.commit()


def start(
    processes: Processes,
    drawn: Draw,
    database: Path,
    *,
    name: str,
    answer: Answer | None = None,
    environ: Mapping[str, str],
    port: int | None = None,
) -> Clinic:
    """Start a clinic on a database that is laid out, and wait until it is ready."""
    flags = database.with_suffix(".flags.json")
    lay_out_flags(flags, drawn, answer.strategy if answer else "")
    given = {"EXERCISE_ANSWER": str(answer.path), **answer.settings} if answer else {}
    return start_clinic(
        processes,
        database.parent,
        f"sqlite:///{database}",
        {
            **given,
            **environ,
            "EXERCISE_SEED": str(drawn.seed),
            "EXERCISE_LESSON": drawn.source,
            "CLINIC_FLAGS_FILE": str(flags),
            # A request that names its strategy would tell what the names stand for.
            "CLINIC_ALLOW_STRATEGY_OVERRIDE": "0",
        },
        arguments=[f"--config={GUNICORN}"],
        name=name,
        port=port,
    )


def start_registry(processes: Processes) -> str:
    """Start the registry of licences, and return its address."""
    port = unused_port()
    processes.start(
        Command(
            name="registry",
            argv=[sys.executable, "-m", "exercise.served.registry", str(port)],
            env=clean(os.environ),
            cwd=PROJECT,
        )
    )
    address = f"http://{LOOPBACK}:{port}"
    wait_for(processes, f"{address}/count")
    return address


def calls_of(registry: str) -> int:
    """Return how often the registry has been asked for licences."""
    answer = JsonClient(registry).get("/count") or {}
    return int(answer["calls"])


def lay_out_flags(path: Path, drawn: Draw, strategy: str) -> None:
    """Write the clinic's flags with neutral names; raise ExerciseError for one that is not there.

    strategy: a neutral name, or nothing for the one of the fault.
    """
    flags = json.loads(FLAGS_TEMPLATE.read_text(encoding="utf-8"))
    flag = flags["flags"][STRATEGY_FLAG]
    named = drawn.neutral(tuple(flag["variants"]))
    in_force = strategy or next(h for h, real in named.items() if real == drawn.lesson.strategy)
    if in_force not in named:
        raise ExerciseError(
            f"There is no strategy {strategy!r}: use one of {', '.join(sorted(named))}."
        )
    flag["variants"] = {herb: herb for herb in sorted(named)}
    flag["defaultVariant"] = in_force
    path.write_text(json.dumps(flags, indent=2), encoding="utf-8")


def clean(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without what is meant for other clinics."""
    return {name: value for name, value in environ.items() if not name.startswith(FOREIGN)}
