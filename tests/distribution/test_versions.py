"""Test versions that go together: what the docs name, and both ends of the stated range."""

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from harness.project import PROJECT
from tests.distribution.environments import UV, install, make_environment, run

pytestmark = pytest.mark.distribution

REFERENCE = (PROJECT / "docs" / "reference" / "live.md").read_text()
PROGRAMS = PROJECT / "nplusone" / "tests" / "run" / "programs"
PROGRAM = "from library import app; assert app.test_client().get('/shelves').status_code == 200"
OLDEST = {"sdk": "1.30.0", "others": "0.51b0"}


def set_of_readme() -> list[str]:
    """Return the packages of the command in the docs that names a set, ours first."""
    lines = REFERENCE.replace("\\\n", " ").splitlines()
    words = shlex.split(next(line for line in lines if "opentelemetry-distro==" in line))
    assert words[:2] == ["pip", "install"]
    return words[2:]


def ours(wheel: Path, extras: str) -> str:
    return f"otel-nplusone[{extras}] @ {wheel.as_uri()}"


def findings(environment: Path, folder: Path) -> list[dict[str, Any]]:
    """Return what is found in a program that knows nothing of OpenTelemetry."""
    report = folder / "report.json"
    run(
        *(environment / "otel-nplusone", "run", "--format", "json", "--output", report, "--"),
        *(environment / "python", "-c", PROGRAM),
        variables={"PYTHONPATH": str(PROGRAMS)},
    )
    found: list[dict[str, Any]] = json.loads(report.read_text())["findings"]
    return found


def test_set_that_the_readme_names_is_installed_and_sees(wheel: Path, tmp_path: Path) -> None:
    extras, *packages = set_of_readme()
    assert extras.startswith("otel-nplusone[")

    environment = make_environment(
        tmp_path / "environment",
        ours(wheel, extras.removeprefix("otel-nplusone[").rstrip("]")),
        *packages,
        "flask",
        "sqlalchemy",
    )

    (finding,) = findings(environment, tmp_path)
    assert (finding["repeats"]["max"], finding["relationship"]) == (12, "Shelf.books")
    assert finding["code"].startswith(str(PROGRAMS / "library.py"))
    assert all("==" in package for package in packages)


@pytest.mark.parametrize("sqlalchemy", ["2.0.30", "2.1.9"])
def test_oldest_opentelemetry_of_the_stated_range_sees_as_much(
    wheel: Path, tmp_path: Path, sqlalchemy: str
) -> None:
    environment = make_environment(
        tmp_path / "environment",
        ours(wheel, "run,sqlalchemy"),
        f"opentelemetry-sdk=={OLDEST['sdk']}",
        f"opentelemetry-distro=={OLDEST['others']}",
        f"opentelemetry-instrumentation-flask=={OLDEST['others']}",
        f"opentelemetry-instrumentation-sqlalchemy=={OLDEST['others']}",
        f"sqlalchemy=={sqlalchemy}",
        "flask",
    )

    (finding,) = findings(environment, tmp_path)
    assert (finding["repeats"]["max"], finding["relationship"]) == (12, "Shelf.books")


def test_stated_range_is_that_of_the_extras() -> None:
    text = (PROJECT / "nplusone" / "pyproject.toml").read_text()

    assert f"opentelemetry-sdk>={OLDEST['sdk'].removesuffix('.0')},<2" in text
    assert f"opentelemetry-distro>={OLDEST['others']},<1" in text
    assert "OpenTelemetry 1.30 (0.51b0) to 1.x" in REFERENCE


@pytest.mark.parametrize("sqlalchemy", ["1.4.41", "1.4.54", "2.0.0", "2.0.44", "2.1.0", "2.1.9"])
def test_extras_do_not_move_the_users_sqlalchemy(
    wheel: Path, tmp_path: Path, sqlalchemy: str
) -> None:
    folder = tmp_path / "environment"
    environment = make_environment(folder, f"sqlalchemy=={sqlalchemy}")

    install(folder, ours(wheel, "run,sqlalchemy,sdk,pytest,protobuf,fast,zstd"))

    told = run(UV, "pip", "freeze", "--python", environment / "python")
    assert f"sqlalchemy=={sqlalchemy}" in told.lower().splitlines()


def test_what_is_not_instrumented_is_named_with_the_command(wheel: Path, tmp_path: Path) -> None:
    environment = make_environment(
        tmp_path / "environment", ours(wheel, "run"), "flask", "sqlalchemy"
    )

    said = run(
        *(environment / "otel-nplusone", "run", "--", environment / "python", "-c", PROGRAM),
        variables={"PYTHONPATH": str(PROGRAMS)},
    )

    words = " ".join(said.split())
    assert "SQLAlchemy is not instrumented" in words
    assert "-m pip install opentelemetry-instrumentation-sqlalchemy" in words
