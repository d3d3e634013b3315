"""Test the way from a list of the incident to the trace after the fix."""

import re
import sqlite3
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.tracestore.conftest import Write
from tests.tracestore.samples import TRACE, naive_trace, request, span
from tracestore.pages._switches import find_switches
from tracestore.store.database import Store
from tracestore.store.roots import variants
from tracestore.store.search import SearchQuery, TraceSummary, find_traces

ROUTE = "GET /success-stories"


def trace_id(number: int) -> bytes:
    return number.to_bytes(16, "big")


def visit(
    number: int,
    variant: str = "",
    *,
    ms: float = 5,
    statements: int = 1,
    error: bool = False,
    name: str = ROUTE,
) -> list[Span]:
    """Make a request of its own trace; the higher its number, the later."""
    own = trace_id(number)
    root = span(1, trace_id=own, name=name, start_ms=1000 * number, ms=ms, error=error)
    if variant:
        root.attributes.add(key="clinic.strategy").value.string_value = variant
    sent = [
        span(n, trace_id=own, parent=1, name="SELECT", start_ms=1000 * number, statement="SELECT 1")
        for n in range(2, 2 + statements)
    ]
    return [root, *sent]


def rows(html: str) -> list[int]:
    """Return the numbers of the traces in the list, in its order."""
    found = re.findall(r'name="trace" value="([0-9a-f]{32})"', html)
    return [int(text, 16) for text in found]


@pytest.fixture
def incident(write: Write) -> None:
    """Store traces 1 to 3 of the incident, 4 and 5 of the fix, and 6 of another page."""
    for number, variant in enumerate(["naive"] * 3 + ["core"] * 2, start=1):
        write(request(visit(number, variant, ms=900 if variant == "naive" else 5 + number)))
    write(request(visit(6, name="GET /")))


@pytest.mark.usefixtures("incident")
@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("", [6, 5, 4, 3, 2, 1]),
        ("?variant=core", [5, 4]),
        ("?variant=naive", [3, 2, 1]),
        ("?variant=joined", []),
        ("?operation=GET+%2F", [6]),
        (f"?variant=core&operation={ROUTE}&minDuration=10ms", [5]),
        ("?variant=core&service=billing", []),
    ],
)
def test_the_list_is_narrowed_by_strategy_and_route(
    client: FlaskClient, query: str, numbers: list[int]
) -> None:
    assert rows(client.get(f"/search{query}").text) == numbers


@pytest.mark.usefixtures("incident")
def test_each_row_and_each_filter_names_the_strategy(client: FlaskClient) -> None:
    html = client.get("/search").text

    assert len(re.findall(r'class="mark variant"[^>]*>naive<', html)) == 3
    assert re.search(r'variant=naive">naive <span class="times">3<', html)
    assert re.search(r'variant=core">core <span class="times">2<', html)
    assert re.search(r'operation=GET\+/success-stories">\S+ \S+ <span class="times">5<', html)


@pytest.mark.usefixtures("incident")
def test_a_narrowed_list_still_offers_the_other_strategies(client: FlaskClient) -> None:
    html = client.get("/search?variant=naive").text

    assert re.search(r'variant=core">core <span class="times">2<', html)
    assert '<a href="/search">all</a>' in html.replace(' aria-current="true"', "")


@pytest.mark.usefixtures("incident")
def test_the_chart_shows_the_whole_range_and_the_switch(client: FlaskClient) -> None:
    html = client.get("/search?limit=1").text

    assert len(rows(html)) == 1
    assert html.count("<circle") == 6
    assert re.findall(r"switched to (\w+)", html) == ["core"]


def summary(number: int, name: str = ROUTE) -> TraceSummary:
    return TraceSummary(trace_id(number), number, number + 1, 1, 1, 0, 1, "cat-clinic", name)


@pytest.mark.parametrize(
    ("seen", "switches"),
    [
        ("nnnnn", []),
        ("nnnccc", [(3, "c")]),
        ("nc", [(1, "c")]),
        ("nnnncnccc", [(6, "c")]),  # one worker follows the flag after the other
        ("nnncnnn", []),
        ("nnncccnnn", [(3, "c"), (6, "n")]),
        ("nn--cc", [(4, "c")]),
        ("----", []),
    ],
)
def test_a_switch_is_where_another_strategy_settles(
    seen: str, switches: list[tuple[int, str]]
) -> None:
    traces = [summary(number) for number in range(len(seen))]
    named = {trace_id(n): variant for n, variant in enumerate(seen) if variant != "-"}

    found = find_switches(traces[::-1], named)

    assert [(switch.at_nano, switch.variant) for switch in found] == switches


def test_routes_are_switched_apart() -> None:
    traces = [summary(number, "GET /a" if number % 2 else "GET /b") for number in range(8)]
    named = {trace_id(number): "one" if number % 2 else "two" for number in range(8)}

    assert find_switches(traces, named) == []


def test_the_variant_of_a_feature_flag_is_read_from_an_event(write: Write, store: Store) -> None:
    root = span(1)
    event = root.events.add(name="feature_flag.evaluation")
    event.attributes.add(key="feature_flag.result.variant").value.string_value = "on"
    write(request([root]))

    assert variants(store, [TRACE]) == {TRACE: "on"}
    assert len(find_traces(store, SearchQuery(variant="on"))) == 1
    assert variants(store, []) == {}


@pytest.mark.usefixtures("incident")
def test_a_slow_trace_offers_the_fastest_of_its_route(client: FlaskClient) -> None:
    slow = client.get(f"/trace/{trace_id(2).hex()}").text
    fastest = client.get(f"/trace/{trace_id(4).hex()}").text
    alone = client.get(f"/trace/{trace_id(6).hex()}").text

    assert f'href="/trace/{trace_id(2).hex()}...{trace_id(4).hex()}"' in slow
    assert "Compare with the fastest of this route" in slow
    assert f'...{trace_id(4).hex()}"' in fastest
    assert "Compare with the slowest of this route" in fastest
    assert "of this route" not in alone


def test_neither_a_failure_nor_a_page_that_did_nothing_is_the_fastest(
    client: FlaskClient, write: Write
) -> None:
    for made in (
        visit(1, ms=900),
        visit(2, ms=20),
        visit(3, ms=1, error=True),
        visit(4, ms=1, statements=0),
    ):
        write(request(made))

    html = client.get(f"/trace/{trace_id(1).hex()}").text

    assert f'href="/trace/{trace_id(1).hex()}...{trace_id(2).hex()}"' in html


@pytest.mark.usefixtures("incident")
def test_the_earlier_of_two_chosen_traces_is_the_one_before(client: FlaskClient) -> None:
    response = client.get(f"/compare?trace={trace_id(5).hex()}&trace={trace_id(1).hex()}")

    assert response.headers["Location"] == f"/trace/{trace_id(1).hex()}...{trace_id(5).hex()}"


@pytest.mark.usefixtures("incident")
@pytest.mark.parametrize(
    ("other", "status", "words"),
    [("zz", 400, "is not 1 to 32 hex digits"), ("abcd", 404, "is not in the store")],
)
def test_an_id_that_cannot_be_compared_is_explained_next_to_its_field(
    client: FlaskClient, other: str, status: int, words: str
) -> None:
    response = client.get(f"/compare?trace={trace_id(1).hex()}&trace={other}")

    assert response.status_code == status
    assert f'value="{other}" aria-invalid="true" aria-describedby="problem-other"' in response.text
    assert re.search(f'id="problem-other"[^>]*>[^<]*{words}', response.text)


@pytest.mark.usefixtures("incident")
@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("minDuration", "long", "is not a duration"),
        ("maxDuration", "1 year", "is not a duration"),
        ("tags", "error", "is not key=value"),
        ("limit", "0", "is not a number"),
        ("trace", "zz", "is not 1 to 32 hex digits"),
    ],
)
def test_a_field_that_cannot_be_read_keeps_the_form_and_says_so_next_to_it(
    client: FlaskClient, field: str, value: str, words: str
) -> None:
    given = {"operation": "GET /", "maxDuration": "3s", field: value}

    response = client.get("/search", query_string=given)

    assert response.status_code == 400
    assert re.search(f'id="problem-{field}"[^>]*>[^<]*{words}', response.text)
    assert f'aria-describedby="problem-{field}"' in response.text
    for text in given.values():
        assert f'value="{text}"' in response.text
    assert "Recent traces" in response.text


@pytest.mark.usefixtures("incident")
def test_an_id_that_was_typed_leads_to_its_trace(client: FlaskClient) -> None:
    assert client.get("/search?trace=+6+").headers["Location"] == f"/trace/{trace_id(6).hex()}"


@pytest.mark.usefixtures("incident")
@pytest.mark.parametrize("path", ["/search?operation=nothing", "/trace/abcd", "/nowhere"])
def test_what_finds_nothing_leads_on(client: FlaskClient, path: str) -> None:
    html = client.get(path).text

    assert "Recent traces" in html
    assert f'href="/trace/{trace_id(6).hex()}"' in html


@pytest.mark.usefixtures("incident")
def test_a_search_without_results_can_be_cleared(client: FlaskClient) -> None:
    html = client.get("/search?operation=nothing").text

    assert "No traces match." in html
    assert '<a href="/search">Clear the filters</a>' in html


def test_a_good_new_statement_is_no_warning(client: FlaskClient, write: Write) -> None:
    before, after = trace_id(1), trace_id(2)
    write(request(naive_trace(before)))
    write(request(visit(2, ms=8)))

    better = client.get(f"/trace/{before.hex()}...{after.hex()}").text
    worse = client.get(f"/trace/{after.hex()}...{before.hex()}").text

    assert '"change new"' in better
    assert "worse" not in better
    assert '"change new worse"' in worse
    assert "One query ran 500 times" in better


def test_a_database_of_an_older_tracestore_gets_the_index_of_roots(
    database: Path,
) -> None:
    with Store(database):
        pass
    with sqlite3.connect(database) as connection:
        connection.execute("DROP INDEX span_root")
    connection.close()

    with Store(database) as store:
        assert find_traces(store, SearchQuery(variant="core")) == []
