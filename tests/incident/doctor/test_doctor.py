"""Break each part of the embedded stack, and see the doctor name it."""

import time
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version
from pathlib import Path

import pytest
from click.testing import CliRunner

from clinic.seed.datasets import DATASETS
from clinic.seed.generate import generate
from clinic.seed.load import store as store_rows
from harness.background import serving
from harness.parts.start import Clinic, Tracestore, start_clinic, start_tracestore
from harness.ports import Port, unused_port
from harness.processes import Processes
from harness.waiting import wait_until
from incident import cli
from incident.doctor.examine import FINE, UNKNOWN, WRONG, examine
from incident.doctor.patient import Patient, Unwell, visit
from incident.doctor.traces import clocks, stored
from incident.stack.places import Stack

HOUR_NS = 3600 * 10**9
SECOND_NS = 10**9
SENT_NS = 1_784_000_000 * SECOND_NS
ANSWERED_NS = SENT_NS + 5 * SECOND_NS
# A part that works answers within it on a busy machine; of what is broken, no more is waited for.
PATIENCE_S = 30
IMPATIENCE_S = 2


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> str:
    url = f"sqlite:///{tmp_path_factory.mktemp('clinic')}/clinic.db"
    store_rows(url, generate(DATASETS["test"], seed=1))
    return url


@pytest.fixture(scope="module")
def running(
    database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Clinic, Tracestore]]:
    """Start a stack in which nothing is wrong."""
    folder = tmp_path_factory.mktemp("well")
    with Processes(folder) as processes:
        store = start_tracestore(processes, folder / "traces.db")
        env = {"OTEL_EXPORTER_OTLP_ENDPOINT": store.otlp}
        yield start_clinic(processes, folder, database, env), store


@pytest.fixture
def stack(running: tuple[Clinic, Tracestore]) -> Stack:
    clinic, store = running
    return where(clinic.port, store)


def where(clinic: int, store: Tracestore) -> Stack:
    told = Stack()
    return replace(
        told,
        clinic=replace(told.clinic, number=clinic),
        trace_ui=replace(told.trace_ui, number=port_of(store.ui)),
        otlp=replace(told.otlp, number=port_of(store.otlp)),
    )


def port_of(address: str) -> int:
    return int(address.rpartition(":")[2])


def states(stack: Stack, **options: object) -> dict[str, tuple[str, str]]:
    options = {"patience_s": IMPATIENCE_S, **options}
    found = examine(stack, **options)  # type: ignore[arg-type]  # each test gives what it needs
    return {one.part: (one.state, one.text) for one in found}


def wrong(found: dict[str, tuple[str, str]]) -> set[str]:
    return {part for part, (state, _) in found.items() if state != FINE}


def test_a_stack_that_is_well_gets_a_line_for_each_part_and_no_complaint(
    stack: Stack,
) -> None:
    found = states(stack, patience_s=PATIENCE_S)

    assert wrong(found) == set()
    assert list(found) == ["ports", "service", "traces", "search", "spans", "clocks", "version"]
    assert "by naive" in found["service"][1]


def test_the_command_prints_the_lines_and_tells_by_its_exit_code(stack: Stack) -> None:
    ports = [
        f"--clinic-port={stack.clinic.number}",
        f"--ui-port={stack.trace_ui.number}",
        f"--otlp-port={stack.otlp.number}",
    ]

    well = CliRunner().invoke(cli.cli, ["doctor", *ports])
    ill = CliRunner().invoke(cli.cli, ["doctor", *ports[1:], f"--clinic-port={unused_port()}"])

    assert well.exit_code == 0, well.output
    assert all(line.split()[1] == FINE for line in well.output.splitlines())
    assert ill.exit_code == 1


def test_a_clinic_that_is_not_there_is_named_and_what_depends_on_it_is_not_examined(
    stack: Stack,
) -> None:
    gone = replace(stack, clinic=Port(unused_port(), "the clinic", "CLINIC_PORT"))

    found = states(gone)

    assert found["service"][0] == WRONG
    assert "does not answer" in found["service"][1]
    assert "CLINIC_PORT" in found["ports"][1]
    assert {found[part][0] for part in ("traces", "search", "spans")} == {UNKNOWN}


def test_a_stranger_on_the_clinics_port_is_not_taken_for_it(stack: Stack) -> None:
    class Stranger(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Stranger)
    there = replace(stack, clinic=Port(server.server_port, "the clinic", "CLINIC_PORT"))
    with serving(server):
        found = states(there)

    assert found["ports"][0] == FINE
    assert "is not the clinic" in found["service"][1]


def test_a_trace_backend_that_is_not_there_is_named(stack: Stack) -> None:
    gone = replace(stack, trace_ui=Port(unused_port(), "the trace UI", "TRACE_UI_PORT"))

    found = states(gone)

    assert found["service"][0] == FINE
    assert "TRACE_UI_PORT" in found["ports"][1]
    assert {found[part][0] for part in ("traces", "search", "spans")} == {WRONG}


def test_spans_that_are_sent_nowhere_are_missed_and_then_counted_as_lost(
    processes: Processes, database: str, own_store: Tracestore, tmp_path: Path
) -> None:
    nowhere = f"http://127.0.0.1:{unused_port()}"
    env = {
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"{nowhere}/v1/traces",
        # Of its own: the figures of the stack that is well are not to be among its figures.
        "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": f"{own_store.otlp}/v1/metrics",
        "OTEL_EXPORTER_OTLP_TIMEOUT": "1",
    }
    lossy = start_clinic(processes, tmp_path, database, env)
    here = where(lossy.port, own_store)

    at_once = states(here)
    wait_until(
        lambda: own_store.counter("otel.sdk.exporter.span.exported", failed=True),
        what="a failed export that is counted",
        deadline_s=60,
    )
    later = states(here)

    assert "0 of" in at_once["traces"][1]
    assert at_once["search"][0] == WRONG
    assert later["spans"][0] == WRONG
    assert "lost" in later["spans"][1]


def test_a_service_of_another_name_is_stored_and_not_found(
    processes: Processes, database: str, tmp_path: Path, running: tuple[Clinic, Tracestore]
) -> None:
    store = running[1]
    env = {"OTEL_EXPORTER_OTLP_ENDPOINT": store.otlp, "OTEL_SERVICE_NAME": "dog-clinic"}
    other = start_clinic(processes, tmp_path, database, env)
    here = where(other.port, store)

    found = states(here, patience_s=PATIENCE_S)

    assert found["traces"][0] == FINE
    assert "OTEL_SERVICE_NAME" in found["search"][1]


def test_a_clinic_of_another_version_is_named(stack: Stack) -> None:
    found = states(stack, expected_version="9.9.9", patience_s=PATIENCE_S)

    assert wrong(found) == {"version"}
    assert "9.9.9" in found["version"][1]


@pytest.mark.parametrize(("shift_ns", "word"), [(HOUR_NS, "behind"), (-HOUR_NS, "ahead of")])
def test_clocks_that_differ_by_an_hour_are_named(stack: Stack, shift_ns: int, word: str) -> None:
    seen = visit(stack.clinic.address, clock=lambda: time.time_ns() + shift_ns)
    patient = Patient(stack, seen, version("cat-clinic"), PATIENCE_S)
    stored(patient)

    with pytest.raises(Unwell, match=rf"3[56]\d\d\.\d s {word}"):
        clocks(patient)


def test_the_first_span_of_a_trace_tells_the_clock(stack: Stack) -> None:
    seen = visit(stack.clinic.address)
    patient = Patient(stack, seen, version("cat-clinic"), PATIENCE_S)
    stored(patient)
    first_ns = min(span.start_time_unix_nano for span in patient.backend.spans(patient.trace_id))

    with pytest.raises(Unwell, match=r"1\.0 s behind"):
        clocks(replace(patient, page=replace(seen, sent_ns=first_ns + SECOND_NS + 1)))
