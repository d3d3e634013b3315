"""Test `otel-nplusone diff`: before and after."""

import json
from pathlib import Path

import pytest

from nplusone.tests.scanning import written
from nplusone.tests.traces import Drawing
from otel_nplusone.cli import main

CAT = "SELECT cat.name FROM cat WHERE cat.id = ?"
CATS = "SELECT cat.name FROM cat JOIN appointment ON appointment.cat_id = cat.id"


@pytest.fixture
def before(tmp_path: Path) -> str:
    drawing = Drawing()
    drawing.many(drawing.server("/naive", ms=500), [CAT] * 100)
    return written(tmp_path, drawing, name="before.json")


@pytest.fixture
def after(tmp_path: Path) -> str:
    drawing = Drawing()
    drawing.many(drawing.server("/core", ms=20), [CATS])
    return written(tmp_path, drawing, name="after.json")


def test_statements_repeats_and_times_stand_side_by_side(
    capsys: pytest.CaptureFixture[str], before: str, after: str
) -> None:
    code = main(["diff", before, after])

    assert code == 0
    rows = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "statements, median 100 1" in rows
    assert "request, median 500.0 ms 20.0 ms" in rows
    assert f"100 → 0 100.0 ms → 0.0 ms {CAT}" in rows
    assert f"0 → 1 0.0 ms → 1.0 ms {CATS}" in rows


def test_two_routes_of_one_file_can_be_compared(
    capsys: pytest.CaptureFixture[str], before: str, after: str, tmp_path: Path
) -> None:
    both = tmp_path / "both.jsonl"
    later = Path(after).read_text().replace("0af7651916cd43dd8448eb211c80319c", "1" * 32)
    both.write_text(Path(before).read_text() + later)

    main(["diff", *[str(both)] * 2, "--route-a=/naive", "--route-b=/core", "--format=json"])

    found = json.loads(capsys.readouterr().out)
    assert (found["a"]["statements_p50"], found["b"]["statements_p50"]) == (100, 1)
    assert found["statements"][0]["repeats"] == {"a": 100, "b": 0}


def test_a_side_without_requests_ends_with_two(
    capsys: pytest.CaptureFixture[str], before: str, after: str
) -> None:
    code = main(["diff", before, after, "--route", "/naive"])

    assert code == 2
    assert "no request of route '/naive' sends a statement" in capsys.readouterr().err
