"""Test `otel-nplusone diff`: a service and a route for each side."""

import json
from pathlib import Path

import pytest

from nplusone.tests.formats import lines, otlp_json
from nplusone.tests.traces import Drawing
from otel_nplusone.cli import main

ONE = "SELECT cat.name FROM cat WHERE cat.id = ?"


@pytest.fixture
def source(tmp_path: Path) -> str:
    """Draw two services with two routes each, whose requests send 10 to 40 statements."""
    counts = {"old": {"/cats": 10, "/dogs": 20}, "new": {"/cats": 30, "/dogs": 40}}
    written = b""
    for number, (service, routes) in enumerate(counts.items(), start=1):
        drawing = Drawing(f"{number:032x}", service)
        for route, count in routes.items():
            drawing.many(drawing.server(route), [ONE] * count)
        written += lines(otlp_json(drawing.spans, service))
    path = tmp_path / "traces.jsonl"
    path.write_bytes(written)
    return str(path)


@pytest.mark.parametrize(
    ("options", "statements"),
    [
        (["--service-a=old", "--service-b=new", "--route=/cats"], (10, 30)),
        (["--service-a=old", "--route-a=/dogs", "--service-b=new", "--route-b=/cats"], (20, 30)),
        (["--service=new", "--route-a=/cats", "--route-b=/dogs"], (30, 40)),
        (["--service=new", "--service-b=old", "--route=*/dogs"], (40, 20)),
    ],
)
def test_each_side_has_its_own_service_and_route(
    options: list[str],
    statements: tuple[int, int],
    source: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = main(["diff", source, source, "--format=json", *options])

    found = json.loads(capsys.readouterr().out)
    assert code == 0
    assert (found["a"]["statements_p50"], found["b"]["statements_p50"]) == statements
    assert (found["a"]["requests"], found["b"]["requests"]) == (1, 1)


def test_side_without_requests_is_told_with_its_service_and_route(
    source: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["diff", source, source, "--service-b=newer", "--route-b=/cats"])

    assert code == 2
    assert "no request of service 'newer' and route '/cats' sends" in capsys.readouterr().err
