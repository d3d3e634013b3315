"""Test the report in each of its formats: JSON, text, Markdown, SARIF."""

import json
from pathlib import Path

import jsonschema
import pytest

from nplusone.tests.backends import NOT_FOUND, Answer, Query, as_json, backend
from nplusone.tests.formats import otlp_json
from nplusone.tests.scanning import CAT, CLINIC, CODE, report, written
from nplusone.tests.traces import TRACE_ID, Drawing
from otel_nplusone._core.model import SpanKind
from otel_nplusone._report.json_document import schema
from otel_nplusone.cli import main


def test_the_json_report_says_everything(capsys: pytest.CaptureFixture[str], traces: str) -> None:
    code, found = report(capsys, traces)

    assert code == 1
    assert (found["traces_read"], found["spans_read"], found["incomplete_traces"]) == (3, 24, 0)
    assert [f["class"] for f in found["findings"]] == ["n_plus_one", "row_by_row_write"]
    first = found["findings"][0]
    assert (first["service"], first["route"]) == ("clinic", "GET /cats")
    assert first["statement"] == CAT
    assert first["repeats"] == {"p50": 6, "max": 8}
    assert first["total_ms"] == 14
    assert first["share_of_request"] == 0.07
    assert first["source_statement"] == CLINIC
    assert first["code"] == "stories.py:41 in cats"
    assert first["traces"] == 2
    assert first["worst_trace_id"] == f"{2:032x}"
    assert first["trace_ids"] == [f"{2:032x}", f"{1:032x}"]


def test_the_report_keeps_to_its_schema(capsys: pytest.CaptureFixture[str], traces: str) -> None:
    _, found = report(capsys, traces)

    assert "https://json-schema.org/draft/2020-12/schema" in schema()
    jsonschema.validate(found, json.loads(schema()))
    assert found["findings"]


def test_the_text_report_names_cause_cost_and_cure(
    capsys: pytest.CaptureFixture[str], traces: str
) -> None:
    code = main(["scan", traces, "--route", "/cats"])

    assert code == 1
    assert capsys.readouterr().out == (
        "1 finding in 3 traces (24 spans)\n"
        "\n"
        "1  n_plus_one   GET /cats   (clinic)\n"
        f"   {CAT}\n"
        "   repeats       6 median, 8 at most in one request, in 2 traces\n"
        "   time          14.0 ms in all, 7% of the request's time\n"
        f"   comes after   {CLINIC}\n"
        "   code          stories.py:41 in cats\n"
        "   advice        Each cat is read by itself: join cat into the query before, or load the\n"
        "                 relationship with joinedload() or selectinload().\n"
        f"   worst trace   {2:032x}\n"
    )


def test_a_large_share_says_what_the_rest_is(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    drawing = Drawing()
    request = drawing.server("/cats", ms=20)
    for _ in range(6):
        drawing.sql(request, CAT, ms=2)

    main(["scan", written(tmp_path, drawing)])

    assert "60% of the request's time (the rest: other spans, own code)" in (
        capsys.readouterr().out
    )


def test_the_text_report_tells_values_and_the_other_end(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    drawing = Drawing()
    request = drawing.server("/cats")
    for number in range(6):
        attributes = {"http.request.method": "GET", "url.full": f"http://photos/cats/{number}"}
        call = drawing.span(request, kind=SpanKind.CLIENT, attributes=attributes)
        drawing.server("/cats/<id>", parent=call)

    main(["scan", written(tmp_path, drawing)])

    told = capsys.readouterr().out
    assert "values        6 different values in the worst request" in told
    assert "answered by   clinic" in told


def test_the_text_report_links_to_the_backend(capsys: pytest.CaptureFixture[str]) -> None:
    drawing = Drawing()
    drawing.many(drawing.server(), [CAT] * 5)

    def answer(path: str, query: Query) -> Answer:
        known = path == f"/api/v3/traces/{TRACE_ID}"
        return as_json({"result": otlp_json(drawing.spans)}) if known else NOT_FOUND

    with backend(answer) as jaeger:
        main(["scan", f"{jaeger.url}/trace/{TRACE_ID}"])

    assert f"worst trace   {jaeger.url}/trace/{TRACE_ID}" in capsys.readouterr().out


def test_the_markdown_report_has_a_table_and_sections(
    capsys: pytest.CaptureFixture[str], traces: str
) -> None:
    main(["scan", traces, "--format", "markdown"])

    out = capsys.readouterr().out
    assert "| 1 | n_plus_one | `GET /cats` | 6 / 8 | 2 | 14.0 ms | 7% |" in out
    assert "### 2. row_by_row_write: GET /visits" in out


def test_the_sarif_report_points_at_the_code(
    capsys: pytest.CaptureFixture[str], traces: str
) -> None:
    main(["scan", traces, "--format", "sarif"])

    log = json.loads(capsys.readouterr().out)
    first, second = log["runs"][0]["results"]
    place = first["locations"][0]["physicalLocation"]
    assert log["version"] == "2.1.0"
    assert first["ruleId"] == "n_plus_one"
    assert place == {"artifactLocation": {"uri": "stories.py"}, "region": {"startLine": 41}}
    assert "physicalLocation" not in second["locations"][0]
    rules = {rule["id"] for rule in log["runs"][0]["tool"]["driver"]["rules"]}
    assert {first["ruleId"], second["ruleId"]} <= rules


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("{here}/shop/stories.py", "shop/stories.py"),
        ("{here}/my shop/stories.py", "my%20shop/stories.py"),
        ("/srv/shop/stories.py", "file:///srv/shop/stories.py"),
    ],
)
def test_sarif_names_a_file_below_the_current_folder_relative_to_it(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, file: str, uri: str
) -> None:
    drawing = Drawing()
    request = drawing.server()
    for _ in range(5):
        drawing.sql(request, CAT, **CODE | {"code__file__path": file.format(here=Path.cwd())})

    main(["scan", written(tmp_path, drawing), "--format", "sarif"])

    (found,) = json.loads(capsys.readouterr().out)["runs"][0]["results"]
    place = found["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": uri}
