"""Test the JSON API next to the pages, and the document that describes it."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from clinic.booking.rules import Booking
from clinic.seed.rows import Rows
from tests.clinic.bookings import as_json


@pytest.fixture(scope="module")
def database_url(own_database_url: str) -> str:
    """Give this module a database of its own: its tests write."""
    return own_database_url


def get(client: FlaskClient, path: str, **query: Any) -> Any:
    return client.get(path, query_string=query).json


def test_lists_are_paged_and_tell_the_total(client: FlaskClient) -> None:
    whole = get(client, "/api/clinics")
    parts = [get(client, "/api/clinics", limit=1, offset=offset) for offset in range(3)]

    assert [clinic for part in parts for clinic in part["clinics"]] == whole["clinics"]
    assert {part["total"] for part in parts} == {3}
    assert get(client, "/api/clinics", offset=3)["clinics"] == []


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 101}, {"offset": -1}, {"limit": "x"}])
def test_part_that_cannot_be_is_a_clear_error(query: dict[str, Any], client: FlaskClient) -> None:
    response = client.get("/api/clinics", query_string=query)

    assert response.status_code == 400
    assert response.json is not None
    assert next(iter(query)) in response.json["message"]


def test_clinic_leads_to_veterinarians_and_owners(client: FlaskClient, rows: Rows) -> None:
    clinic = rows.clinic[0]
    working = sum(vet["clinic_id"] == clinic["id"] for vet in rows.veterinarian)
    coming = {a["owner_id"] for a in rows.appointment if a["clinic_id"] == clinic["id"]}

    veterinarians = get(client, f"/api/clinics/{clinic['id']}/veterinarians")
    owners = get(client, f"/api/clinics/{clinic['id']}/owners")

    assert len(veterinarians["veterinarians"]) == veterinarians["total"] == working
    assert {owner["id"] for owner in owners["owners"]} == {str(owner) for owner in coming}


def test_owner_has_a_preferred_veterinarian_and_cats(
    client: FlaskClient, rows: Rows, wanted: Booking
) -> None:
    own = {str(cat["id"]) for cat in rows.cat if cat["owner_id"] == wanted.owner_id}

    owner = get(client, f"/api/owners/{wanted.owner_id}")
    cats = get(client, f"/api/owners/{wanted.owner_id}/cats")

    assert owner["preferred_veterinarian"]["id"] == str(wanted.veterinarian_id)
    assert {cat["id"] for cat in cats["cats"]} == own


def test_appointment_is_booked_seen_and_cancelled(client: FlaskClient, wanted: Booking) -> None:
    booked = client.post("/api/appointments", json=as_json(wanted))
    assert booked.json is not None
    address = booked.headers["Location"]
    seen = get(client, address)
    coming = get(client, f"/api/owners/{wanted.owner_id}/appointments")
    gone = client.delete(address)

    assert booked.status_code == 201
    assert seen == booked.json
    assert seen["start"] == wanted.start.isoformat()
    assert seen["cat"]["id"] == str(wanted.cat_id)
    assert seen in coming["appointments"]
    assert (gone.status_code, client.get(address).status_code) == (204, 404)


def test_free_slots_are_those_that_can_be_booked(client: FlaskClient, wanted: Booking) -> None:
    path = f"/api/veterinarians/{wanted.veterinarian_id}/free-slots"
    day = wanted.start.date().isoformat()
    before = get(client, path, day=day)["slots"]

    client.post("/api/appointments", json=as_json(wanted))

    assert set(before) - set(get(client, path, day=day)["slots"]) == {wanted.start.isoformat()}


def test_start_in_another_zone_is_the_same_slot(client: FlaskClient, wanted: Booking) -> None:
    local = as_json(wanted) | {"start": wanted.start.strftime("%Y-%m-%dT16:00:00+05:30")}

    first = client.post("/api/appointments", json=local)
    second = client.post("/api/appointments", json=as_json(wanted))

    assert (first.status_code, second.status_code) == (201, 409)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"cat_id": "Tom"}, "cat_id"),
        ({"cat_id": None}, "cat_id"),
        ({"start": "soon"}, "start"),
        ({"start": "2030-01-01T10:00:00"}, "start"),
        ({"start": "0001-01-01T00:00:00+14:00"}, "start"),
        ({"start": 1e300}, "start"),
        ({"price": 5}, "price"),
    ],
)
def test_mistyped_body_is_a_clear_error(
    change: dict[str, Any], words: str, client: FlaskClient, wanted: Booking
) -> None:
    response = client.post("/api/appointments", json=as_json(wanted) | change)

    assert response.status_code == 400
    assert response.json is not None
    assert words in response.json["message"]


@pytest.mark.parametrize("body", ["", "{", "[]", "null", '"text"', "[[[[", "\udcff"])
def test_body_that_is_no_object_is_a_clear_error(body: str, client: FlaskClient) -> None:
    data = body.encode("utf-8", "surrogateescape")

    response = client.post("/api/appointments", data=data, content_type="application/json")

    assert response.status_code == 400
    assert response.json is not None
    assert response.json["error"] == "bad_request"


def test_oversized_body_is_refused(client: FlaskClient, wanted: Booking) -> None:
    body = as_json(wanted) | {"cat_id": "x" * 65_536}

    response = client.post("/api/appointments", json=body)

    assert response.status_code == 413
    assert response.json is not None
    assert response.json["error"] == "request_entity_too_large"


def test_rule_that_is_broken_is_named(client: FlaskClient, wanted: Booking) -> None:
    past = as_json(wanted) | {"start": "2020-01-01T10:00:00Z"}

    response = client.post("/api/appointments", json=past)

    assert response.status_code == 422
    assert response.json is not None
    assert "future" in response.json["message"]


@pytest.mark.parametrize(
    "path", ["/api/owners/42", "/api/clinics/x/owners", "/api/appointments/%00"]
)
def test_malformed_id_is_a_clear_error(path: str, client: FlaskClient) -> None:
    response = client.get(path)

    assert response.status_code == 400
    assert response.json is not None
    assert "valid UUID" in response.json["message"]


def test_document_is_openapi_3_1_and_names_every_address(client: FlaskClient) -> None:
    document = get(client, "/api/docs/openapi.json")

    assert document["openapi"].startswith("3.1")
    assert len(document["paths"]) >= 9
    assert "/api/success-stories" in document["paths"]
    assert not any("health" in path for path in document["paths"])
    responses = document["paths"]["/api/appointments"]["post"]["responses"]
    assert {"201", "400", "409", "422", "503"} <= set(responses)


def test_viewer_is_served_from_here_without_inline_script(client: FlaskClient) -> None:
    page = client.get("/api/docs")

    assert page.status_code == 200
    assert "<script>" not in page.text
    assert "http" not in page.text.split("<footer")[0].replace("127.0.0.1", "")
    with client.get("/api/docs/swagger/js/swagger-ui-bundle.js") as script:
        assert script.status_code == 200
