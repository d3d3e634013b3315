"""Test the findings of a trace, on its page and at an address that Jaeger does not have."""

import json
import re
from html import unescape
from pathlib import Path

import jsonschema
import pytest
from flask.testing import FlaskClient
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from otel_nplusone._core.model import RepeatClass
from otel_nplusone._report.json_document import document, schema
from otel_nplusone.scan import Wanted, scan
from tests.tracestore.conftest import Write
from tests.tracestore.samples import TRACE, naive_trace, request, span
from tracestore.findings import CLASS_NAMES, TraceFinding
from tracestore.store.database import Store

ADDRESS = f"/api/tracestore/traces/{TRACE.hex()}/findings"
CAT = "SELECT cat.id FROM cat WHERE cat.id = ?"


def spans_with_findings(number: int) -> list[Span]:
    """Make a request that reads from a number of tables, six times from each."""
    return [span(1)] + [
        span(
            10 * table + n,
            parent=1,
            statement=f"SELECT t{table}.id FROM t{table} WHERE t{table}.id = ?",
            start_ms=table,
        )
        for table in range(number)
        for n in range(10, 16)
    ]


def test_the_findings_are_those_of_the_command(
    client: FlaskClient, write: Write, tmp_path: Path
) -> None:
    write(request(naive_trace()))
    download = tmp_path / "trace.json"
    download.write_bytes(client.get(f"/trace/{TRACE.hex()}/otlp.json").data)

    answer = client.get(ADDRESS).get_json()

    jsonschema.validate(answer, json.loads(schema()))
    assert [(found["class"], found["repeats"]["max"]) for found in answer["findings"]] == [
        ("n_plus_one", 500),
        ("n_plus_one", 10),
    ]
    assert answer == document(scan([str(download)], Wanted()))


def test_spans_that_come_late_are_judged_with_the_others(client: FlaskClient, write: Write) -> None:
    write(request([span(1)] + [span(n, parent=1, statement=CAT) for n in range(2, 6)]))
    before = client.get(ADDRESS).get_json()
    write(request([span(6, parent=1, statement=CAT)]))

    after = client.get(ADDRESS).get_json()

    assert before["findings"] == []
    assert [found["repeats"]["max"] for found in after["findings"]] == [5]


def test_a_trace_without_its_root_is_judged_and_marked(client: FlaskClient, write: Write) -> None:
    write(request([span(n, parent=1, statement=CAT) for n in range(2, 8)]))

    answer = client.get(ADDRESS).get_json()

    assert answer["incomplete_traces"] == 1
    assert [found["incomplete"] for found in answer["findings"]] == [True]
    assert "Spans of this request are missing" in client.get(f"/trace/{TRACE.hex()}").text


def test_a_trace_that_left_and_came_back_otherwise_is_judged_again(
    client: FlaskClient, write: Write, store: Store
) -> None:
    write(request([span(1)] + [span(n, parent=1, statement=CAT) for n in range(2, 8)]))
    before = client.get(ADDRESS).get_json()
    with store.write() as connection:
        for table in ("span", "trace_operation", "trace"):
            connection.execute(f"DELETE FROM {table}")
    gone = client.get(ADDRESS)
    write(request([span(n, parent=n - 1) for n in range(1, 8)]))

    after = client.get(ADDRESS).get_json()

    assert len(before["findings"]) == 1
    assert gone.status_code == 404
    assert after["findings"] == []


def test_a_trace_with_many_findings_shows_the_worst_twenty(
    client: FlaskClient, write: Write
) -> None:
    write(request(spans_with_findings(22)))

    html = client.get(f"/trace/{TRACE.hex()}").text

    assert html.count('<article class="headline finding">') == 20
    assert "and 2 that take less" in html


def test_an_unknown_trace_is_not_found(client: FlaskClient) -> None:
    response = client.get(ADDRESS)

    assert response.status_code == 404
    assert response.get_json()["error"] == {"httpCode": 404, "message": "trace not found"}


def test_an_invalid_id_is_refused(client: FlaskClient) -> None:
    response = client.get("/api/tracestore/traces/cats/findings")

    assert response.status_code == 400
    assert "cats" in response.get_json()["error"]["message"]


def test_a_statement_is_shown_and_never_executed(client: FlaskClient, write: Write) -> None:
    evil = "SELECT '<script>alert(1)</script>' FROM \"<b>\" WHERE id = ?"
    write(request([span(1)] + [span(n, parent=1, statement=evil) for n in range(2, 9)]))

    html = client.get(f"/trace/{TRACE.hex()}").text

    assert "× 7" in html
    assert "<script>alert" not in html
    assert "<b>" not in html


def test_the_worst_finding_is_open_and_each_other_one_a_line(
    client: FlaskClient, write: Write
) -> None:
    write(request(spans_with_findings(3)))

    html = client.get(f"/trace/{TRACE.hex()}").text

    before, *folded = html.partition(">Waterfall<")[0].split("<details>")
    assert before.count('<article class="headline finding">') == 1
    assert [part.count('<article class="headline finding">') for part in folded] == [1, 1]
    assert all("<summary><strong>N+1 × 6</strong>" in part for part in folded)


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("/srv/app/clinic/stories.py:41 in cats", "…/clinic/stories.py:41 in cats"),
        ("stories.py:41 in cats", "stories.py:41 in cats"),
        ("clinic/stories.py", "clinic/stories.py"),
        ("cats", "cats"),
        (None, None),
    ],
)
def test_long_path_of_the_code_is_shortened(code: str | None, shown: str | None) -> None:
    finding = TraceFinding("N+1", "/", ("SELECT 1",), 5, 1, 0.0, None, code, "", False, "01")

    assert finding.code_shown == shown


def test_every_fault_of_the_detector_has_a_name() -> None:
    assert set(CLASS_NAMES) == {kind.value for kind in RepeatClass if kind.is_fault}


def test_the_list_gives_its_script_the_names_of_the_classes(
    client: FlaskClient, write: Write
) -> None:
    write(request([span(1)]))

    html = client.get("/search").text

    (given,) = re.findall('data-class-names="([^"]*)"', html)
    assert json.loads(unescape(given)) == CLASS_NAMES


def test_the_list_does_not_ask_for_the_findings_of_a_span_alone(
    client: FlaskClient, write: Write
) -> None:
    write(request([span(1)]))

    assert "data-findings=" not in client.get("/search").text


def test_a_long_statement_is_shortened_where_its_columns_stand(
    client: FlaskClient, write: Write
) -> None:
    columns = ", ".join(f"cat.column_{n}" for n in range(60))
    statement = f"SELECT {columns} FROM cat WHERE cat.id = ?"
    write(request([span(1)] + [span(n, parent=1, statement=statement) for n in range(2, 8)]))

    html = client.get(f"/trace/{TRACE.hex()}").text

    shown = re.findall('<code class="(?:sql|excerpt)">(.*?)</code>', html)
    assert len(shown) == 2
    assert all(" … FROM cat WHERE cat.id = ?" in text and len(text) <= 400 for text in shown)
