"""Give tests a store in a temporary folder, the application over it, and its client."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from harness.parts.start import start_tracestore
from harness.processes import Processes
from tests.tracestore.serving import Start
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
def start(processes: Processes, database: Path) -> Start:
    """Return a function that starts the real command."""
    return lambda *options: start_tracestore(processes, database, *options)
