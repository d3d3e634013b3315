"""Test `scan --predict` in each of its formats, and what it refuses."""

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from nplusone.tests.formats import lines, otlp_json
from nplusone.tests.predict.shop_page import CAT, Page
from nplusone.tests.scanning import report
from otel_nplusone.cli import main
from otel_nplusone.report import schema

SIZES = (60, 80, 100)


@pytest.fixture
def pages(tmp_path: Path) -> str:
    """Write requests of three sizes, one after another."""
    drawings = [
        replace(Page(), repeats=size, keys=size).drawn(number + 1, number * 1_000)
        for number, size in enumerate(SIZES * 8)
    ]
    path = tmp_path / "pages.jsonl"
    path.write_bytes(lines(*(otlp_json(drawing.spans) for drawing in drawings)))
    return str(path)


def test_the_json_report_carries_predictions_by_its_schema(
    capsys: pytest.CaptureFixture[str], pages: str
) -> None:
    code, found = report(capsys, pages, "--predict", "--limit", "2s")

    jsonschema.validate(found, json.loads(schema()))
    (prediction,) = found["predictions"]
    assert code == 1
    assert (prediction["route"], prediction["requests"]) == ("GET /stories", 24)
    assert prediction["before"]["statements"] == {"low": 82, "mid": 82, "high": 82}
    assert [one["repair"] for one in prediction["repairs"]] == ["rows", "join", "select_in"]
    assert prediction["repairs"][2]["statements"] == {"low": 3, "mid": 3, "high": 3}
    assert prediction["repairs"][0]["mends"] == [found["findings"][0]["fingerprint"]]
    assert prediction["growth"]["limit_ms"] == 2_000
    assert prediction["growth"]["rows_at_limit"]["mid"] == pytest.approx(1_633, abs=3)
    assert prediction["growth"]["repeats"]["a"] == 0


def test_without_the_option_nothing_is_predicted(
    capsys: pytest.CaptureFixture[str], pages: str
) -> None:
    _, found = report(capsys, pages)

    assert found["predictions"] == []


def test_the_text_report_has_a_table_below_the_findings(
    capsys: pytest.CaptureFixture[str], pages: str
) -> None:
    main(["scan", pages, "--predict"])

    told = capsys.readouterr().out.partition("prediction   ")[2].splitlines()
    assert told[0] == "GET /stories, from 24 requests"
    assert told[1].split() == ["mended", "by", "statements", "p50", "p95", "capacity"]
    assert told[2].split()[:2] == ["nothing", "82"]
    assert told[3].split()[:3] == ["1", "rows", "1–3"]
    assert "a request takes more than 1.0 s from 813 repeats on" in " ".join(" ".join(told).split())


def test_the_markdown_report_has_the_same_table(
    capsys: pytest.CaptureFixture[str], pages: str
) -> None:
    main(["scan", pages, "--predict", "--format", "markdown"])

    told = capsys.readouterr().out
    assert "### Prediction: GET /stories, from 24 requests" in told
    assert "| 1 | select_in | 3 |" in told


def test_what_is_accepted_is_not_predicted_for(
    capsys: pytest.CaptureFixture[str], pages: str, tmp_path: Path
) -> None:
    main(["scan", pages, "--format", "json"])
    baseline = tmp_path / "baseline.json"
    baseline.write_text(capsys.readouterr().out)

    main(["scan", pages, "--predict", "--baseline", str(baseline)])

    told = capsys.readouterr().out
    assert "0 findings" in told
    assert CAT not in told
    assert "prediction" not in told


@pytest.mark.parametrize(
    "options", [["--limit", "2s"], ["--predict", "--limit", "0s"], ["--predict", "--limit", "2"]]
)
def test_a_limit_that_means_nothing_is_bad_usage(
    capsys: pytest.CaptureFixture[str], pages: str, options: list[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["scan", pages, *options])

    assert ended.value.code == 2
    assert "--limit" in capsys.readouterr().err
