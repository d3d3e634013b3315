"""Test the real command as a process, with the real exporter."""

import concurrent.futures
import signal
import socket
import sqlite3
import time
from pathlib import Path

import pytest
import requests
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from harness.clients.otlp import send_spans
from tests.tracestore.samples import TRACE, naive_trace, request
from tests.tracestore.serving import DEADLINE_S, Start, run, stop


def test_the_sdks_spans_come_back_from_the_query_api(start: Start) -> None:
    server = start()
    provider = TracerProvider(resource=Resource.create({"service.name": "cat-clinic"}))
    provider.add_span_processor(
        BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{server.otlp}/v1/traces"))
    )
    with provider.get_tracer("tests").start_as_current_span("GET /") as root:
        trace_id = f"{root.get_span_context().trace_id:032x}"
        with provider.get_tracer("tests").start_as_current_span("SELECT cat"):
            pass
    provider.shutdown()

    assert {span["name"] for span in server.spans_of(trace_id)} == {"GET /", "SELECT cat"}
    assert "SELECT cat" in requests.get(f"{server.ui}/trace/{trace_id}", timeout=30).text


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(start: Start, database: Path, number: signal.Signals) -> None:
    server = start()
    send_spans(server.otlp, request(naive_trace()).SerializeToString())

    code, said = stop(server, number)

    assert code == 0
    assert said.splitlines() == [f"tracestore: traces on {server.ui}, OTLP/HTTP on {server.otlp}"]
    assert not database.with_name("traces.db-wal").exists()


def test_a_request_that_is_being_handled_is_answered_before_the_end(
    start: Start, database: Path
) -> None:
    server = start()
    other = sqlite3.connect(database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")  # the handler waits for this lock
    with concurrent.futures.ThreadPoolExecutor() as pool:
        sent = pool.submit(send_spans, server.otlp, request(naive_trace()).SerializeToString())
        time.sleep(1)  # nothing tells from outside that the request has arrived

        server.child.process.send_signal(signal.SIGTERM)
        other.execute("ROLLBACK")
        other.close()

        sent.result(timeout=DEADLINE_S)
    assert server.child.process.wait(timeout=DEADLINE_S) == 0


def test_a_taken_port_is_named_with_its_option(database: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        ended = run(database, ui_port=port)

    assert ended.returncode == 2
    assert len(ended.stderr.splitlines()) == 1
    for part in (str(port), "UI", "--ui-port"):
        assert part in ended.stderr
    assert not database.exists()


def test_a_file_of_another_kind_ends_it_with_a_sentence(database: Path) -> None:
    database.write_text("not a database at all" * 50)

    ended = run(database)

    assert ended.returncode == 2
    assert ended.stderr.splitlines() == [
        f"tracestore: {database} is not an SQLite database: choose another --database"
    ]


def test_a_second_server_on_the_file_is_refused(start: Start, database: Path) -> None:
    server = start()

    ended = run(database)

    assert ended.returncode == 2
    assert "another tracestore" in ended.stderr
    send_spans(server.otlp, request(naive_trace(TRACE)).SerializeToString())


def test_a_host_beyond_loopback_is_warned_of(start: Start) -> None:
    server = start("--host", "0.0.0.0")

    _, said = stop(server)

    assert "no authentication" in said


def test_an_invalid_host_is_named(database: Path) -> None:
    ended = run(database, "--host", "256.1.1.1")

    assert ended.returncode == 2
    assert "256.1.1.1" in ended.stderr
    assert "choose another --host" in ended.stderr
