"""Send thousands of requests made from the API's own document, and bookings of any content.

No request gets a 5xx, and none an answer that the document does not tell of: its status, its type,
its shape. Half of the requests are made to be valid, half to be malformed; those that name what is
there get past the door. The same requests every time.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from clinic.app import close_app, create_app
from clinic.booking import rules as booking
from clinic.db import make_engine
from clinic.errors import ClinicError
from clinic.models import Appointment
from clinic.seed.datasets import Dataset
from clinic.seed.generate import generate
from clinic.seed.load import store
from clinic.seed.rows import Rows
from clinic.settings import Settings
from tests.clinic.bookings import booking_like

pytestmark = pytest.mark.fuzz

CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
REQUESTS = 5_000
EACH = 180
QUIET = list(HealthCheck)
NOW = datetime.now(UTC)
TOMORROW = NOW.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


@pytest.fixture(scope="module")
def database_url(own_database_url: str) -> str:
    """Give this module a database of its own: its tests write."""
    return own_database_url


@pytest.fixture
def served(settings: Settings) -> Iterator[Flask]:
    app = create_app(settings)
    yield app
    close_app(app)


def known_ids(rows: Rows) -> dict[str, Any]:
    """Return what is there, by the names that the API's addresses have for it."""
    return {
        "clinic_id": str(rows.clinic[0]["id"]),
        "owner_id": str(rows.appointment[0]["owner_id"]),
        "veterinarian_id": str(rows.veterinarian[0]["id"]),
        "appointment_id": str(rows.appointment[0]["id"]),
    }


def test_no_request_gets_an_undocumented_answer(served: Flask, rows: Rows) -> None:
    schema: Any = schemathesis.openapi.from_wsgi("/api/docs/openapi.json", served)
    answers: Counter[int] = Counter()

    def fuzz(cases: Any) -> None:
        @settings(
            max_examples=EACH,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=QUIET,
        )
        @given(case=cases)
        def ask(case: Any) -> None:
            response = case.call()
            answers[response.status_code] += 1
            case.validate_response(response, checks=CHECKS)

        ask()

    for found in schema.get_all_operations():
        operation = found.ok()
        there = {name: known_ids(rows)[name] for name in known_ids(rows) if name in operation.path}
        fuzz(operation.as_strategy(GenerationMode.POSITIVE))
        fuzz(operation.as_strategy(GenerationMode.POSITIVE, path_parameters=there))
        fuzz(operation.as_strategy(GenerationMode.NEGATIVE))
    wanted = {key: str(rows.appointment[0][key]) for key in rows.appointment[0] if "_id" in key}
    half_hours = st.integers(0, 30_000).map(lambda number: TOMORROW + number * booking.SLOT)
    starts = st.one_of(half_hours, st.datetimes(timezones=st.timezones()))
    bodies = starts.map(lambda start: wanted | {"start": start.isoformat()})
    fuzz(bodies.map(lambda body: schema["/api/appointments"]["post"].Case(body=body)))

    assert sum(answers.values()) >= REQUESTS, answers
    assert {200, 201, 400, 404, 409, 422} <= set(answers)
    assert not any(status >= 500 for status in answers)


@settings(
    max_examples=500, deadline=None, derandomize=True, database=None, suppress_health_check=QUIET
)
@given(
    minutes=st.integers(-100_000, 2_000_000),
    seconds=st.sampled_from([0, 0, 0, 1, 59]),
    cat=st.integers(0, 20),
    veterinarian=st.integers(0, 5),
)
def test_booking_is_granted_just_when_every_rule_holds(
    session: Session, rows: Rows, minutes: int, seconds: int, cat: int, veterinarian: int
) -> None:
    start = TOMORROW + timedelta(minutes=minutes, seconds=seconds)
    chosen = rows.cat[cat % len(rows.cat)], rows.veterinarian[veterinarian % len(rows.veterinarian)]
    wanted = booking_like(
        rows.appointment[0] | {"cat_id": chosen[0]["id"], "veterinarian_id": chosen[1]["id"]}, start
    )
    is_free = not session.scalar(
        select(func.count())
        .select_from(Appointment)
        .where(Appointment.veterinarian_id == wanted.veterinarian_id, Appointment.start == start)
    )
    session.rollback()
    by_the_rules = (
        NOW < start <= NOW + booking.MOST_AHEAD
        and start.timestamp() % 1800 == 0
        and chosen[0]["owner_id"] == wanted.owner_id
        and chosen[1]["clinic_id"] == wanted.clinic_id
    )

    try:
        booking.book(session, wanted, now=NOW)
        granted = True
    except ClinicError:
        granted = False

    assert granted == (by_the_rules and is_free)


@settings(
    max_examples=40, deadline=None, derandomize=True, database=None, suppress_health_check=QUIET
)
@given(data=st.data())
def test_dataset_of_any_size_is_stored_whole(data: st.DataObject, tmp_path_factory: Any) -> None:
    def between(low: int, high: int) -> tuple[int, int]:
        begin = data.draw(st.integers(low, high))
        return begin, data.draw(st.integers(begin, high))

    dataset = Dataset(
        name="any",
        clinics=data.draw(st.integers(1, 150)),
        veterinarians_per_clinic=between(1, 12),
        people=data.draw(st.integers(1, 80)),
        cats_per_person=between(1, 10),
        appointments_per_person=between(0, 20),
    )
    url = f"sqlite:///{tmp_path_factory.mktemp('any')}/any.db"

    rows = generate(dataset, data.draw(st.integers(0, 2**63)))
    store(url, rows)

    engine = make_engine(url)
    with engine.connect() as connection:
        kept = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        stored = connection.exec_driver_sql("SELECT count(*) FROM appointment").scalar()
    engine.dispose()
    assert kept == []
    assert stored == rows.counts["appointment"] == len(rows.appointment)


@settings(
    max_examples=300, deadline=None, derandomize=True, database=None, suppress_health_check=QUIET
)
@given(text=st.text(), other=st.text())
def test_pages_take_any_text_for_a_query(served: Flask, text: str, other: str) -> None:
    client = served.test_client()

    statuses = {
        client.get("/owners", query_string={"clinic": text, "name": other}).status_code,
        client.get("/success-stories", query_string={"clinic": text}).status_code,
        client.post(
            f"/owners/{'0' * 8}-0000-0000-0000-{'0' * 12}/schedule", data={text: other}
        ).status_code,
    }

    assert statuses <= {200, 400, 404, 413}


def test_no_driver_error_is_a_clinic_error() -> None:
    """Hold that a refusal, as the booking test above accepts it, is not a database that failed."""
    assert not issubclass(DBAPIError, ClinicError)
