"""Test pages and JSON, and what bad input gets."""

import json
import re
from html import escape, unescape
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient

from clinic.seed.rows import Rows


def test_home_links_every_clinic(client: FlaskClient, rows: Rows) -> None:
    page = client.get("/").text

    for clinic in rows.clinic:
        assert f"<h2>{escape(clinic['name'])}</h2>" in page
    assert "/success-stories?clinic=" in page


def test_success_stories_page_shows_a_card_for_each_cat(
    client: FlaskClient, clinic_name: str
) -> None:
    cats = client.get("/api/success-stories", query_string={"clinic": clinic_name}).json

    page = client.get("/success-stories", query_string={"clinic": clinic_name}).text

    assert cats is not None
    assert cats["count"] == len(cats["cats"]) > 0
    assert f'data-cat-count="{cats["count"]}"' in page
    assert page.count('class="cat"') == cats["count"]
    assert f"<h1>{escape(clinic_name)}</h1>" in page


def test_footer_tells_statements_strategy_and_trace(client: FlaskClient, clinic_name: str) -> None:
    response = client.get(
        "/success-stories", query_string={"clinic": clinic_name, "strategy": "core"}
    )

    trace_id = response.headers["traceresponse"].split("-")[1]
    assert "<span>1 SQL statement</span>" in response.text
    assert "<span>strategy core</span>" in response.text
    assert f"http://127.0.0.1:16686/trace/{trace_id}" in response.text


def test_api_describes_a_cat(client: FlaskClient, clinic_name: str) -> None:
    answer = client.get("/api/success-stories", query_string={"clinic": clinic_name}).json

    assert answer is not None
    assert answer["clinic"] == clinic_name
    assert answer["strategy"] == "naive"
    assert set(answer["cats"][0]) == {"id", "name", "age", "color", "lives"}


def test_veterinarians_page_lists_those_of_the_clinic(
    client: FlaskClient, clinic_name: str, rows: Rows
) -> None:
    expected = sum(v["clinic_id"] == rows.clinic[0]["id"] for v in rows.veterinarian)

    page = client.get("/veterinarians", query_string={"clinic": clinic_name}).text

    assert f'data-veterinarian-count="{expected}"' in page
    assert page.count('class="veterinarian"') == expected


@pytest.mark.parametrize("path", ["/success-stories", "/veterinarians", "/owners"])
@pytest.mark.parametrize("query", ["", "?clinic="])
def test_page_without_a_clinic_offers_every_clinic(
    path: str, query: str, client: FlaskClient, rows: Rows
) -> None:
    response = client.get(path + query)

    assert response.status_code == 200
    for clinic in rows.clinic:
        address = f"{path}?{urlencode({'clinic': clinic['name']})}"
        assert f'<a href="{escape(address)}">{escape(clinic["name"])}</a>' in response.text
        assert client.get(address).status_code == 200


def test_api_without_a_clinic_says_what_is_missing(client: FlaskClient) -> None:
    response = client.get("/api/success-stories")

    assert response.status_code == 400
    assert "Say which clinic" in response.text


def test_home_says_what_to_try(client: FlaskClient) -> None:
    page = client.get("/").text

    [address] = re.findall(r'class="button" href="([^"]+)"', page)
    assert address.startswith("/success-stories?clinic=")
    assert client.get(unescape(address)).status_code == 200


def test_clinics_are_found_by_a_part_of_their_name(client: FlaskClient, rows: Rows) -> None:
    name = rows.clinic[0]["name"]
    others = [clinic["name"] for clinic in rows.clinic if name not in clinic["name"]]

    page = client.get("/", query_string={"name": name[1:].upper()}).text

    assert f"<h2>{escape(name)}</h2>" in page
    assert not any(f"<h2>{escape(other)}</h2>" in page for other in others)
    assert "Show all" in page


@pytest.mark.parametrize("text", ["nowhere at all", "%", "_"])
def test_search_for_a_clinic_that_is_not_there_leads_back(text: str, client: FlaskClient) -> None:
    page = client.get("/", query_string={"name": text}).text

    assert "No clinic has" in page
    assert '<a href="/">Show all</a>' in page


def test_page_of_many_statements_marks_their_number(client: FlaskClient, clinic_name: str) -> None:
    pages = {
        strategy: client.get(
            "/success-stories", query_string={"clinic": clinic_name, "strategy": strategy}
        ).text
        for strategy in ("naive", "core")
    }

    assert 'class="telemetry many"' in pages["naive"]
    assert 'class="telemetry"' in pages["core"]


@pytest.mark.parametrize("path", ["/success-stories", "/veterinarians", "/api/success-stories"])
@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("?clinic=" + "x" * 121, 400, "at most 120 characters"),
        ("?clinic=a%00b", 400, "control characters"),
        ("?clinic=%FF%FE", 404, "There is no clinic"),
        ("?clinic=Nowhere", 404, "There is no clinic"),
    ],
)
def test_malformed_query_gets_a_clear_error(
    path: str, query: str, status: int, words: str, client: FlaskClient
) -> None:
    response = client.get(path + query)

    assert response.status_code == status
    assert words in response.text
    assert "Traceback" not in response.text


def test_markup_in_a_name_is_shown_and_not_executed(client: FlaskClient) -> None:
    page = client.get("/success-stories?clinic=<script>alert(1)</script>").text

    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_error_is_json_for_who_asks_for_json(client: FlaskClient) -> None:
    response = client.get("/success-stories?clinic=Nowhere", headers={"Accept": "application/json"})

    assert json.loads(response.text) == {
        "error": "not_found",
        "message": "There is no clinic named 'Nowhere'.",
    }


def test_unknown_address_gets_a_page(client: FlaskClient) -> None:
    response = client.get("/nowhere")

    assert response.status_code == 404
    assert "Back to all clinics" in response.text


def test_wrong_method_names_the_right_ones(client: FlaskClient) -> None:
    response = client.post("/success-stories")

    assert response.status_code == 405
    assert "GET" in response.headers["Allow"]


def test_oversized_body_is_refused(client: FlaskClient) -> None:
    response = client.get("/", data=b"x" * (64 * 1024 + 1))

    assert response.status_code == 413


def test_strategy_of_a_request_is_validated(client: FlaskClient, clinic_name: str) -> None:
    response = client.get("/success-stories", query_string={"clinic": clinic_name, "strategy": "x"})

    assert response.status_code == 400
    assert "naive, identity_map" in response.text
