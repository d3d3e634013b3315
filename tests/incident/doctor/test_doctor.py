"""Each part of the embedded stack is really broken, and the doctor names that part."""

import time
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version
from pathlib import Path
from threading import Thread

import pytest
from click.testing import CliRunner

from clinic.seed.datasets import DATASETS
from clinic.seed.generate import generate
from clinic.seed.load import store as store_rows
from harness.parts.start import Clinic, Tracestore, start_clinic, start_tracestore
from harness.ports import Port, unused_port
from harness.processes import Processes
from incident import cli
from incident.doctor.examine import FINE, UNKNOWN, WRONG, examine
from incident.doctor.patient import Patient, Unwell, visit
from incident.doctor.traces import clocks, stored
from incident.stack.places import Settings

HOUR_NS = 3600 * 10**9
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
    """A stack in which nothing is wrong."""
    folder = tmp_path_factory.mktemp("well")
    with Processes(folder) as processes:
        store = start_tracestore(processes, folder / "traces.db")
        env = {"OTEL_EXPORTER_OTLP_ENDPOINT": store.otlp}
        yield start_clinic(processes, folder, database, env), store


@pytest.fixture
def settings(running: tuple[Clinic, Tracestore], tmp_path: Path) -> Settings:
    clinic, store = running
    return where(clinic.port, port_of(store.ui), port_of(store.otlp), tmp_path)


def where(clinic: int, ui: int, otlp: int, var: Path) -> Settings:
    other = Port(unused_port(), "another part", "OTHER_PORT")
    return Settings(
        users=1,
        naive_seconds=0,
        core_seconds=0,
        clinic=Port(clinic, "the clinic", "CLINIC_PORT"),
        trace_ui=Port(ui, "the trace UI", "TRACE_UI_PORT"),
        otlp=Port(otlp, "the OTLP receiver", "OTLP_HTTP_PORT"),
        prometheus=other,
        locust_ui=other,
        grafana=other,
        keep_serving=False,
        var=var,
    )


def port_of(address: str) -> int:
    return int(address.rpartition(":")[2])


def states(settings: Settings, **options: object) -> dict[str, tuple[str, str]]:
    options = {"patience_s": IMPATIENCE_S, **options}
    found = examine(settings, **options)  # type: ignore[arg-type]  # each test gives what it needs
    return {one.part: (one.state, one.text) for one in found}


def wrong(found: dict[str, tuple[str, str]]) -> set[str]:
    return {part for part, (state, _) in found.items() if state != FINE}


def test_a_stack_that_is_well_gets_a_line_for_each_part_and_no_complaint(
    settings: Settings,
) -> None:
    found = states(settings, patience_s=PATIENCE_S)

    assert wrong(found) == set()
    assert list(found) == ["ports", "service", "traces", "search", "spans", "clocks", "version"]
    assert "by naive" in found["service"][1]


def test_the_command_prints_the_lines_and_tells_by_its_exit_code(settings: Settings) -> None:
    ports = [
        f"--clinic-port={settings.clinic.number}",
        f"--ui-port={settings.trace_ui.number}",
        f"--otlp-port={settings.otlp.number}",
    ]

    well = CliRunner().invoke(cli.cli, ["doctor", *ports])
    ill = CliRunner().invoke(cli.cli, ["doctor", *ports[1:], f"--clinic-port={unused_port()}"])

    assert well.exit_code == 0, well.output
    assert all(line.split()[1] == FINE for line in well.output.splitlines())
    assert ill.exit_code == 1


def test_a_clinic_that_is_not_there_is_named_and_what_depends_on_it_is_not_examined(
    settings: Settings,
) -> None:
    gone = replace(settings, clinic=Port(unused_port(), "the clinic", "CLINIC_PORT"))

    found = states(gone)

    assert found["service"][0] == WRONG
    assert "does not answer" in found["service"][1]
    assert "CLINIC_PORT" in found["ports"][1]
    assert {found[part][0] for part in ("traces", "search", "spans")} == {UNKNOWN}


def test_a_stranger_on_the_clinics_port_is_not_taken_for_it(settings: Settings) -> None:
    class Stranger(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Stranger) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        there = replace(settings, clinic=Port(server.server_port, "the clinic", "CLINIC_PORT"))
        found = states(there)
        server.shutdown()
        thread.join()

    assert found["ports"][0] == FINE
    assert "is not the clinic" in found["service"][1]


def test_a_trace_backend_that_is_not_there_is_named(settings: Settings) -> None:
    gone = replace(settings, trace_ui=Port(unused_port(), "the trace UI", "TRACE_UI_PORT"))

    found = states(gone)

    assert found["service"][0] == FINE
    assert "TRACE_UI_PORT" in found["ports"][1]
    assert {found[part][0] for part in ("traces", "search", "spans")} == {WRONG}


def test_spans_that_are_sent_nowhere_are_missed_and_then_counted_as_lost(
    database: str, tmp_path: Path
) -> None:
    nowhere = f"http://127.0.0.1:{unused_port()}"
    env = {
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": f"{nowhere}/v1/traces",
        "OTEL_EXPORTER_OTLP_TIMEOUT": "1",
    }
    with Processes(tmp_path) as processes:
        # Of its own: the figures of the stack that is well are not to be among its figures.
        own = start_tracestore(processes, tmp_path / "own.db")
        env["OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"] = f"{own.otlp}/v1/metrics"
        lossy = start_clinic(processes, tmp_path, database, env)
        here = where(lossy.port, port_of(own.ui), port_of(own.otlp), tmp_path)

        at_once = states(here)
        deadline = time.monotonic() + 60
        while own.counter("otel.sdk.exporter.span.exported", failed=True) == 0:
            assert time.monotonic() < deadline, "no failed export was counted"
            time.sleep(0.2)
        later = states(here)

    assert "0 of" in at_once["traces"][1]
    assert at_once["search"][0] == WRONG
    assert later["spans"][0] == WRONG
    assert "lost" in later["spans"][1]


def test_a_service_of_another_name_is_stored_and_not_found(
    database: str, tmp_path: Path, running: tuple[Clinic, Tracestore]
) -> None:
    store = running[1]
    env = {"OTEL_EXPORTER_OTLP_ENDPOINT": store.otlp, "OTEL_SERVICE_NAME": "dog-clinic"}
    with Processes(tmp_path) as processes:
        other = start_clinic(processes, tmp_path, database, env)
        here = where(other.port, port_of(store.ui), port_of(store.otlp), tmp_path)

        found = states(here, patience_s=PATIENCE_S)

    assert found["traces"][0] == FINE
    assert "OTEL_SERVICE_NAME" in found["search"][1]


def test_a_clinic_of_another_version_is_named(settings: Settings) -> None:
    found = states(settings, expected_version="9.9.9", patience_s=PATIENCE_S)

    assert wrong(found) == {"version"}
    assert "9.9.9" in found["version"][1]


@pytest.mark.parametrize(("shift_ns", "word"), [(HOUR_NS, "behind"), (-HOUR_NS, "ahead of")])
def test_clocks_that_differ_by_an_hour_are_named(
    settings: Settings, shift_ns: int, word: str
) -> None:
    seen = visit(settings.clinic.address, clock=lambda: time.time_ns() + shift_ns)
    patient = Patient(settings, seen, version("cat-clinic"), PATIENCE_S)
    stored(patient)

    with pytest.raises(Unwell, match=rf"3[56]\d\d\.\d s {word}"):
        clocks(patient)
