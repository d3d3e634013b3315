"""Test who gets the Success Stories: a share of sessions, and always the same ones."""

import json
import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from clinic.flags import evaluation as flags
from clinic.flags.file import parse
from clinic.flags.provider import FlagdEvaluation
from clinic.settings import Settings
from clinic.stories.strategies import STRATEGIES
from tests.clinic.flag_files import put, with_audience
from tests.clinic.spans import roots, statements

NOBODY = [["on", 0], ["off", 100]]
HALF = [["on", 50], ["off", 50]]
IDS = [f"session-{number}" for number in range(10_000)]

LetIn = Callable[[list[object]], set[str]]


@pytest.fixture
def let_in(app: Flask) -> LetIn:
    """Tell which of the ids are in the audience of these weights, by pure evaluation."""

    def evaluate(weights: list[object]) -> set[str]:
        with app.app_context():
            in_force: flags.Evaluation = app.extensions[flags.EXTENSION]
            provider = in_force.client.provider
            assert isinstance(provider, FlagdEvaluation)
            provider.take(parse(with_audience(weights), STRATEGIES))
            return {name for name in IDS if flags.in_audience(name)}

    return evaluate


@pytest.fixture
def coming_soon(settings: Settings) -> None:
    """Let nobody in; ask for it before the application."""
    settings.flags_file.parent.mkdir(parents=True)
    put(settings.flags_file, with_audience(list(NOBODY)))


@pytest.fixture
def client_of_nobody(coming_soon: None, client: FlaskClient) -> FlaskClient:
    return client


def sees_stories(client: FlaskClient, clinic_name: str, headers: dict[str, str]) -> bool:
    query = {"clinic": clinic_name, "strategy": "core"}
    page = client.get("/success-stories", query_string=query, headers=headers)
    assert page.status_code == 200
    return "data-cat-count" in page.text


@pytest.mark.parametrize("percent", [5, 50])
def test_share_of_sessions_is_the_fraction(percent: int, let_in: LetIn) -> None:
    inside = let_in([["on", percent], ["off", 100 - percent]])

    # Four standard deviations of a fair draw.
    deviation = (percent * (100 - percent) / len(IDS)) ** 0.5
    assert 100 * len(inside) / len(IDS) == pytest.approx(percent, abs=4 * deviation)


def test_larger_audience_keeps_everybody_of_the_smaller_one(let_in: LetIn) -> None:
    five, half, everybody = (let_in([["on", p], ["off", 100 - p]]) for p in (5, 50, 100))

    assert five < half < everybody == set(IDS)


def test_session_stays_on_its_side(let_in: LetIn) -> None:
    first, second = let_in(list(HALF)), let_in(list(HALF))

    assert first == second


def test_who_is_not_in_the_audience_gets_a_page_that_sends_no_statement(
    client_of_nobody: FlaskClient, clinic_name: str, exporter: InMemorySpanExporter
) -> None:
    response = client_of_nobody.get("/success-stories", query_string={"clinic": clinic_name})

    assert response.status_code == 200
    assert "Coming soon" in response.text
    assert "0 SQL statements" in response.text
    assert len(roots(exporter)) == 1
    assert statements(exporter) == []


def test_api_says_that_stories_are_coming_soon_without_a_statement(
    client_of_nobody: FlaskClient, clinic_name: str, exporter: InMemorySpanExporter
) -> None:
    response = client_of_nobody.get("/api/success-stories", query_string={"clinic": clinic_name})

    assert response.status_code == 404
    assert json.loads(response.text) == {
        "error": "coming_soon",
        "message": "Success stories are coming soon.",
    }
    assert statements(exporter) == []


def test_rest_of_the_clinic_is_there_for_everybody(
    client_of_nobody: FlaskClient, clinic_name: str
) -> None:
    response = client_of_nobody.get("/veterinarians", query_string={"clinic": clinic_name})

    assert "data-veterinarian-count" in response.text


def test_visitor_without_an_id_gets_a_cookie_that_scripts_cannot_read(
    client: FlaskClient, clinic_name: str
) -> None:
    response = client.get("/success-stories", query_string={"clinic": clinic_name})

    [cookie] = response.headers.getlist("Set-Cookie")
    assert re.match(r"clinic-session=[\w-]{22}; ", cookie)
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert {"x-session-id", "cookie"} <= {name.lower() for name in response.vary}


def test_cookies_are_of_many_visitors(app: Flask, clinic_name: str) -> None:
    cookies = {
        app.test_client()
        .get("/success-stories", query_string={"clinic": clinic_name, "strategy": "core"})
        .headers["Set-Cookie"]
        for _ in range(5)
    }

    assert len(cookies) == 5


@pytest.mark.parametrize("headers", [{"X-Session-Id": "a"}, {"Cookie": "clinic-session=a"}])
def test_visitor_with_an_id_gets_no_other(
    headers: dict[str, str], app: Flask, clinic_name: str
) -> None:
    client = app.test_client(use_cookies=False)

    response = client.get("/success-stories", query_string={"clinic": clinic_name}, headers=headers)

    assert response.headers.getlist("Set-Cookie") == []


@pytest.mark.parametrize("form", ["X-Session-Id: {}", "Cookie: clinic-session={}"])
def test_page_follows_the_id_of_the_header_or_the_cookie(
    form: str, settings: Settings, app: Flask, clinic_name: str, let_in: LetIn
) -> None:
    inside = let_in(list(HALF))
    client = app.test_client(use_cookies=False)

    for session_id in IDS[:10]:
        headers = dict([form.format(session_id).split(": ")])
        assert sees_stories(client, clinic_name, headers) == (session_id in inside)


def test_header_goes_before_the_cookie(app: Flask, clinic_name: str, let_in: LetIn) -> None:
    inside = let_in(list(HALF))
    yes, no = min(inside), min(set(IDS) - inside)
    client = app.test_client(use_cookies=False)

    headers = {"X-Session-Id": yes, "Cookie": f"clinic-session={no}"}

    assert sees_stories(client, clinic_name, headers)


@pytest.mark.parametrize("header", ["a b", "x" * 129, "caf\xe9"])
def test_unusable_header_is_an_error(header: str, client: FlaskClient, clinic_name: str) -> None:
    response = client.get(
        "/success-stories", query_string={"clinic": clinic_name}, headers={"X-Session-Id": header}
    )

    assert response.status_code == 400
    assert "X-Session-Id needs 1 to 128" in response.text


def test_unusable_cookie_is_replaced(app: Flask, clinic_name: str) -> None:
    client = app.test_client(use_cookies=False)
    headers = {"Cookie": f"clinic-session={'x' * 200}"}

    response = client.get("/success-stories", query_string={"clinic": clinic_name}, headers=headers)

    assert response.status_code == 200
    assert len(response.headers.getlist("Set-Cookie")) == 1
