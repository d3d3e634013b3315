"""Follow docs/your-service.md: install what it names, run what it runs, see what it promises."""

import json
import os
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from harness.parts.start import Tracestore
from harness.ports import unused_port
from harness.processes import Command, Processes
from harness.project import PROJECT
from harness.waiting import wait_until
from tests.distribution.environments import make_environment, run

pytestmark = pytest.mark.distribution

GUIDE = (PROJECT / "docs" / "your-service.md").read_text(encoding="utf-8")
SNIPPETS = PROJECT / "docs" / "your-service"
FRAMEWORKS = {"Flask": "flask_app.py", "FastAPI": "fastapi_app.py", "Django": "django_app.py"}


@dataclass(frozen=True, slots=True)
class Steps:
    """Hold the commands of a framework's part of the guide, as words."""

    install: list[str]
    fill: list[str]
    serve: list[str]


def steps(framework: str) -> Steps:
    part = GUIDE.split(f"### {framework}\n")[1].split("\n##")[0].replace("\\\n", " ")
    commands = [shlex.split(line) for line in part.splitlines() if line.startswith("    ")]
    assert [words[0] for words in commands[:2]] == ["pip", "python"]
    return Steps(*commands)


def served(
    processes: Processes, programs: Path, folder: Path, words: list[str], backend: Tracestore
) -> str:
    """Run the guide's command on a free port; return the address of the page."""
    port = str(unused_port())
    named, program, *options = [word.replace("5000", port) for word in words]
    variable, _, value = named.partition("=")
    command = Command(
        name="books",
        argv=[str(programs / program), *options],
        env={
            **os.environ,
            variable: value,
            "OTEL_EXPORTER_OTLP_ENDPOINT": backend.otlp,
            "OTEL_BSP_SCHEDULE_DELAY": "100",
        },
        cwd=folder,
    )
    processes.start(command)
    url = f"http://127.0.0.1:{port}/books"
    wait_until(
        lambda: is_shown(url),
        what="the books to be shown",
        deadline_s=60,
    )
    return url


def is_shown(url: str) -> bool:
    try:
        return len(requests.get(url, timeout=5).json()) == 12
    except requests.RequestException:
        return False


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_the_guide_leads_from_nothing_to_a_first_finding(
    framework: str, wheel: Path, tmp_path: Path, processes: Processes, own_store: Tracestore
) -> None:
    told = steps(framework)
    packages = [
        word.replace("./nplusone", "otel-nplusone") + f" @ {wheel.as_uri()}"
        if word.startswith("./nplusone")
        else word
        for word in told.install[2:]
    ]
    programs = make_environment(tmp_path / "environment", *packages)
    folder = tmp_path / "books"
    folder.mkdir()
    for name in ("tracing.py", FRAMEWORKS[framework]):
        shutil.copy(SNIPPETS / name, folder)
    run(programs / "python", *told.fill[1:], folder=folder)

    url = served(processes, programs, folder, told.serve, own_store)
    examined = run(programs / "otel-nplusone", "doctor", url, "--backend", own_store.ui)
    scanned = run(
        *(programs / "otel-nplusone", "scan", own_store.ui, "--service", "books"),
        *("--format", "json"),
        expect=1,
    )

    assert "WRONG" not in examined
    assert "books, " in examined  # the route, as the framework writes it
    (finding,) = json.loads(scanned)["findings"]
    assert finding["class"] == "n_plus_one"
    assert finding["repeats"]["max"] == 12
    assert FRAMEWORKS[framework] in finding["code"]
