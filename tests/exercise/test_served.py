"""Test the clinic of an exercise in this process."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import requests
from flask.testing import FlaskClient

from clinic.app import close_app
from clinic.stories.names import STRATEGY_NAMES
from exercise import clinics, oracle
from exercise.draw import draw
from exercise.grade.listing import items
from exercise.grade.repair import LARGE, SMALL
from exercise.places import Folder
from exercise.served.app import create_app
from harness.clients.backend import Backend
from harness.clients.clinic import ClinicClient
from harness.parts.start import Tracestore
from harness.processes import Processes
from harness.waiting import wait_until

MINE = str(Path(__file__).with_name("mine.py"))
# What the clinic's pages mark otherwise.
MARKED_ABOVE = 50
Serve = Callable[..., FlaskClient]


@pytest.fixture
def serve(seeded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Return a function that serves an exercise, with an answer if there is one."""
    apps = []

    def start(seed: int, lesson: str = "", answer: str = "", dataset: str = SMALL) -> FlaskClient:
        drawn = draw(seed, lesson)
        database, flags = tmp_path / "clinic.db", tmp_path / "flags.json"
        clinics.lay_out(Folder(seeded).seeded(dataset), database, drawn.lesson.prepare)
        clinics.lay_out_flags(flags, drawn, "")
        environ = {
            "DATABASE_URL": f"sqlite:///{database}",
            "CLINIC_FLAGS_FILE": str(flags),
            "OTEL_SDK_DISABLED": "true",
            "EXERCISE_SEED": str(seed),
            "EXERCISE_LESSON": lesson,
        }
        if answer:
            (tmp_path / "answer.py").write_text(answer, encoding="utf-8")
            environ["EXERCISE_ANSWER"] = str(tmp_path / "answer.py")
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        apps.append(create_app())
        return apps[-1].test_client()

    yield start
    for app in apps:
        close_app(app)


def test_no_span_says_what_is_wrong(
    seeded: Path, tmp_path: Path, processes: Processes, own_store: Tracestore
) -> None:
    drawn, database = draw(2, ""), tmp_path / "clinic.db"
    clinics.lay_out(Folder(seeded).seeded(LARGE), database, drawn.lesson.prepare)
    sends = {"OTEL_EXPORTER_OTLP_ENDPOINT": own_store.otlp, "OTEL_BSP_SCHEDULE_DELAY": "100"}
    clinic = clinics.start(processes, drawn, database, name="clinic", environ=sends)

    with ClinicClient(clinic.url) as visitor:
        page = visitor.stories(clinic.clinic_name())
    trace_id, backend = page.trace_id or "", Backend(own_store.ui, "cat-clinic")
    wait_until(
        lambda: len(backend.spans(trace_id)) >= (page.spans or 0) > MARKED_ABOVE,
        what="the page's spans",
        deadline_s=30,
    )
    stored = requests.get(f"{own_store.ui}/api/traces/{trace_id}", timeout=30).text

    assert "code.line.number" in stored
    for said in ("nplusone.detected", "nplusone.repeats", "nplusone.class"):
        assert said not in stored


def statements(client: FlaskClient, path: str) -> int:
    return int(client.get(path).headers["Server-Timing"].split('desc="')[1].split()[0])


@pytest.fixture
def clinic_name(seeded: Path) -> str:
    with closing(sqlite3.connect(Folder(seeded).seeded(SMALL))) as database:
        return oracle.clinic_names(database)[0]


def test_pages_mark_nothing_and_strategies_have_other_names(serve: Serve, seeded: Path) -> None:
    client = serve(2, "heron", dataset=LARGE)
    with closing(sqlite3.connect(Folder(seeded).seeded(LARGE))) as database:
        name, *_ = oracle.clinic_names(database)

    page = client.get(oracle.of_clinic("/success-stories", name))

    assert int(page.headers["Server-Timing"].split('desc="')[1].split()[0]) > MARKED_ABOVE
    assert 'class="telemetry"' in page.text
    assert not any(f"strategy {name}<" in page.text for name in STRATEGY_NAMES)
    assert any(f"strategy {herb}<" in page.text for herb in draw(2).herbs)


def test_an_answer_takes_the_place_of_the_strategy_in_force(serve: Serve, clinic_name: str) -> None:
    client = serve(2, "heron", "def read_cats(session, clinic_name):\n    return []\n")

    page = client.get(oracle.of_clinic("/success-stories", clinic_name))

    assert page.status_code == 200
    assert items(page.data) == []


def test_a_lesson_of_ones_own_is_one_file(serve: Serve, clinic_name: str) -> None:
    path = oracle.of_clinic("/veterinarians", clinic_name)
    repair = (
        "from clinic import queries\n\n"
        "def team_of(session, clinic_name):\n"
        "    return queries.veterinarians_of(session, clinic_name)\n"
    )

    faulty, repaired = serve(2, MINE), serve(2, MINE, repair)

    assert draw(2, MINE).lesson.name == "mine"
    assert statements(faulty, path) - statements(repaired, path) == 1
    assert items(faulty.get(path).data) == items(repaired.get(path).data) != []


@pytest.mark.parametrize(("seed", "path"), [(2, "/veterinarians"), (3, "/")])
def test_a_decoy_sends_as_many_statements_more_for_any_clinic(
    seed: int, path: str, serve: Serve, clinic_name: str
) -> None:
    decoy = draw(seed, "heron").decoy
    address = oracle.of_clinic(path, clinic_name) if path != "/" else path

    sent = statements(serve(seed, "heron"), address)

    assert decoy == {"/veterinarians": "busy", "/": "count"}[path]
    assert sent == {"busy": 7, "count": 2}[decoy]
