"""Test that every caller reads an error in the form of the API that it called."""

from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]  # it ships no types

AGAIN = "the store cannot be used now: try again"
JAEGER: dict[str, Any] = {"error": {"httpCode": 503, "message": AGAIN}}
LEGACY: dict[str, Any] = {
    "data": None,
    "total": 0,
    "limit": 0,
    "offset": 0,
    "errors": [{"code": 503, "msg": AGAIN}],
}


@pytest.fixture
def broken(client: FlaskClient, database: Path) -> FlaskClient:
    """Break the database file of a running server."""
    for file in database.parent.glob("traces.db*"):
        file.unlink()
    database.mkdir()
    return client


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/v3/services", JAEGER),
        ("/healthz", JAEGER),
        ("/api/metrics/latest", JAEGER),
        ("/api/tracestore/traces/1/findings", JAEGER),
        ("/api/services", LEGACY),
        ("/api/traces/1", LEGACY),
    ],
)
def test_an_api_asks_to_try_again_in_its_own_form(
    broken: FlaskClient, path: str, body: dict[str, Any]
) -> None:
    response = broken.get(path)

    assert (response.status_code, response.headers["Retry-After"]) == (503, "1")
    assert response.get_json() == body


@pytest.mark.parametrize("path", ["/search", "/trace/1", "/trace/1/matches"])
def test_a_page_asks_to_try_again_and_leads_back(broken: FlaskClient, path: str) -> None:
    response = broken.get(path)

    assert (response.status_code, response.headers["Retry-After"]) == (503, "1")
    assert AGAIN in response.text
    assert 'href="/search"' in response.text


@pytest.mark.parametrize("path", ["/v1/traces", "/api/transform", "/upload"])
def test_a_body_over_the_limit_is_told_the_limit(client: FlaskClient, path: str) -> None:
    kinds = {
        "/v1/traces": "application/x-protobuf",
        "/upload": "multipart/form-data; boundary=x",
    }

    response = client.post(
        path, data=b" " * 1_000_001, content_type=kinds.get(path, "application/json")
    )

    assert response.status_code == 413
    said = Status.FromString(response.data).message if path == "/v1/traces" else response.text
    assert "larger than 1000000 bytes" in said


@pytest.mark.parametrize("path", ["/v1/nothing", "/api/nothing", "/api/v3/nothing"])
def test_an_unknown_address_of_an_api_answers_in_json(client: FlaskClient, path: str) -> None:
    response = client.get(path)

    assert (response.status_code, response.get_json()["error"]["httpCode"]) == (404, 404)
