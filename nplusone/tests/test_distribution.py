"""The distribution stands alone."""

import subprocess
import sys
from importlib.metadata import version

import pytest

from otel_nplusone.cli import main
from otel_nplusone.report_json import schema

HEAVY = ("flask", "sqlalchemy", "opentelemetry", "google", "pytest", "clinic", "tracestore")


def test_the_command_line_needs_nothing_but_the_standard_library() -> None:
    program = f"import sys, otel_nplusone.cli; print(sorted(set({HEAVY}) & set(sys.modules)))"

    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert run.stdout == "[]\n", run.stderr


def test_the_schema_is_part_of_the_package() -> None:
    found = schema()

    assert "https://json-schema.org/draft/2020-12/schema" in found


def test_the_command_line_tells_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])

    assert capsys.readouterr().out == f"otel-nplusone {version('otel-nplusone')}\n"
