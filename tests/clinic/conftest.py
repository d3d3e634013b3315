"""Provide a clinic with the small dataset, its client, and the telemetry it leaves behind."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from clinic.app import close_app, create_app
from clinic.booking.rules import Booking
from clinic.db import ClinicSession, make_engine
from clinic.seed.datasets import DATASETS
from clinic.seed.generate import generate
from clinic.seed.load import store
from clinic.seed.rows import Rows
from clinic.settings import Settings
from clinic.telemetry.environment import DEFAULTS
from clinic.telemetry.providers import Telemetry
from otel_nplusone.live import NPlusOneSpanProcessor

from .bookings import a_free_start, booking_like


@pytest.fixture(autouse=True)
def otel_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    """Return the standard variables as the clinic sets them."""
    for name, value in DEFAULTS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="session")
def rows() -> Rows:
    return generate(DATASETS["test"], seed=1)


@pytest.fixture(scope="session")
def database_url(rows: Rows, new_database: Callable[[str], str]) -> str:
    url = new_database("test")
    store(url, rows)
    return url


@pytest.fixture(scope="module")
def own_database_url(rows: Rows, new_database: Callable[[str], str]) -> str:
    """Make a database like the others', for a module whose tests write."""
    url = new_database("own")
    store(url, rows)
    return url


@pytest.fixture
def session(database_url: str) -> Iterator[ClinicSession]:
    engine = make_engine(database_url)
    with ClinicSession(engine) as session:
        yield session
    engine.dispose()


@pytest.fixture
def wanted(rows: Rows) -> Booking:
    """Return a booking that keeps to every rule, at a time that no other test has."""
    return booking_like(rows.appointment[0], a_free_start())


@pytest.fixture(scope="session")
def demo_rows() -> Rows:
    return generate(DATASETS["demo"], seed=20)


@pytest.fixture(scope="session")
def demo_url(demo_rows: Rows, new_database: Callable[[str], str]) -> str:
    url = new_database("demo")
    store(url, demo_rows)
    return url


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return Settings(
        database_url=database_url,
        flags_file=tmp_path / "flags" / "flags.json",
        allow_strategy_override=True,
    )


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def metric_reader() -> InMemoryMetricReader:
    return InMemoryMetricReader()


@pytest.fixture
def providers(
    exporter: InMemorySpanExporter, metric_reader: InMemoryMetricReader
) -> Iterator[Telemetry]:
    meter_provider = MeterProvider([metric_reader], shutdown_on_exit=False)
    tracer_provider = TracerProvider(shutdown_on_exit=False, meter_provider=meter_provider)
    tracer_provider.add_span_processor(
        NPlusOneSpanProcessor(SimpleSpanProcessor(exporter), meter_provider=meter_provider)
    )
    telemetry = Telemetry(tracer_provider, meter_provider)
    yield telemetry
    telemetry.shutdown()


@pytest.fixture
def app(settings: Settings, providers: Telemetry) -> Iterator[Flask]:
    app = create_app(settings, providers)
    app.testing = False
    yield app
    close_app(app)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def clinic_name(rows: Rows) -> str:
    name: str = rows.clinic[0]["name"]
    return name
