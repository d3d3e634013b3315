"""Test the clinic as it runs: gunicorn, its fork, its signals, with and without a trace backend."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import requests

from harness.parts.start import Clinic, Tracestore, start_clinic, wait_for
from harness.processes import Processes
from harness.waiting import wait_until

IN_FLIGHT = 8
STARTED = "otel.sdk.span.started"
EXPORTED = "otel.sdk.exporter.span.exported"


def open_stories(clinic: Clinic, name: str) -> requests.Response:
    return clinic.get("/success-stories", clinic=name, strategy="naive")


def trace_id(response: requests.Response) -> str:
    return response.headers["traceresponse"].split("-")[1]


def spans_created(response: requests.Response) -> int:
    part = next(p for p in response.headers["Server-Timing"].split(", ") if p.startswith("spans"))
    return int(part.split('"')[1])


def started_workers(clinic: Clinic) -> list[str]:
    return [line for line in clinic.child.log.read_text().splitlines() if "telemetry:" in line]


def accepted(clinic: Clinic) -> int:
    """Count the connections that the workers have taken; the rest wait in the listener's queue."""
    workers = psutil.Process(clinic.child.pid).children()
    return sum(
        connection.status == psutil.CONN_ESTABLISHED and connection.laddr.port == clinic.port
        for worker in workers
        for connection in worker.net_connections("tcp4")
    )


def test_every_worker_exports_and_a_stop_in_full_flight_loses_no_span(
    processes: Processes, own_store: Tracestore, tmp_path: Path, demo_url: str
) -> None:
    env = {"OTEL_EXPORTER_OTLP_ENDPOINT": own_store.otlp, "WEB_CONCURRENCY": "2"}
    clinic = start_clinic(processes, tmp_path, demo_url, env)
    name = clinic.clinic_name()
    wait_until(lambda: len(started_workers(clinic)) == 2, what="two workers", deadline_s=20)

    with ThreadPoolExecutor(IN_FLIGHT) as visitors:
        answers = [visitors.submit(open_stories, clinic, name) for _ in range(IN_FLIGHT)]
        wait_until(lambda: accepted(clinic) == IN_FLIGHT, what="all requests", deadline_s=10)
        clinic.child.process.terminate()
        responses = [answer.result() for answer in answers]
    clinic.child.process.wait(timeout=35)

    assert clinic.child.process.returncode == 0
    assert [response.status_code for response in responses] == [200] * IN_FLIGHT
    for response in responses:
        assert len(own_store.spans_of(trace_id(response))) == spans_created(response) > 300
    # The home page's requests are in these as well: both ends agree on everything.
    assert own_store.counter(STARTED) == own_store.counter(EXPORTED)
    assert own_store.counter(EXPORTED, failed=True) == 0


def test_stored_trace_says_that_it_is_an_n_plus_one(
    processes: Processes, own_store: Tracestore, tmp_path: Path, database_url: str
) -> None:
    env = {"OTEL_EXPORTER_OTLP_ENDPOINT": own_store.otlp, "OTEL_BSP_SCHEDULE_DELAY": "100"}
    clinic = start_clinic(processes, tmp_path, database_url, env)
    response = open_stories(clinic, clinic.clinic_name())

    def root() -> dict[str, Any] | None:
        spans = own_store.spans_of(trace_id(response))
        return next((span for span in spans if not span.get("parentSpanId")), None)

    wait_until(lambda: root() is not None, what="the request's span", deadline_s=30)

    found = root()
    assert found is not None
    attributes = {pair["key"]: pair["value"] for pair in found["attributes"]}
    assert attributes["nplusone.detected"] == {"boolValue": True}
    assert "clinic/db.py" in attributes["nplusone.code"]["stringValue"]


def test_one_line_at_start_says_what_goes_where(
    processes: Processes, own_store: Tracestore, tmp_path: Path, database_url: str
) -> None:
    # Set to nothing, which gunicorn by itself takes for a number that it is not.
    env = {"OTEL_EXPORTER_OTLP_ENDPOINT": own_store.otlp, "WEB_CONCURRENCY": ""}
    clinic = start_clinic(processes, tmp_path, database_url, env)

    lines = started_workers(clinic)

    assert len(lines) == 1
    otlp = own_store.otlp
    assert f"traces to {otlp}/v1/traces, metrics to {otlp}/v1/metrics" in lines[0]


def test_clinic_without_a_backend_answers_and_complains_once(
    processes: Processes, free_port: int, tmp_path: Path, database_url: str
) -> None:
    env = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{free_port}",
        "OTEL_EXPORTER_OTLP_TIMEOUT": "1",
        "OTEL_BSP_SCHEDULE_DELAY": "50",
    }
    clinic = start_clinic(processes, tmp_path, database_url, env)
    name = clinic.clinic_name()

    statuses = {open_stories(clinic, name).status_code for _ in range(20)}
    processes.stop(clinic.child)

    complaints = [
        line for line in clinic.child.log.read_text().splitlines() if "opentelemetry" in line
    ]
    assert statuses == {200}
    assert len(complaints) == 1


def test_spans_lost_while_the_backend_is_down_are_counted(
    processes: Processes, own_store: Tracestore, tmp_path: Path, database_url: str
) -> None:
    env = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": own_store.otlp,
        # Less than the first wait before another try: a batch that fails is lost.
        "OTEL_EXPORTER_OTLP_TIMEOUT": "0.5",
        "OTEL_BSP_SCHEDULE_DELAY": "50",
        # The complaint that is waited for is then the trace exporter's.
        "OTEL_METRIC_EXPORT_INTERVAL": "60000",
    }
    clinic = start_clinic(processes, tmp_path, database_url, env)
    name = clinic.clinic_name()

    processes.stop(own_store.child)
    lost = open_stories(clinic, name)
    wait_until(
        lambda: "Failed to export" in clinic.child.log.read_text(), what="a loss", deadline_s=20
    )
    processes.start(own_store.child.command)
    wait_for(processes, f"{own_store.ui}/healthz")
    kept = open_stories(clinic, name)
    processes.stop(clinic.child)

    failed = own_store.counter(EXPORTED, failed=True)
    assert failed > 0
    assert own_store.counter(STARTED) == own_store.counter(EXPORTED) + failed
    assert len(own_store.spans_of(trace_id(kept))) == spans_created(kept)
    assert own_store.spans_of(trace_id(lost)) == []
