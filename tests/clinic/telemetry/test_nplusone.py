"""Test that the clinic finds its own N+1: in its traces, its metrics, and its tests."""

import re
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from clinic.app import close_app, create_app
from clinic.booking.rules import SLOT
from clinic.db import EXTENSION
from clinic.models import Appointment, Cat
from clinic.seed.datasets import Dataset
from clinic.seed.generate import generate
from clinic.seed.load import store
from clinic.seed.rows import Rows
from clinic.settings import Settings
from clinic.stories.strategies import STRATEGIES
from clinic.telemetry.providers import Telemetry
from otel_nplusone.errors import TooManyQueriesError
from otel_nplusone.live import NPlusOneSpanProcessor
from otel_nplusone.read import stands_for, statement_of
from tests.clinic.bookings import a_free_start
from tests.clinic.metrics import data_points
from tests.clinic.spans import roots, statements

GROWING = {"naive", "identity_map", "lazy", "batched"}
STORIES = ("/success-stories", "/api/success-stories")

# Everything else that reads: one owner has as many cats and appointments as there are rows.
LISTS = (
    "/",
    "/veterinarians?clinic={clinic}",
    "/owners?clinic={clinic}",
    "/owners/{owner_id}",
    "/owners/{owner_id}/schedule?day={day}",
    "/appointments/{appointment_id}",
    "/api/clinics",
    "/api/clinics/{clinic_id}/veterinarians",
    "/api/clinics/{clinic_id}/owners",
    "/api/owners/{owner_id}",
    "/api/owners/{owner_id}/cats",
    "/api/owners/{owner_id}/appointments",
    "/api/veterinarians/{veterinarian_id}/free-slots?day={day}",
    "/api/appointments/{appointment_id}",
)
WITHOUT_ROWS = {
    "docs.document",
    "docs.static",
    "docs.viewer",
    "health.healthz",
    "health.readyz",
    "static",
}

AssertConstant = Callable[..., None]


class GrowingClinic:
    """Serve an application whose database has a given number of clinics, veterinarians and cats."""

    def __init__(self, app: Flask, database_url: str) -> None:
        self._client = app.test_client()
        self._url = database_url
        self._named: dict[str, str] = {}
        self.engine: Engine = app.extensions[EXTENSION]

    def grow(self, size: int) -> None:
        """Have `size` clinics, each with as many veterinarians, and a cat for each of those."""
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
        visit = rows.appointment[0]
        self._named = {key: str(value) for key, value in visit.items()} | {
            "clinic": rows.clinic[0]["name"],
            "appointment_id": str(visit["id"]),
        }
        self._book(visit, size)

    def _book(self, visit: Mapping[str, Any], size: int) -> None:
        """Give an appointment's owner as many more cats, each with an appointment to come."""
        first = a_free_start()
        self._named["day"] = str(first.date())
        with Session(self.engine) as session:
            for number in range(size):
                cat = Cat(id=uuid.uuid4(), name="Another", owner_id=visit["owner_id"])
                session.add(cat)
                session.flush()
                changed = {"id": uuid.uuid4(), "cat_id": cat.id, "start": first + number * SLOT}
                session.add(Appointment(**{**visit, **changed}))
            session.commit()

    def get(self, path: str, **query: str) -> None:
        response = self._client.get(path.format(**self._named), query_string=query or None)
        assert response.status_code == 200

    def stories(self, path: str, strategy: str) -> None:
        self.get(path, clinic=self._named["clinic"], strategy=strategy)


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


def test_no_route_that_reads_is_left_out(app: Flask) -> None:
    some_id = str(uuid.uuid4())
    filled = [re.sub(r"\{\w+_id\}", some_id, path).partition("?")[0] for path in LISTS]

    asked = {app.url_map.bind("").match(path)[0] for path in (*filled, *STORIES)}

    ours = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and rule.endpoint not in WITHOUT_ROWS
    }
    assert asked == ours


def test_span_of_a_naive_request_names_the_n_plus_one_and_its_line(
    client: FlaskClient, exporter: InMemorySpanExporter, clinic_name: str
) -> None:
    client.get("/success-stories", query_string={"clinic": clinic_name, "strategy": "naive"})

    said = marks(exporter)
    assert said["nplusone.detected"] is True
    assert said["nplusone.class"] in {"n_plus_one", "nested"}
    assert said["nplusone.statements"] == len(statements(exporter))
    assert "clinic/db.py" in str(said["nplusone.code"])
    assert "get_cat" in str(said["nplusone.code"])
    statement, loop = str(said["nplusone.code.path"]).split(" ← ")
    assert re.search(r"clinic/db\.py:\d+ QueryMixin\.get_cat$", statement)
    assert re.search(r"clinic/db\.py:\d+ QueryMixin\.list_cats_seen_at$", loop)


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


def test_a_slow_page_that_is_folded_leaves_a_tenth_of_its_spans(
    demo_url: str, demo_rows: Rows, tmp_path: Path
) -> None:
    exported: list[list[ReadableSpan]] = []
    for fold in (False, True):
        exporter, meter_provider = InMemorySpanExporter(), MeterProvider(shutdown_on_exit=False)
        tracer_provider = TracerProvider(shutdown_on_exit=False)
        processor = NPlusOneSpanProcessor(
            SimpleSpanProcessor(exporter), meter_provider=meter_provider, fold=fold
        )
        tracer_provider.add_span_processor(processor)
        settings = Settings(
            database_url=demo_url,
            flags_file=tmp_path / "flags.json",
            allow_strategy_override=True,
        )
        app = create_app(settings, Telemetry(tracer_provider, meter_provider))
        query = {"clinic": demo_rows.clinic[7]["name"], "strategy": "naive"}
        app.test_client().get("/success-stories", query_string=query)
        close_app(app)
        exported.append(list(exporter.get_finished_spans()))

    whole, folded = exported
    asked = [Counter[str](), Counter[str]()]
    for spans, counts in zip(exported, asked, strict=True):
        for span in spans:
            text = statement_of(span.attributes or {})
            if text is not None:
                counts[text] += stands_for(span.attributes or {})
    assert asked[0] == asked[1]
    assert len(folded) * 10 <= len(whole)
    marks = [
        {
            key: value
            for key, value in (spans[-1].attributes or {}).items()
            if key.startswith("nplusone.")
        }
        for spans in exported
    ]
    assert marks[0] == marks[1] != {}
