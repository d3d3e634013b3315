"""`otel-nplusone scan`: options, formats, exit codes."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from nplusone.tests.backends import NOT_FOUND, Answer, Query, as_json, backend
from nplusone.tests.formats import lines, otlp_json
from nplusone.tests.traces import TRACE_ID, Drawing
from otel_nplusone._core.model import SpanKind
from otel_nplusone._report.json_document import schema
from otel_nplusone.cli import main

CAT = "SELECT cat.name FROM cat WHERE cat.id = ?"
CLINIC = "SELECT clinic.id FROM clinic WHERE clinic.name = ?"
INSERT = "INSERT INTO visit (cat_id) VALUES (?)"
CODE: dict[str, Any] = {
    "code__file__path": "stories.py",
    "code__line__number": 41,
    "code__function__name": "cats",
}


@pytest.fixture
def traces(tmp_path: Path) -> str:
    """Two requests of /cats with an N+1 of 6 and 8, one of /visits that writes row by row."""
    documents = []
    for number, repeats in enumerate([6, 8]):
        drawing = Drawing(trace_id=f"{number + 1:032x}")
        request = drawing.server("/cats", ms=100)
        drawing.sql(request, CLINIC)
        for _ in range(repeats):
            drawing.sql(request, CAT, **CODE)
        documents.append(otlp_json(drawing.spans))
    drawing = Drawing(trace_id=f"{3:032x}")
    drawing.many(drawing.server("/visits"), [INSERT] * 5)
    documents.append(otlp_json(drawing.spans))
    path = tmp_path / "traces.jsonl"
    path.write_bytes(lines(*documents))
    return str(path)


@pytest.fixture
def clean(tmp_path: Path) -> str:
    drawing = Drawing()
    drawing.many(drawing.server("/cats"), [CLINIC, CAT])
    path = tmp_path / "clean.json"
    path.write_bytes(lines(otlp_json(drawing.spans)))
    return str(path)


def report(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    code = main(["scan", *arguments, "--format", "json"])
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    return code, document


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

    jsonschema.validate(found, json.loads(schema()))
    assert found["findings"]


def test_the_schema_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["scan", "--schema"])

    assert code == 0
    assert capsys.readouterr().out == schema()


def test_clean_traces_end_with_zero(capsys: pytest.CaptureFixture[str], clean: str) -> None:
    code, found = report(capsys, clean)

    assert code == 0
    assert found["findings"] == []


def test_several_sources_are_one_report(
    capsys: pytest.CaptureFixture[str], traces: str, clean: str
) -> None:
    code, found = report(capsys, traces, clean)

    assert code == 1
    assert found["traces_read"] == 4


@pytest.mark.parametrize("route", ["GET /cats", "/cats", "/c*", "GET *ats"])
def test_a_route_can_be_picked(capsys: pytest.CaptureFixture[str], traces: str, route: str) -> None:
    _, found = report(capsys, traces, "--route", route)

    assert [f["route"] for f in found["findings"]] == ["GET /cats"]


def test_another_service_has_no_findings(capsys: pytest.CaptureFixture[str], traces: str) -> None:
    code, _ = report(capsys, traces, "--service", "other")

    assert code == 0


def test_min_repeats_moves_the_threshold(capsys: pytest.CaptureFixture[str], traces: str) -> None:
    _, found = report(capsys, traces, "--min-repeats", "7")

    assert [f["repeats"] for f in found["findings"]] == [{"p50": 8, "max": 8}]


@pytest.mark.parametrize(
    ("classes", "code"), [(["nested"], 0), (["nested", "n_plus_one"], 1), (["none"], 0)]
)
def test_only_the_named_classes_fail(
    capsys: pytest.CaptureFixture[str], traces: str, classes: list[str], code: int
) -> None:
    ended, found = report(capsys, traces, "--fail-on", *classes)

    assert ended == code
    assert len(found["findings"]) == 2


def test_a_baseline_leaves_new_findings_alone(
    capsys: pytest.CaptureFixture[str], traces: str, tmp_path: Path
) -> None:
    main(["scan", traces, "--route", "/cats", "--format", "json"])
    baseline = tmp_path / "baseline.json"
    baseline.write_text(capsys.readouterr().out)

    code, found = report(capsys, traces, "--baseline", str(baseline))

    assert code == 1
    assert [f["route"] for f in found["findings"]] == ["GET /visits"]


def test_a_baseline_of_everything_is_clean(
    capsys: pytest.CaptureFixture[str], traces: str, tmp_path: Path
) -> None:
    main(["scan", traces, "--format", "json"])
    baseline = tmp_path / "baseline.json"
    baseline.write_text(capsys.readouterr().out)

    code = main(["scan", traces, "--baseline", str(baseline)])

    assert code == 0
    assert "2 known, accepted by" in capsys.readouterr().err


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
        "   time          14.0 ms in all, 7% of the request\n"
        f"   comes after   {CLINIC}\n"
        "   code          stories.py:41 in cats\n"
        "   advice        Each cat is read by itself: join cat into the query before, or load the\n"
        "                 relationship with joinedload() or selectinload().\n"
        f"   worst trace   {2:032x}\n"
    )


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
    path = tmp_path / "traces.json"
    path.write_bytes(lines(otlp_json(drawing.spans)))

    main(["scan", str(path), "--format", "sarif"])

    (found,) = json.loads(capsys.readouterr().out)["runs"][0]["results"]
    place = found["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": uri}


def test_warnings_are_printed_and_the_rest_is_read(
    capsys: pytest.CaptureFixture[str], clean: str
) -> None:
    path = Path(clean)
    path.write_bytes(path.read_bytes() + b"{cut off")

    code = main(["scan", clean])

    captured = capsys.readouterr()
    assert code == 0
    assert "warning: skipped 1 × line that is no JSON" in captured.err
    assert "0 findings in 1 trace (3 spans)" in captured.out


def test_spans_that_come_twice_are_counted_as_a_warning(
    capsys: pytest.CaptureFixture[str], clean: str
) -> None:
    _, found = report(capsys, clean, clean)

    assert found["warnings"] == [
        f"skipped 3 × span that was there already (first: {clean}, {clean})"
    ]


def test_incomplete_traces_are_marked(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    drawing = Drawing()
    drawing.many("00000000000000ff", [CAT] * 5)
    path = tmp_path / "orphans.json"
    path.write_bytes(lines(otlp_json(drawing.spans)))

    code, found = report(capsys, str(path))

    assert code == 1
    assert found["incomplete_traces"] == 1
    assert found["findings"][0]["incomplete"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "no SOURCE"),
        (["x.json", "--min-repeats", "1"], "no whole number of at least 2"),
        (["x.json", "--since", "soon"], "is no time: say 90s, 30m, 1h or 2d"),
        (["x.json", "--fail-on", "everything"], "invalid choice"),
        (["x.json", "--format", "xml"], "invalid choice"),
    ],
)
def test_bad_usage_ends_with_two(
    capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["scan", *arguments])

    assert ended.value.code == 2
    assert says in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "says"), [(None, "cannot be read"), ("[]", "no report"), ("{", "no report")]
)
def test_a_bad_baseline_ends_with_two(
    capsys: pytest.CaptureFixture[str], clean: str, tmp_path: Path, content: str | None, says: str
) -> None:
    baseline = tmp_path / "baseline.json"
    if content is not None:
        baseline.write_text(content)

    code = main(["scan", clean, "--baseline", str(baseline)])

    assert code == 2
    assert says in capsys.readouterr().err


def test_input_that_cannot_be_read_ends_with_two(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code = main(["scan", str(tmp_path / "none.json")])

    assert code == 2
    assert "none.json: cannot be read: No such file or directory" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (["--route", "GET /dogs"], "no request is of route 'GET /dogs'"),
        (["--service", "kennel"], "no request is of service 'kennel'"),
        (["--service", "kennel", "--route", "/cats"], "of service 'kennel' and route '/cats'"),
    ],
)
def test_what_matches_nothing_is_not_called_clean(
    capsys: pytest.CaptureFixture[str], traces: str, asked: list[str], words: str
) -> None:
    code, document = report(capsys, traces, *asked)

    assert code == 0
    assert document["findings"] == []
    assert any(words in warning for warning in document["warnings"])


def test_route_without_findings_is_met_silently(
    capsys: pytest.CaptureFixture[str], clean: str
) -> None:
    code, document = report(capsys, clean, "--route", "/cats")

    assert code == 0
    assert document["warnings"] == []


def test_route_of_a_statement_is_no_route_of_a_request(
    capsys: pytest.CaptureFixture[str], clean: str
) -> None:
    _, document = report(capsys, clean, "--route", "SELECT*")

    assert any("no request is of route" in warning for warning in document["warnings"])


def written(tmp_path: Path, drawing: Drawing) -> str:
    path = tmp_path / "drawn.json"
    path.write_bytes(lines(otlp_json(drawing.spans)))
    return str(path)


def blind(tmp_path: Path, *, and_clean: bool = False) -> str:
    """Fifty spans of a database that do not tell their statement."""
    drawing = Drawing()
    request = drawing.server("/cats")
    for _ in range(50):
        attributes = {"db.system": "mssql", "db.name": "shop"}
        drawing.span(request, name="shop", kind=SpanKind.CLIENT, attributes=attributes)
    if and_clean:
        drawing.sql(request, CAT)
    return written(tmp_path, drawing)


@pytest.mark.parametrize("form", ["text", "json", "markdown", "sarif"])
def test_spans_without_a_text_are_told_in_every_format(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, form: str
) -> None:
    code = main(["scan", blind(tmp_path), "--format", form])

    captured = capsys.readouterr()
    told = " ".join(captured.out.split())
    assert code == 2
    assert "50 mssql spans without text" in told
    assert "SetDbStatementForText = true" in told
    assert "50 mssql spans without text" in captured.err


@pytest.mark.parametrize("form", ["text", "json", "markdown", "sarif"])
def test_a_resource_without_spans_is_told_in_every_format(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, form: str
) -> None:
    drawing = Drawing()
    drawing.many(drawing.server("/cats"), [CLINIC, CAT])
    document = otlp_json(drawing.spans)
    document["resourceSpans"].append({"resource": {}, "scopespans": []})
    path = tmp_path / "traces.json"
    path.write_bytes(lines(document))

    codes = [main(["scan", str(path), "--format", form, *more]) for more in ([], ["--strict"])]

    captured = capsys.readouterr()
    assert codes == [0, 2]
    assert "resource without spans" in " ".join(captured.out.split())
    assert "1 × resource without spans" in captured.err


@pytest.mark.parametrize("document", [{"resourceSpans": []}, {"data": []}, []])
def test_a_file_that_holds_no_span_says_so(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, document: object
) -> None:
    path = tmp_path / "traces.json"
    path.write_bytes(lines(document))

    code, found = report(capsys, str(path))

    assert code == 2
    assert found["warnings"] == ["nothing was judged: no span was read"]


def test_what_was_judged_is_clean_unless_it_must_be_all(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    source = blind(tmp_path, and_clean=True)

    code, found = report(capsys, source)
    strict, _ = report(capsys, source, "--strict")

    assert (code, strict) == (0, 2)
    assert (found["judged"], found["unjudged"]) == (1, 50)


def test_strict_changes_nothing_where_all_is_known(
    capsys: pytest.CaptureFixture[str], clean: str, traces: str
) -> None:
    assert report(capsys, clean, "--strict")[0] == 0
    assert report(capsys, traces, "--strict")[0] == 1


@pytest.mark.parametrize(
    "attributes", [{}, {"url.full": "http://api/graphql"}, {"url.full": "http://api"}]
)
def test_calls_that_do_not_tell_what_they_ask_are_told(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, attributes: dict[str, object]
) -> None:
    drawing = Drawing()
    request = drawing.server("/cats")
    method = {"http.request.method": "POST" if "graphql" in str(attributes) else "GET"}
    for _ in range(6):
        drawing.span(request, name="GET", kind=SpanKind.CLIENT, attributes=method | attributes)

    code, found = report(capsys, written(tmp_path, drawing))

    told = any("6 HTTP calls without a path" in warning for warning in found["warnings"])
    assert (code, told) == ((1, False) if attributes == {"url.full": "http://api"} else (2, True))


def test_pings_alone_are_clean(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    drawing = Drawing()
    drawing.many(drawing.server("/readyz"), ["SELECT 1"] * 6)

    code, found = report(capsys, written(tmp_path, drawing))

    assert (code, found["judged"], found["warnings"]) == (0, 6, [])


def test_placeholders_for_texts_are_told(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    drawing = Drawing()
    drawing.many(drawing.server(), ["[REDACTED]"] * 6)

    code, found = report(capsys, written(tmp_path, drawing))

    assert code == 2
    assert any("6 sqlite spans without text" in warning for warning in found["warnings"])


def test_statements_outside_any_request_are_told(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    drawing = Drawing()
    for _ in range(6):
        drawing.sql("", CAT)

    code, found = report(capsys, written(tmp_path, drawing))

    assert code == 2
    assert found["unjudged"] == 6
    assert any("6 statements outside any request" in warning for warning in found["warnings"])


def test_statements_below_missing_spans_are_told(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    drawing = Drawing()
    for number in range(6):
        drawing.sql(f"{number + 255:016x}", CAT)

    code, found = report(capsys, written(tmp_path, drawing))

    assert code == 2
    assert any("6 statements below spans that are missing" in text for text in found["warnings"])


def test_texts_that_are_cut_are_told(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    drawing = Drawing()
    drawing.many(drawing.server(), ["SELECT a, b, c FROM cat WHERE owner_id IN ("] * 6)

    code, found = report(capsys, written(tmp_path, drawing))

    assert code == 1
    assert any("6 statements cut before the end" in warning for warning in found["warnings"])


def test_traces_that_ask_nothing_are_not_called_clean(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    drawing = Drawing()
    drawing.server("/cats")

    code, found = report(capsys, written(tmp_path, drawing))

    assert code == 2
    assert any("nothing was judged" in warning for warning in found["warnings"])


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        ("sql", {"sql"}),
        ("calls", {"http", "nosql"}),
        ("http,sql", {"http", "sql"}),
        ("nosql", {"nosql"}),
        ("all", {"sql", "http", "nosql"}),
    ],
)
def test_kinds_choose_what_is_judged(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, kinds: str, expected: set[str]
) -> None:
    drawing = Drawing()
    request = drawing.server("/cats")
    http = {"http.request.method": "GET"}
    for number in range(6):
        drawing.sql(request, CAT)
        redis = {"db.system": "redis", "db.statement": f"GET cat:{number}"}
        drawing.span(request, kind=SpanKind.CLIENT, attributes=redis)
        url = {"url.full": f"http://photos/cats/{number}"}
        drawing.span(request, kind=SpanKind.CLIENT, attributes=http | url)

    _, found = report(capsys, written(tmp_path, drawing), "--kinds", kinds)

    assert {one["kind"] for one in found["findings"]} == expected


def test_an_unknown_kind_is_refused(capsys: pytest.CaptureFixture[str], clean: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["scan", clean, "--kinds", "sql,mail"])

    assert ended.value.code == 2
    assert "'mail' is no kind: say sql" in capsys.readouterr().err


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
