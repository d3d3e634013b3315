"""Test what `otel-nplusone run` says at the end, and what it ends with."""

import json
from pathlib import Path

import pytest

from nplusone.tests.run.running import DEADLINE_S, finish, run
from otel_nplusone._cli.exit_codes import BAD_INPUT, CLEAN, FINDINGS
from otel_nplusone._run.blind import Sight
from otel_nplusone._run.wire import Hello

LOOP = """
from opentelemetry.trace import get_tracer
from library import shelves
with get_tracer("test").start_as_current_span("nightly"):
    shelves()
"""
BARE = "import library; library.shelves()"
SQLALCHEMY = ("sqlalchemy", "opentelemetry-instrumentation-sqlalchemy")
PSYCOPG = ("psycopg", "opentelemetry-instrumentation-psycopg")
FLASK = ("flask", "opentelemetry-instrumentation-flask")
CELERY = ("celery", "opentelemetry-instrumentation-celery")


def reason(*hellos: Hello, statements: int = 0, outside: int = 0, **environ: str) -> str:
    """Return the only thing that a program with such processes is told."""
    sight = Sight("/venv/bin/python", environ)
    for hello in hellos:
        sight.take(hello)
    spans = max(statements, outside)
    (said,) = sight.reasons(spans=spans, statements=statements, outside=outside)
    return said


@pytest.mark.commands
def test_program_in_which_opentelemetry_does_not_start_is_not_called_clean(tmp_path: Path) -> None:
    said = finish(tmp_path / "output", "--", "python", "-I", "-c", "print('on its own')")

    assert "on its own" in said
    assert "warning: OpenTelemetry did not start in the program" in said
    assert "-m pip install 'otel-nplusone[run]'" in " ".join(said.split())


@pytest.mark.commands
def test_sdk_that_is_switched_off_is_named(tmp_path: Path) -> None:
    said = finish(tmp_path / "output", "--", "python", "-c", BARE, OTEL_SDK_DISABLED="true")

    assert "no statement was seen: the SDK is switched off by OTEL_SDK_DISABLED=true" in said


@pytest.mark.commands
def test_program_without_a_statement_is_told_so(tmp_path: Path) -> None:
    said = finish(tmp_path / "output", "--", "python", "-c", "print('nothing')")

    assert "no statement was seen" in said


@pytest.mark.commands
def test_instrumentation_that_is_disabled_is_named(tmp_path: Path) -> None:
    off = {"OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": "sqlalchemy,sqlite3"}

    said = " ".join(finish(tmp_path / "output", "--", "python", "-c", LOOP, **off).split())

    assert "no statement was seen" in said
    assert "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS=sqlalchemy,sqlite3 switches" in said


@pytest.mark.commands
def test_statements_outside_any_request_are_counted(tmp_path: Path) -> None:
    said = finish(tmp_path / "output", "--", "python", "-c", BARE)

    assert "statements lie outside any request, and were not judged" in said
    assert "0 findings in " in said


def test_what_is_missing_is_named_with_the_command_that_installs_it() -> None:
    said = reason(Hello(1, missing=(PSYCOPG, SQLALCHEMY, FLASK)))

    assert said == (
        "no statement was seen, nor any other span: SQLAlchemy is not instrumented;"
        " /venv/bin/python -m pip install opentelemetry-instrumentation-sqlalchemy"
    )


def test_framework_that_is_not_instrumented_is_asked_for() -> None:
    said = reason(Hello(1, missing=(FLASK, CELERY, PSYCOPG)), statements=418, outside=418)

    assert said == (
        "418 statements lie outside any request, and were not judged: is Flask or Celery"
        " instrumented? /venv/bin/python -m pip install opentelemetry-instrumentation-flask"
        " opentelemetry-instrumentation-celery"
    )


def test_what_a_process_imports_counts_and_not_all_that_is_installed() -> None:
    said = reason(
        Hello(1, missing=(FLASK, CELERY)), Hello(1, missing=(CELERY,)), statements=3, outside=3
    )

    assert "is Celery instrumented?" in said


def test_provider_that_takes_no_processor_is_named() -> None:
    assert "the program's tracer provider is ProxyTracerProvider" in reason(
        Hello(1, "ProxyTracerProvider")
    )


def test_sampler_is_named() -> None:
    said = reason(Hello(1), OTEL_TRACES_SAMPLER="always_off")

    assert "OTEL_TRACES_SAMPLER=always_off may leave them out" in said


def test_spans_that_were_lost_are_told() -> None:
    sight = Sight(lost=7)
    sight.take(Hello(1))

    (said,) = sight.reasons(spans=9, statements=9, outside=0)

    assert said.startswith("7 spans could not be handed over")


def test_program_that_was_seen_is_told_nothing() -> None:
    sight = Sight()
    sight.take(Hello(1, missing=(FLASK,)))

    assert sight.reasons(spans=9, statements=9, outside=0) == []


@pytest.mark.commands
@pytest.mark.parametrize(
    ("program", "options", "code"),
    [
        (LOOP, (), CLEAN),
        (LOOP, ("--fail-on", "none"), CLEAN),
        (LOOP, ("--fail-on", "redundant"), CLEAN),
        (LOOP, ("--fail-on", "redundant", "n_plus_one"), FINDINGS),
        (LOOP, ("--fail-on", "n_plus_one", "--min-repeats", "13"), CLEAN),
        (LOOP + "raise SystemExit(7)", ("--fail-on", "n_plus_one"), 7),
        ("print(1)", (), CLEAN),
        ("print(1)", ("--fail-on", "n_plus_one"), BAD_INPUT),
        ("import os; os.kill(os.getpid(), 15)", ("--fail-on", "n_plus_one"), 128 + 15),
    ],
)
def test_it_ends_as_it_is_asked_to(
    program: str, options: tuple[str, ...], code: int, tmp_path: Path
) -> None:
    with run(tmp_path / "output", *options, "--", "python", "-c", program) as running:
        ended = running.process.wait(DEADLINE_S)

    assert ended == code, running.said


@pytest.mark.commands
def test_summary_goes_to_a_file_in_the_format_that_is_asked_for(tmp_path: Path) -> None:
    options = ("--format", "json", "--output", str(tmp_path / "report.json"))

    said = finish(tmp_path / "output", *options, "--", "python", "-c", LOOP)

    report = json.loads((tmp_path / "report.json").read_text())
    assert [one["route"] for one in report["findings"]] == ["nightly"]
    assert not any("nothing was judged" in warning for warning in report["warnings"])
    assert "n_plus_one in nightly: 12 times" in said
    assert "1 finding in" not in said
