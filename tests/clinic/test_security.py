"""Test what other sites' pages cannot do, and what every answer tells the browser."""

import pytest
from flask.testing import FlaskClient

from clinic.app import create_app
from clinic.errors import SettingsError
from clinic.settings import Settings

FORM = "/owners/00000000-0000-0000-0000-000000000000/schedule"


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://[broken"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
    ],
)
@pytest.mark.parametrize("path", [FORM, "/api/appointments"])
def test_form_of_another_site_is_refused(
    path: str, headers: dict[str, str], client: FlaskClient
) -> None:
    response = client.post(path, headers=headers)

    assert response.status_code == 403
    assert "another site" in response.text


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://localhost"},
    ],
)
def test_own_forms_and_programs_are_heard(headers: dict[str, str], client: FlaskClient) -> None:
    response = client.post(FORM, headers=headers)

    assert response.status_code == 400
    assert "Choose a cat" in response.text


def test_link_from_another_site_is_followed(client: FlaskClient) -> None:
    response = client.get("/", headers={"Sec-Fetch-Site": "cross-site"})

    assert response.status_code == 200


@pytest.mark.parametrize("path", ["/", "/api/clinics", "/nowhere", "/static/clinic.css"])
def test_every_answer_carries_the_headers(path: str, client: FlaskClient) -> None:
    with client.get(path) as response:
        headers = response.headers

    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "script" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"


def test_only_the_viewer_may_run_scripts_and_only_its_own(client: FlaskClient) -> None:
    policy = client.get("/api/docs").headers["Content-Security-Policy"]

    assert "script-src 'self';" in policy
    assert "connect-src 'self'" in policy


def test_pages_have_no_script(client: FlaskClient) -> None:
    assert "<script" not in client.get("/").text


def test_https_is_kept(client: FlaskClient) -> None:
    secure = client.get("/", base_url="https://localhost")
    plain = client.get("/")

    assert "Strict-Transport-Security" in secure.headers
    assert "Strict-Transport-Security" not in plain.headers


def test_debug_mode_is_refused(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASK_DEBUG", "1")

    with pytest.raises(SettingsError, match="FLASK_DEBUG"):
        create_app(settings)
