"""The clinic finds its own N+1: in its traces, its metrics, and its tests."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sqlalchemy import Engine

from clinic import close_app, create_app
from clinic.db import EXTENSION
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

AssertConstant = Callable[..., None]


class GrowingClinic:
    """An application whose database has as many clinics, veterinarians and cats as it is told."""

    def __init__(self, app: Flask, database_url: str) -> None:
        self._client = app.test_client()
        self._url = database_url
        self._name = ""
        self.engine: Engine = app.extensions[EXTENSION]

    def grow(self, size: int) -> None:
        """Have so many clinics, each with as many veterinarians, and a cat for each of those."""
        dataset = Dataset(
            name="growing",
            clinics=size,
            veterinarians_per_clinic=(size, size),
            people=size * size,
            cats_per_person=(1, 1),
            appointments_per_person=(1, 1),
        )
        rows = generate(dataset, seed=1)
        # A SQLite file is replaced by another; open connections would go on with the old one.
        self.engine.dispose()
        store(self._url, rows)
        self._name = rows.clinic[0]["name"]

    def get(self, path: str, **query: str) -> None:
        response = self._client.get(path.format(clinic=self._name), query_string=query or None)
        assert response.status_code == 200

    def stories(self, path: str, strategy: str) -> None:
        self.get(path, clinic=self._name, strategy=strategy)


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


@pytest.mark.parametrize("path", ["/", "/api/clinics", "/veterinarians?clinic={clinic}"])
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
