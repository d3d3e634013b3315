import json
import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.tracestore.conftest import Write
from tests.tracestore.samples import START, TRACE, naive_trace, request, span
from tracestore.app import create_app
from tracestore.store.database import Store

EVIL = "<script>alert(1)</script>"


def text_of(html: str) -> str:
    """Return what a reader sees: without tags, with single spaces."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_the_root_leads_to_the_list(client: FlaskClient) -> None:
    assert client.get("/").headers["Location"] == "/search"


def test_an_empty_list_says_how_to_fill_it(client: FlaskClient) -> None:
    assert "/v1/traces" in client.get("/search").text


def page_data(html: str) -> dict[str, Any]:
    """Return the data that the trace's page hands to its script."""
    text = html.partition('id="trace-data">')[2].partition("</script>")[0]
    data: dict[str, Any] = json.loads(text)
    return data


@pytest.fixture
def three_traces(write: Write) -> None:
    """Store three traces: "many" has most spans, "long" is the longest, "late" the newest."""
    many = [span(n, trace_id=b"\x01" * 16, name="many") for n in range(1, 20)]
    write(request(many))
    write(request([span(1, trace_id=b"\x02" * 16, name="long", ms=9000)], service="billing"))
    write(request([span(1, trace_id=b"\x03" * 16, name="late", start_ms=60_000)]))


@pytest.mark.usefixtures("three_traces")
@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["late", "many", "long"]),
        ("?sort=spans", ["many", "late", "long"]),
        ("?sort=longest", ["long", "late", "many"]),
        ("?sort=newest", ["late", "many", "long"]),
        ("?service=billing", ["long"]),
        ("?service=cat-clinic&operation=late", ["late"]),
        ("?operation=nothing", []),
    ],
)
def test_the_list_is_sorted_and_filtered(client: FlaskClient, query: str, names: list[str]) -> None:
    html = client.get(f"/search{query}").text

    rows = re.findall(r'<td class="name">.*?</td>', html, re.DOTALL)
    found = [text_of(row).split()[-1] for row in rows]
    assert found[:1] == names[:1]
    assert sorted(found) == sorted(names)


def test_an_unknown_order_is_named(client: FlaskClient) -> None:
    response = client.get("/search?sort=prettiest")

    assert response.status_code == 400
    assert "prettiest" in response.text


def test_a_naive_trace_reads_at_a_glance(client: FlaskClient, write: Write) -> None:
    write(request(naive_trace(), scope="opentelemetry.instrumentation.sqlalchemy"))

    html = client.get(f"/trace/{TRACE.hex()}").text

    seen = text_of(html)
    assert "One query ran 500 times N+1 188 ms 45 % of the request" in seen
    assert "GET /success-stories sends this statement 500 times" in seen
    assert "joinedload()" in seen
    assert re.search(r"SELECT cat SELECT cat\.id.*? × 500 188 ms 45 %", seen)


def test_pages_that_do_not_judge_say_nothing_of_what_is_wrong(store: Store, write: Write) -> None:
    client = create_app(store, judges=False).test_client()
    write(request(naive_trace(), scope="opentelemetry.instrumentation.sqlalchemy"))

    page, listed = client.get(f"/trace/{TRACE.hex()}").text, client.get("/search").text

    seen = text_of(page)
    assert "500 188 ms 45 %" in seen  # the statements are there, and their number
    assert "N+1" not in seen
    assert "headline" not in page
    assert "sends this statement" not in seen
    assert "data-judge" not in listed
    assert "data-findings" not in listed
    assert "with a finding" not in listed


def test_chunks_of_a_loader_are_repeats_and_not_a_fault(client: FlaskClient, write: Write) -> None:
    chunk = "SELECT cat.id FROM cat WHERE cat.id IN (?, ?)"
    write(request([span(1)] + [span(n, parent=1, statement=chunk) for n in range(2, 8)]))

    html = client.get(f"/trace/{TRACE.hex()}").text

    assert "sent 6 times by GET /" in text_of(html)
    assert "What is wrong" not in html


def test_a_fixed_trace_has_no_headline(client: FlaskClient, write: Write) -> None:
    write(request([span(1), span(2, parent=1, statement="SELECT 1")]))

    assert "headline" not in client.get(f"/trace/{TRACE.hex()}").text


@pytest.mark.parametrize(("fold", "rows"), [("alike", 6), ("runs", 24), ("none", 514)])
def test_the_folding_is_chosen_in_the_address(
    client: FlaskClient, write: Write, fold: str, rows: int
) -> None:
    write(request(naive_trace()))

    data = page_data(client.get(f"/trace/{TRACE.hex()}?fold={fold}").text)

    groups = [members for _, members in data["rows"] if isinstance(members, list)]
    assert len(data["rows"]) - sum(len(members) for members in groups) == rows
    assert len(data["columns"][0]) == 514


def test_an_unknown_folding_is_named(client: FlaskClient, write: Write) -> None:
    write(request([span(1)]))

    response = client.get(f"/trace/{TRACE.hex()}?fold=paper")

    assert response.status_code == 400
    assert "paper" in response.text


def test_a_span_shows_attributes_events_links_and_resource(
    client: FlaskClient, write: Write
) -> None:
    rich = span(1, statement="SELECT 1")
    event = rich.events.add(name="retry", time_unix_nano=START)
    event.attributes.add(key="attempt").value.int_value = 2
    rich.links.add(trace_id=b"l" * 16, span_id=b"l" * 8)
    write(request([rich]))

    seen = client.get(f"/trace/{TRACE.hex()}/spans/0000000000000001").text

    for part in ("db.query.text", "SELECT 1", "retry", "attempt", "6c6c6c6c", "service.name"):
        assert part in seen


def test_nothing_that_a_span_says_becomes_html(client: FlaskClient, write: Write) -> None:
    evil = span(1, name=EVIL, statement=EVIL)
    evil.status.message = EVIL
    evil.attributes.add(key=EVIL).value.string_value = EVIL
    evil.events.add(name=EVIL).attributes.add(key=EVIL).value.string_value = EVIL
    write(request([evil], service=EVIL, scope=EVIL))

    pages = [
        client.get("/search", query_string={"operation": EVIL, "service": EVIL}),
        client.get(f"/trace/{TRACE.hex()}"),
        client.get(f"/trace/{TRACE.hex()}/spans/0000000000000001"),
        client.get(f"/trace/{EVIL}"),
        client.get(f"/trace/{TRACE.hex()}...{TRACE.hex()}"),
        client.get("/search", query_string={"tags": EVIL}),
    ]

    for page in pages:
        assert EVIL not in page.text
        assert "unsafe" not in page.headers["Content-Security-Policy"]
        assert "style=" not in page.text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"/trace/{TRACE.hex()}", 404),
        ("/trace/not-hex", 400),
        (f"/trace/{TRACE.hex()}/spans/0000000000000009", 404),
        (f"/trace/{TRACE.hex()}/spans/zz", 404),
        ("/nowhere", 404),
    ],
)
def test_what_is_not_there_is_a_page_that_leads_back(
    client: FlaskClient, path: str, status: int
) -> None:
    response = client.get(path)

    assert response.status_code == status
    assert 'href="/search"' in response.text


def test_odd_spans_do_not_break_the_page(client: FlaskClient, write: Write) -> None:
    backwards = span(2, parent=2, ms=-5)
    endless = span(3, parent=77)
    endless.end_time_unix_nano = 2**64 - 1
    nowhen = span(4, name="")
    nowhen.start_time_unix_nano = nowhen.end_time_unix_nano = 0
    write(request([span(1), backwards, endless, nowhen]))

    response = client.get(f"/trace/{TRACE.hex()}")

    assert response.status_code == 200
    assert len(page_data(response.text)["rows"]) == 4


def test_a_huge_statement_does_not_fill_the_list(client: FlaskClient, write: Write) -> None:
    text = "SELECT " + "x" * 1_000_000
    write(request([span(n, name="SELECT", statement=text) for n in range(1, 10)]))

    page = client.get(f"/trace/{TRACE.hex()}")
    details = client.get(f"/trace/{TRACE.hex()}/spans/0000000000000001")

    assert page.status_code == details.status_code == 200
    assert len(page.data) < 3_000_000
    assert len(client.get("/search").data) < 100_000


def test_healthz_is_well(client: FlaskClient) -> None:
    assert client.get("/healthz").get_json() == {"status": "ok"}
