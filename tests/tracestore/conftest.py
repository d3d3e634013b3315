"""Give tests a store in a temporary folder, the application over it, and its client."""

import contextlib
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from harness.ports import unused_port
from tests.tracestore.serving import Server, Start, command, wait_until_healthy
from tracestore.app import create_app
from tracestore.intake.decode import decode_spans
from tracestore.store.database import Store
from tracestore.store.writer import write_spans

Write = Callable[[ExportTraceServiceRequest], int]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "traces.db"


@pytest.fixture
def store(database: Path) -> Iterator[Store]:
    with Store(database, max_spans=10_000, busy_timeout_s=0.05) as opened:
        yield opened


@pytest.fixture
def app(store: Store) -> Flask:
    return create_app(store, max_body_bytes=1_000_000)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def write(store: Store) -> Write:
    """Return a function that stores a request's spans without HTTP, and says how many were new."""
    return lambda request: write_spans(store, decode_spans(request).sources)


@pytest.fixture
def start(database: Path) -> Iterator[Start]:
    with contextlib.ExitStack() as stack:

        def start(*more: str) -> Server:
            ports = (unused_port(), unused_port())
            process = stack.enter_context(
                subprocess.Popen(
                    command(database, *ports, *more), stderr=subprocess.PIPE, text=True
                )
            )
            stack.callback(process.kill)
            server = Server(process, *(f"http://127.0.0.1:{port}" for port in ports))
            wait_until_healthy(server)
            return server

        yield start
