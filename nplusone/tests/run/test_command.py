"""Test `otel-nplusone run` with a real server and an application that knows nothing of it."""

import shutil
import signal
import sys
from pathlib import Path

import pytest

from nplusone.tests.run.running import DEADLINE_S, PROGRAMS, answers, free_port, run
from otel_nplusone._cli.exit_codes import BAD_INPUT
from otel_nplusone._run.command import environment
from otel_nplusone.cli import main


@pytest.mark.commands
def test_findings_of_all_workers_are_said_once_and_summed_up(tmp_path: Path) -> None:
    address = f"127.0.0.1:{free_port()}"
    server = ("gunicorn", "--no-control-socket", "--workers=2", f"--bind={address}", "library:app")
    with run(tmp_path / "output", *server) as program:
        program.wait_for(lambda: answers(f"http://{address}/health"), "answer")
        for _ in range(6):
            assert answers(f"http://{address}/shelves")
        program.wait_for(lambda: "n_plus_one in GET /shelves" in program.said, "finding")
        program.process.send_signal(signal.SIGTERM)
        code = program.process.wait(DEADLINE_S)

    assert code == 0
    assert program.said.count("n_plus_one in GET /shelves: 12 times") == 1
    assert "library.py:" in program.said
    assert "selectinload(Shelf.books)" in program.said
    assert "1 finding in " in program.said
    assert "12 median, 12 at most in one request, in 6 traces" in program.said


@pytest.mark.commands
def test_application_that_is_installed_among_its_libraries_has_a_line(tmp_path: Path) -> None:
    packages = tmp_path / "site-packages"
    (packages / "bookshop").mkdir(parents=True)
    shutil.copy(PROGRAMS / "library.py", packages / "bookshop" / "shelves.py")
    address = f"127.0.0.1:{free_port()}"
    # A worker of this kind answers in the main thread, whose outermost frame is the command.
    server = ("gunicorn", "--no-control-socket", f"--bind={address}", "bookshop.shelves:app")
    with run(tmp_path / "output", *server, PYTHONPATH=str(packages)) as program:
        program.wait_for(lambda: answers(f"http://{address}/health"), "answer")
        assert answers(f"http://{address}/shelves")
        program.wait_for(lambda: "n_plus_one in GET /shelves" in program.said, "finding")

    line = next(
        number
        for number, text in enumerate((PROGRAMS / "library.py").read_text().splitlines(), 1)
        if "len(shelf.books)" in text
    )
    assert f"at bookshop/shelves.py:{line} in bookshop.shelves.shelves" in program.said


@pytest.mark.commands
@pytest.mark.parametrize("disabled", ["sqlalchemy", "*"])
def test_instrumentation_that_is_disabled_stays_so(disabled: str, tmp_path: Path) -> None:
    program_text = (
        "from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor as S;"
        "print('instrumented:', S().is_instrumented_by_opentelemetry)"
    )
    command = ("python", "-c", program_text)

    said: list[str] = []
    for value in ("none", disabled):
        environ = {"OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": value}
        with run(tmp_path / f"output-{len(said)}", *command, **environ) as program:
            program.process.wait(DEADLINE_S)
        said.append(program.said.splitlines()[0])

    assert said == ["instrumented: True", "instrumented: False"]


@pytest.mark.commands
def test_program_ends_with_its_own_exit_code(tmp_path: Path) -> None:
    with run(tmp_path / "output", "python", "-c", "raise SystemExit(7)") as program:
        code = program.process.wait(DEADLINE_S)

    assert code == 7


def test_other_exporters_go_on_and_what_is_set_stays(tmp_path: Path) -> None:
    inherited = {"OTEL_TRACES_EXPORTER": "otlp", "OTEL_METRICS_EXPORTER": "otlp"}

    env = environment(inherited, tmp_path)

    assert env["OTEL_TRACES_EXPORTER"] == "otlp"
    assert env["OTEL_METRICS_EXPORTER"] == "otlp"
    assert env["OTEL_LOGS_EXPORTER"] == "none"


@pytest.mark.parametrize("before", ["", "none", "nplusone"])
def test_spans_go_to_nobody_else_where_nobody_is_asked_for(before: str, tmp_path: Path) -> None:
    env = environment({"OTEL_TRACES_EXPORTER": before}, tmp_path)

    assert env["OTEL_TRACES_EXPORTER"] == "none"


def test_program_that_is_not_there_is_bad_usage(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["run", "--", "no-such-program"])

    assert code == BAD_INPUT
    assert "There is no program 'no-such-program'" in capsys.readouterr().err


def test_without_the_distro_it_says_what_to_install(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "opentelemetry.distro", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry", None)

    code = main(["run", "--", "python"])

    assert code == BAD_INPUT
    assert "pip install 'otel-nplusone[run]'" in capsys.readouterr().err
