"""The clinic finds its own N+1: in its traces, its metrics, and its tests."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from clinic import booking, close_app, create_app
from clinic.db import EXTENSION
from clinic.models import Appointment, Clinic
from clinic.seed.datasets import Dataset
from clinic.seed.generate import generate
from clinic.seed.load import store
from clinic.settings import Settings
from clinic.stories import STRATEGIES
from otel_nplusone.errors import TooManyQueriesError

from .metrics import data_points
from .spans import roots, statements

GROWING = {"naive", "identity_map", "lazy", "batched"}
STORIES = ("/success-stories", "/api/success-stories")
# Each of them lists rows that grow with the clinic.
LISTS = (
    "/",
    "/api/clinics",
    "/veterinarians?clinic={clinic}",
    "/api/clinics/{clinic_id}/veterinarians",
    "/owners?clinic={clinic}",
    "/api/clinics/{clinic_id}/owners",
    "/owners/{owner_id}",
    "/api/owners/{owner_id}/cats",
    "/api/owners/{owner_id}/appointments",
    "/owners/{owner_id}/schedule?day={day}",
    "/api/veterinarians/{veterinarian_id}/free-slots?day={day}",
)

AssertConstant = Callable[..., None]


class GrowingClinic:
    """An application whose database has as many of everything as it is told."""

    def __init__(self, app: Flask, database_url: str) -> None:
        self._client = app.test_client()
        self._url = database_url
        self._places: dict[str, str] = {}
        self.engine: Engine = app.extensions[EXTENSION]

    def grow(self, size: int) -> None:
        """Have so many clinics, each with as many veterinarians, and an owner for each of those.

        Each owner has as many cats, and the one who is asked for as many appointments to come.
        """
        dataset = Dataset(
            name="growing",
            clinics=size,
            veterinarians_per_clinic=(size, size),
            people=size * size,
            cats_per_person=(size, size),
            appointments_per_person=(1, 1),
        )
        # A SQLite file is replaced by another; open connections would go on with the old one.
        self.engine.dispose()
        store(self._url, generate(dataset, seed=1))
        with Session(self.engine) as session:
            self._places = make_appointments(session, size)

    def get(self, path: str, **query: str) -> None:
        response = self._client.get(self._filled(path), query_string=query or None)
        assert response.status_code == 200

    def _filled(self, path: str) -> str:
        return path.format(**{name: quote(value) for name, value in self._places.items()})

    def stories(self, path: str, strategy: str) -> None:
        self.get(path, clinic=self._places["clinic"], strategy=strategy)


def make_appointments(session: Session, number: int) -> dict[str, str]:
    """Book for an owner who was here before; return who, where, with whom, and on which day."""
    before, clinic = session.execute(
        select(Appointment, Clinic.name)
        .join(Clinic, Clinic.id == Appointment.clinic_id)
        .order_by(Clinic.name, Appointment.id)
        .limit(1)
    ).one()
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    first = datetime.combine(tomorrow, time(8), UTC)
    places = {
        "clinic": clinic,
        "clinic_id": str(before.clinic_id),
        "owner_id": str(before.owner_id),
        "veterinarian_id": str(before.veterinarian_id),
        "day": tomorrow.isoformat(),
    }
    wanted = [
        booking.Booking(
            cat_id=before.cat_id,
            owner_id=before.owner_id,
            clinic_id=before.clinic_id,
            veterinarian_id=before.veterinarian_id,
            start=first + slot * booking.SLOT,
        )
        for slot in range(number)
    ]
    for one in wanted:
        booking.book(session, one, now=first - booking.SLOT)
    return places


@pytest.fixture
def growing(settings: Settings, new_database: Callable[[str], str]) -> Iterator[GrowingClinic]:
    url = new_database("growing")
    app = create_app(replace(settings, database_url=url))
    yield GrowingClinic(app, url)
    close_app(app)


def marks(exporter: InMemorySpanExporter) -> Mapping[str, object]:
    """Return what the request's span says of its statements."""
    (root,) = roots(exporter)
    return {k: v for k, v in (root.attributes or {}).items() if k.startswith("nplusone.")}


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("path", STORIES)
def test_only_these_strategies_send_more_statements_for_more_cats(
    path: str, strategy: str, growing: GrowingClinic, assert_constant_queries: AssertConstant
) -> None:
    expected = pytest.raises(TooManyQueriesError) if strategy in GROWING else nullcontext()

    with expected:
        assert_constant_queries(
            lambda: growing.stories(path, strategy), growing.grow, engine=growing.engine
        )


@pytest.mark.parametrize("path", LISTS)
def test_lists_send_the_same_statements_for_more_rows(
    path: str, growing: GrowingClinic, assert_constant_queries: AssertConstant
) -> None:
    assert_constant_queries(lambda: growing.get(path), growing.grow, engine=growing.engine)


def test_span_of_a_naive_request_names_the_n_plus_one_and_its_line(
    client: FlaskClient, exporter: InMemorySpanExporter, clinic_name: str
) -> None:
    client.get("/success-stories", query_string={"clinic": clinic_name, "strategy": "naive"})

    said = marks(exporter)
    assert said["nplusone.detected"] is True
    assert said["nplusone.class"] in {"n_plus_one", "nested"}
    assert said["nplusone.statements"] == len(statements(exporter))
    assert "stories.py" in str(said["nplusone.code"])
    assert "naive" in str(said["nplusone.code"])


def test_span_of_a_fixed_request_says_nothing(
    client: FlaskClient, exporter: InMemorySpanExporter, clinic_name: str
) -> None:
    client.get("/success-stories", query_string={"clinic": clinic_name, "strategy": "core"})

    assert marks(exporter) == {}


def test_lazy_request_names_the_relationship(
    client: FlaskClient, exporter: InMemorySpanExporter, clinic_name: str
) -> None:
    client.get("/success-stories", query_string={"clinic": clinic_name, "strategy": "lazy"})

    told = {(span.attributes or {}).get("nplusone.relationship") for span in statements(exporter)}
    assert "Appointment.cat" in told


def test_findings_are_counted_by_route_and_class(
    client: FlaskClient, metric_reader: InMemoryMetricReader, clinic_name: str
) -> None:
    for strategy in ("naive", "core"):
        client.get("/success-stories", query_string={"clinic": clinic_name, "strategy": strategy})

    points = dict(data_points(metric_reader))
    assert points["nplusone.findings"].attributes["http.route"] == "/success-stories"
    assert points["nplusone.request.statements"].count == 2
