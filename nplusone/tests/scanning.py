"""Scan drawn traces by the command line."""

import json
from pathlib import Path
from typing import Any

import pytest

from nplusone.tests.formats import lines, otlp_json
from nplusone.tests.traces import Drawing
from otel_nplusone.cli import main

CAT = "SELECT cat.name FROM cat WHERE cat.id = ?"
CLINIC = "SELECT clinic.id FROM clinic WHERE clinic.name = ?"
INSERT = "INSERT INTO visit (cat_id) VALUES (?)"
CODE: dict[str, Any] = {
    "code__file__path": "stories.py",
    "code__line__number": 41,
    "code__function__name": "cats",
}


def report(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    """Scan sources; return the exit code and the JSON report."""
    code = main(["scan", *arguments, "--format", "json"])
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    return code, document


def written(folder: Path, *drawings: Drawing, name: str = "drawn.jsonl") -> str:
    """Write traces to a file, a line each; return its path."""
    path = folder / name
    path.write_bytes(lines(*(otlp_json(drawing.spans) for drawing in drawings)))
    return str(path)
