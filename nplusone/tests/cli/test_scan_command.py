"""Test `otel-nplusone scan`: options, exit codes, and what could not be judged."""

from pathlib import Path

import pytest

from nplusone.tests.backends import NOT_FOUND, Answer, Query, as_json, backend
from nplusone.tests.formats import lines, otlp_json
from nplusone.tests.scanning import CAT, CLINIC, report, written
from nplusone.tests.traces import Drawing
from otel_nplusone._core.model import SpanKind
from otel_nplusone._report.json_document import schema
from otel_nplusone.cli import main


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


def test_warnings_are_printed_and_the_rest_is_read(
    capsys: pytest.CaptureFixture[str], clean: str
) -> None:
    path = Path(clean)
    path.write_bytes(path.read_bytes() + b"{cut off")

    code = main(["scan", clean])

    captured = capsys.readouterr()
    assert code == 0
    assert "warning: skipped 1 × line that is not JSON" in captured.err
    assert "0 findings in 1 trace (3 spans)" in captured.out


def test_spans_that_come_twice_are_counted_as_a_warning(
    capsys: pytest.CaptureFixture[str], clean: str
) -> None:
    _, found = report(capsys, clean, clean)

    assert found["warnings"] == [f"skipped 3 × duplicate span (first: {clean}, {clean})"]


def test_incomplete_traces_are_marked(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    drawing = Drawing()
    drawing.many("00000000000000ff", [CAT] * 5)

    code, found = report(capsys, written(tmp_path, drawing))

    assert code == 1
    assert found["incomplete_traces"] == 1
    assert found["findings"][0]["incomplete"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "no SOURCE"),
        (["x.json", "--min-repeats", "1"], "not a whole number of at least 2"),
        (["x.json", "--since", "soon"], "is not a time: say 90s, 30m, 1h or 2d"),
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
    ("content", "says"), [(None, "cannot be read"), ("[]", "not a report"), ("{", "not a report")]
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
        (["--route", "GET /dogs"], "no request matches route 'GET /dogs'"),
        (["--service", "kennel"], "no request matches service 'kennel'"),
        (["--service", "kennel", "--route", "/cats"], "matches service 'kennel' and route '/cats'"),
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

    assert any("no request matches route" in warning for warning in document["warnings"])


def blind(tmp_path: Path, *, and_clean: bool = False) -> str:
    """Write fifty spans of a database that do not tell their statement."""
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


def test_a_backend_without_traces_says_what_was_asked_and_what_to_do(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def answer(path: str, query: Query) -> Answer:
        return as_json({"services": ["shop"]}) if path.endswith("/services") else NOT_FOUND

    with backend(answer) as served:
        code, found = report(capsys, served.url, "--since", "10m")

    assert code == 2
    assert found["warnings"][0].startswith("the backend has no trace of the last 600 s (shop): ask")
    assert "--since" in found["warnings"][0]


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
    assert "'mail' is not a kind: say sql" in capsys.readouterr().err
