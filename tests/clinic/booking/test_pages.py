"""Follow an owner's way through the pages, as a browser without JavaScript goes it."""

import re
import uuid
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient

from clinic.booking.rules import Booking
from clinic.pages.formats import day, moment, sentence_end
from clinic.seed.rows import Rows
from tests.clinic.bookings import as_form


@pytest.fixture(scope="module")
def database_url(own_database_url: str) -> str:
    """Give this module a database of its own: its tests write."""
    return own_database_url


@pytest.fixture
def owner(rows: Rows, wanted: Booking) -> dict[str, Any]:
    return next(person for person in rows.person if person["id"] == wanted.owner_id)


def test_owners_of_a_clinic_are_found_by_surname(
    client: FlaskClient, rows: Rows, owner: dict[str, Any], wanted: Booking
) -> None:
    name = next(c["name"] for c in rows.clinic if c["id"] == wanted.clinic_id)
    beginning = owner["surname"][:3].lower()

    page = client.get("/owners", query_string={"clinic": name, "name": beginning}).text

    assert f"/owners/{owner['id']}" in page
    shown = re.findall(r'class="owner"><a[^>]*>([^<,]+)', page)
    assert {unescape(surname)[:3].lower() for surname in shown} == {beginning}


def test_search_that_finds_nobody_says_so(client: FlaskClient, clinic_name: str) -> None:
    page = client.get("/owners", query_string={"clinic": clinic_name, "name": "100%"})

    assert page.status_code == 200
    assert "No owners match" in page.text


def test_owners_are_paged(client: FlaskClient, clinic_name: str) -> None:
    page = client.get("/owners", query_string={"clinic": clinic_name, "page": 2}).text

    assert 'rel="prev"' in page
    assert 'rel="next"' not in page


@pytest.mark.parametrize("page", ["0", "-1", "x", "10000", "1e3"])
def test_page_that_is_no_number_is_a_clear_error(
    page: str, client: FlaskClient, clinic_name: str
) -> None:
    response = client.get("/owners", query_string={"clinic": clinic_name, "page": page})

    assert response.status_code == 400
    assert "A page is a number" in response.text


def test_owner_page_shows_cats_in_their_fur_colour_and_the_preferred_veterinarian(
    client: FlaskClient, rows: Rows, wanted: Booking
) -> None:
    own = [cat for cat in rows.cat if cat["owner_id"] == wanted.owner_id]
    doctor = next(p for p in rows.person if p["id"] == wanted.veterinarian_id)

    page = client.get(f"/owners/{wanted.owner_id}").text

    assert page.count('class="cat"') == len(own)
    assert all(f"fur-{cat['color'].name.lower()}" in page for cat in own)
    assert f"Usually sees {doctor['given_name']} {doctor['surname']}" in page


def test_schedule_page_offers_the_preferred_veterinarian_first(
    client: FlaskClient, wanted: Booking
) -> None:
    page = client.get(f"/owners/{wanted.owner_id}/schedule").text

    assert f'<option value="{wanted.veterinarian_id}" selected>' in page
    assert page.count('type="radio"') > 0


def test_appointment_is_booked_confirmed_and_cancelled(
    client: FlaskClient, wanted: Booking
) -> None:
    booked = client.post(f"/owners/{wanted.owner_id}/schedule", data=as_form(wanted))
    confirmed = client.get(booked.headers["Location"]).text
    address = booked.headers["Location"].partition("?")[0]
    seen = client.get(address).text
    listed = client.get(f"/owners/{wanted.owner_id}").text
    cancelled = client.post(f"{address}/cancel")
    after = client.get(cancelled.headers["Location"]).text

    assert (booked.status_code, cancelled.status_code) == (303, 303)
    assert "The appointment is booked." in confirmed
    assert "The appointment is booked." not in seen
    assert all(moment(wanted.start) in page for page in (confirmed, seen, listed))
    assert address in listed
    assert "The appointment is cancelled." in after
    assert "No appointment is booked." in after
    assert client.get(address).status_code == 404


def test_slot_that_was_taken_meanwhile_is_explained_on_the_form(
    client: FlaskClient, wanted: Booking
) -> None:
    address = f"/owners/{wanted.owner_id}/schedule"
    client.post(address, data=as_form(wanted))

    second = client.post(address, data=as_form(wanted))

    assert second.status_code == 409
    assert 'role="alert"' in second.text
    assert "has just been taken" in second.text
    assert day(wanted.start) in second.text


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("cat", "Tom", "Choose a cat: 'Tom' is not an id."),
        ("clinic", "", "Choose a clinic first."),
        ("veterinarian", "1", "Choose a veterinarian: '1' is not an id."),
        ("start", "", "Choose a time first."),
        ("start", "tomorrow", "Choose a time: 'tomorrow' is not a time."),
        ("start", "0001-01-01T00:00:00+14:00", "Choose a time"),
    ],
)
def test_malformed_form_is_a_clear_error(
    field: str, value: str, words: str, client: FlaskClient, wanted: Booking
) -> None:
    form = as_form(wanted) | {field: value}

    response = client.post(f"/owners/{wanted.owner_id}/schedule", data=form)

    assert response.status_code == 400
    assert words in unescape(response.text)


def test_day_that_is_none_is_a_clear_error(client: FlaskClient, wanted: Booking) -> None:
    response = client.get(f"/owners/{wanted.owner_id}/schedule?day=31.12.2026")

    assert response.status_code == 400
    assert "A day is written like" in response.text


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_day_far_away_has_no_free_time(day: str, client: FlaskClient, wanted: Booking) -> None:
    response = client.get(f"/owners/{wanted.owner_id}/schedule?day={day}")

    assert response.status_code == 200
    assert "No time is free" in response.text


def test_past_appointment_offers_no_cancelling(client: FlaskClient, rows: Rows) -> None:
    address = f"/appointments/{rows.appointment[0]['id']}"

    page = client.get(address).text
    response = client.post(address + "/cancel")

    assert "Cancel this" not in page
    assert response.status_code == 409


@pytest.mark.parametrize("path", ["/owners/{}", "/owners/{}/schedule", "/appointments/{}"])
def test_unknown_and_malformed_ids_are_not_found(path: str, client: FlaskClient) -> None:
    statuses = {client.get(path.format(id_)).status_code for id_ in (uuid.uuid4(), "42", "x' --")}

    assert statuses == {404}


def test_owner_who_never_came_may_still_be_looked_at(client: FlaskClient, rows: Rows) -> None:
    doctor = rows.veterinarian[0]["id"]

    page = client.get(f"/owners/{doctor}")

    assert page.status_code == 200
    assert "Has not been to a clinic yet" in page.text


@pytest.mark.parametrize(("name", "stop"), [("Bay Cat Clinic", "."), ("Bay Cats & Co.", "")])
def test_sentence_that_ends_with_a_name_has_one_full_stop(name: str, stop: str) -> None:
    assert sentence_end(name) == stop


def test_days_are_written_without_a_zero() -> None:
    assert moment(datetime(2026, 7, 4, 9, 30, tzinfo=UTC)) == "Saturday, 4 July 2026, 09:30 UTC"
