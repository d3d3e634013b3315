"""Test otel-nplusone as strangers get it: from its wheel, its sdist, a hook, a workflow."""

import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from harness.project import PROJECT
from nplusone.tests.formats import otlp_json
from nplusone.tests.traces import Drawing

pytestmark = pytest.mark.distribution
UV = Path(sys.executable).with_name("uv")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run("make", "--silent", "dist", f"DIST={folder}", folder=PROJECT)
    return folder


@pytest.fixture(scope="module")
def environment(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel, and nothing else, into an empty environment."""
    folder = tmp_path_factory.mktemp("environment")
    run(UV, "venv", "--quiet", "--clear", "--python", sys.executable, folder)
    install(folder, only(built, "*.whl"))
    return folder / "bin"


@pytest.fixture
def traces(tmp_path: Path) -> Path:
    drawing = Drawing()
    page = drawing.server("/cats")
    for number in range(20):
        drawing.sql(page, f"SELECT name FROM cat WHERE id = {number}")
    path = tmp_path / "page.traces.json"
    path.write_text(json.dumps(otlp_json(drawing.spans)))
    return path


def test_the_wheel_alone_scans_a_file(environment: Path, traces: Path) -> None:
    found = run(environment / "otel-nplusone", "scan", traces, expect=1)

    assert "n_plus_one" in found
    assert "GET /cats" in found


def test_the_sdist_passes_its_own_tests(built: Path, tmp_path: Path) -> None:
    with tarfile.open(only(built, "*.tar.gz")) as archive:
        archive.extractall(tmp_path, filter="data")
    source = only(tmp_path, "otel_nplusone-*")
    folder = tmp_path / "environment"
    run(UV, "venv", "--quiet", "--python", sys.executable, folder)
    install(folder, "--require-hashes", "--requirement", PROJECT / "requirements" / "dev.txt")
    install(folder, "--no-deps", only(built, "*.whl"))

    told = run(folder / "bin" / "python", "-m", "pytest", "-q", "-n", "auto", folder=source)

    assert " passed" in told
    assert str(PROJECT) not in told


def test_the_hook_scans_what_is_committed(traces: Path, tmp_path: Path) -> None:
    repository = tmp_path / "theirs"
    repository.mkdir()
    run("git", "init", "--quiet", folder=repository)
    (repository / traces.name).write_bytes(traces.read_bytes())
    run("git", "add", ".", folder=repository)

    told = run(
        Path(sys.executable).with_name("pre-commit"),
        *("try-repo", PROJECT, "otel-nplusone", "--all-files", "--verbose"),
        folder=repository,
        expect=1,
        variables={"PRE_COMMIT_HOME": str(tmp_path / "hooks")},
    )

    assert "n_plus_one" in told


@pytest.mark.parametrize(("arguments", "code"), [("", 1), ("--fail-on\nnone", 0)])
def test_the_action_writes_the_report_into_the_summary(
    traces: Path, tmp_path: Path, arguments: str, code: int
) -> None:
    action = yaml.safe_load((PROJECT / "nplusone" / "action.yml").read_text())
    (step,) = action["runs"]["steps"]
    summary = tmp_path / "summary.md"

    run(
        *("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]),
        expect=code,
        variables={
            "SOURCE": str(traces),
            "ARGUMENTS": arguments,
            "PYTHON": sys.executable,
            "GITHUB_ACTION_PATH": str(PROJECT / "nplusone"),
            "GITHUB_STEP_SUMMARY": str(summary),
            "GITHUB_OUTPUT": str(tmp_path / "output"),
        },
    )

    assert "n_plus_one" in summary.read_text()
    assert (tmp_path / "output").read_text().startswith("report=")


def install(folder: Path, *words: str | Path) -> None:
    run(UV, "pip", "install", "--quiet", "--python", folder / "bin" / "python", *words)


def only(folder: Path, pattern: str) -> Path:
    (found,) = folder.glob(pattern)
    return found


def run(
    *words: str | Path,
    folder: Path | None = None,
    expect: int = 0,
    variables: Mapping[str, str] | None = None,
) -> str:
    """Run a command to its end; return what it prints, and fail on another exit code."""
    done = subprocess.run(
        [str(word) for word in words],
        cwd=folder,
        env=os.environ | (variables or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == expect, done.stdout
    return done.stdout
