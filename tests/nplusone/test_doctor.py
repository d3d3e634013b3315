"""Examine a real clinic's way to a real backend, and one that is broken in each of its places."""

import subprocess
from pathlib import Path

import pytest

from clinic.seed.datasets import DATASETS
from clinic.seed.generate import generate
from clinic.seed.load import store
from harness.parts.start import Clinic, Tracestore, start_clinic
from harness.ports import unused_port
from harness.processes import Processes
from harness.project import tool
from otel_nplusone.doctor import State, ahead_of, examine

SECOND_NS = 1_000_000_000
SENT_NS, ANSWERED_NS = 10 * SECOND_NS, 12 * SECOND_NS


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> str:
    url = f"sqlite:///{tmp_path_factory.mktemp('clinic')}/clinic.db"
    store(url, generate(DATASETS["test"], seed=20))
    return url


def started(
    processes: Processes, folder: Path, database: str, backend: Tracestore, **env: str
) -> Clinic:
    sends = {"OTEL_EXPORTER_OTLP_ENDPOINT": backend.otlp, "OTEL_BSP_SCHEDULE_DELAY": "100"}
    return start_clinic(processes, folder, database, sends | env)


def stories(clinic: Clinic) -> str:
    return f"{clinic.url}/success-stories?clinic={clinic.clinic_name().replace(' ', '+')}"


def doctor(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [tool("otel-nplusone"), "doctor", *words], capture_output=True, text=True, timeout=120
    )


def test_a_service_whose_traces_arrive_is_fine_and_what_it_repeats_is_told(
    processes: Processes, tmp_path: Path, database: str, own_store: Tracestore
) -> None:
    clinic = started(processes, tmp_path, database, own_store)

    done = doctor(stories(clinic), "--backend", own_store.ui)

    assert done.returncode == 0, done.stdout + done.stderr
    parts = [line.split()[:2] for line in done.stdout.splitlines() if line[0] != " "]
    assert parts == [
        [part, "fine"]
        for part in (
            *("service", "backend", "trace", "name", "request", "clock", "statements", "n+1"),
        )
    ]
    assert "GET /success-stories" in done.stdout
    assert "FROM cat WHERE cat.id = ? ×" in " ".join(done.stdout.split())


def test_a_service_that_sends_nothing_is_told_what_may_be_missing(
    processes: Processes, tmp_path: Path, database: str, own_store: Tracestore
) -> None:
    clinic = started(processes, tmp_path, database, own_store, OTEL_SDK_DISABLED="true")

    done = doctor(stories(clinic), "--backend", own_store.ui, "--wait", "1s")

    assert done.returncode == 1
    said = " ".join(done.stdout.split())
    assert "service fine answered 200" in said
    assert "trace WRONG no span of the request is stored after 1 s" in said
    assert "OTEL_SDK_DISABLED" in said and "OTEL_EXPORTER_OTLP_ENDPOINT" in said
    assert "statements – not examined" in said


def test_a_service_that_begins_traces_of_its_own_is_told_apart_from_a_silent_one(
    processes: Processes, tmp_path: Path, database: str, own_store: Tracestore
) -> None:
    clinic = started(processes, tmp_path, database, own_store, OTEL_PROPAGATORS="none")

    found = {one.part: one for one in examine(stories(clinic), own_store.ui, patience_s=3)}

    assert found["trace"].state is State.WRONG
    assert "does not go on with the trace of its caller" in found["trace"].text
    assert "OTEL_PROPAGATORS" in found["trace"].text


def test_a_page_that_fails_or_reads_nothing_is_named_and_the_rest_examined(
    processes: Processes, tmp_path: Path, database: str, own_store: Tracestore
) -> None:
    clinic = started(processes, tmp_path, database, own_store)

    found = {one.part: one for one in examine(f"{clinic.url}/nowhere", own_store.ui)}

    assert found["service"].state is State.WRONG
    assert "it answered 404" in found["service"].text
    assert found["trace"].state is State.FINE
    assert found["request"].state is State.WRONG
    assert "no http.route" in found["request"].text
    assert found["statements"].state is State.WRONG
    assert "no span is a database's" in found["statements"].text


def test_whoever_does_not_answer_is_named(own_store: Tracestore) -> None:
    nobody = f"http://127.0.0.1:{unused_port()}"

    no_service = {one.part: one for one in examine(f"{nobody}/cats", own_store.ui)}
    no_backend = {one.part: one for one in examine(own_store.ui, nobody)}

    assert no_service["service"].state is State.WRONG
    assert "is the service running?" in no_service["service"].text
    assert no_service["backend"].state is State.FINE
    assert no_service["trace"].state is State.UNKNOWN
    assert no_backend["backend"].state is State.WRONG
    assert "is the backend running?" in no_backend["backend"].text
    assert no_backend["trace"].state is State.UNKNOWN


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["books.example/list"], "is not an address"),
        (["http://127.0.0.1:5000", "--backend", "jaeger"], "'jaeger' is not an address"),
        (["http://127.0.0.1:5000", "--header", "Cookie"], "say 'NAME: VALUE'"),
        (["http://127.0.0.1:5000", "--wait", "soon"], "soon"),
    ],
)
def test_bad_words_are_refused(words: list[str], said: str) -> None:
    done = doctor(*words)

    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("start_ns", "ahead_ns"),
    [
        (SENT_NS - SECOND_NS, 0),
        (SENT_NS - SECOND_NS - 1, -SECOND_NS - 1),
        (ANSWERED_NS + SECOND_NS, 0),
        (ANSWERED_NS + SECOND_NS + 1, SECOND_NS + 1),
    ],
)
def test_clocks_agree_within_a_second_and_not_a_nanosecond_more(
    start_ns: int, ahead_ns: int
) -> None:
    assert ahead_of(start_ns, SENT_NS, ANSWERED_NS) == ahead_ns
