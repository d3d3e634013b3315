from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from tests.tracestore.conftest import Write
from tests.tracestore.samples import naive_trace, request, span
from tracestore.pages._compare import compare
from tracestore.pages._waterfall import WaterfallSpan

ROOT = WaterfallSpan("root", "", "clinic", "GET /", 0, 1000)


def select(number: int, text: str = "SELECT cat", nano: int = 10) -> WaterfallSpan:
    start = 20 * number
    return WaterfallSpan(f"s{number}", "root", "clinic", text, start, start + nano, text)


def test_each_statement_says_what_became_of_it() -> None:
    before = [ROOT, *(select(n) for n in range(5)), select(6, "SELECT dog"), select(7, "same")]
    after = [ROOT, select(1), select(2, "SELECT exists"), select(3, "same")]

    found = {d.name: d.change for d in compare(before, after).statements}

    assert found == {
        "SELECT cat": "fewer",
        "SELECT dog": "vanished",
        "SELECT exists": "new",
        "same": "same",
    }


def test_counts_and_times_are_added_up_on_both_sides() -> None:
    comparison = compare([ROOT, *(select(n) for n in range(5))], [ROOT, select(1, nano=3)])

    (statement,) = comparison.statements
    assert (statement.before.count, statement.before.total_nano) == (5, 50)
    assert (statement.after.count, statement.after.total_nano) == (1, 3)
    assert comparison.longest_nano == 1000


def test_other_spans_are_compared_by_name_within_their_service() -> None:
    work = replace(ROOT, span_id="w", parent_span_id="root", name="work")

    comparison = compare([ROOT, work], [ROOT, replace(work, service="billing")])

    assert {(d.service, d.name, d.change) for d in comparison.spans} == {
        ("clinic", "GET /", "same"),
        ("clinic", "work", "vanished"),
        ("billing", "work", "new"),
    }
    assert {d.service: d.change for d in comparison.services} == {
        "clinic": "fewer",
        "billing": "new",
    }


def test_more_of_a_statement_is_more() -> None:
    (statement,) = compare([ROOT, select(1)], [ROOT, select(1), select(2)]).statements

    assert statement.change == "more"


def test_the_speed_is_that_of_the_roots() -> None:
    assert compare([ROOT], [replace(ROOT, end_nano=250)]).times_faster == 4


@pytest.fixture
def before_and_after(write: Write) -> str:
    """Store the page before the fix and after it; return the address that compares them."""
    before, after = b"\x0a" * 16, b"\x0b" * 16
    write(request(naive_trace(before)))
    statement = span(2, trace_id=after, parent=1, ms=2, statement="SELECT cat WHERE EXISTS")
    write(request([span(1, trace_id=after, name="GET /success-stories", ms=8), statement]))
    return f"/trace/{before.hex()}...{after.hex()}"


def test_before_and_after_the_fix_are_on_one_page(
    client: FlaskClient, before_and_after: str
) -> None:
    html = client.get(before_and_after).text

    assert "53 times faster" in html
    assert "statements 512 → 1" in html
    assert html.count('"change vanished"') == 5
    assert html.count('"change new"') == 1


def test_the_same_trace_twice_is_as_fast(client: FlaskClient, write: Write) -> None:
    write(request([span(1)]))

    html = client.get(f"/trace/{span(1).trace_id.hex()}...{span(1).trace_id.hex()}").text

    assert "equally fast" in html


@pytest.mark.parametrize(
    ("path", "status"),
    [("0a...0b", 404), ("x...y", 400), ("...", 400)],
)
def test_traces_that_are_not_there_cannot_be_compared(
    client: FlaskClient, path: str, status: int
) -> None:
    assert client.get(f"/trace/{path}").status_code == status


def test_two_chosen_traces_lead_to_their_comparison(client: FlaskClient) -> None:
    two = client.get("/compare?trace=a&trace=b")
    one = client.get("/compare?trace=a")

    assert two.headers["Location"] == f"/trace/{'a'.zfill(32)}...{'b'.zfill(32)}"
    assert one.status_code == 400
