"""Test the command line as a whole: what it loads, and what it says of itself."""

import re
import subprocess
import sys
from importlib.metadata import version

import pytest

from otel_nplusone.cli import main

HEAVY = ("flask", "sqlalchemy", "opentelemetry", "google", "pytest", "clinic", "tracestore")


def test_the_command_line_needs_nothing_but_the_standard_library() -> None:
    program = f"import sys, otel_nplusone.cli; print(sorted(set({HEAVY}) & set(sys.modules)))"

    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert run.stdout == "[]\n", run.stderr


def test_a_version_is_told_without_loading_any_subcommand() -> None:
    program = (
        "import sys, otel_nplusone.cli as cli\n"
        "try: cli.main(['--version'])\n"
        "except SystemExit: print(sorted(m for m in sys.modules if m.startswith('otel_nplusone.')))"
    )

    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    loaded = {
        f"otel_nplusone.{name}" for name in ("_cli", "_cli.exit_codes", "cli", "errors", "version")
    }
    assert run.stdout.splitlines()[1:] == [str(sorted(loaded))], run.stderr


@pytest.mark.parametrize("arguments", [["--help"], ["nonsense"]])
def test_help_and_errors_name_every_subcommand(
    capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    with pytest.raises(SystemExit):
        main(arguments)

    told = capsys.readouterr()
    assert {"scan", "diff", "run"} <= set(re.findall(r"\w+", told.out + told.err))


def test_the_command_line_tells_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])

    assert capsys.readouterr().out == f"otel-nplusone {version('otel-nplusone')}\n"
