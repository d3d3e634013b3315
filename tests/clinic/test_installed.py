"""Test the clinic as others run it: installed among its libraries, started from any folder."""

import os
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

import pytest

from harness.parts.start import Tracestore, start_clinic
from harness.processes import Processes
from harness.project import PROJECT, tool
from harness.waiting import wait_until

QUERIES = PROJECT / "service" / "clinic" / "db.py"
DEADLINE_S = 30


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheels of the clinic and the detector on what the image installs, and no more."""
    folder = tmp_path_factory.mktemp("installed")
    wheels = folder / "wheels"
    for project in (PROJECT, PROJECT / "nplusone"):
        run("-m", "hatchling", "build", "--target=wheel", f"--directory={wheels}", cwd=project)
    venv.create(folder / "venv", symlinks=True)
    python = folder / "venv" / "bin" / "python"
    pip = (tool("uv"), "pip", "install", "--quiet", f"--python={python}")
    lock = PROJECT / "requirements" / "service.txt"
    subprocess.run([*pip, "--require-hashes", f"--requirements={lock}"], check=True, timeout=300)
    subprocess.run([*pip, "--no-deps", *wheels.glob("*.whl")], check=True, timeout=60)
    return folder / "venv"


def run(*arguments: str, cwd: Path, python: Path = Path(sys.executable)) -> str:
    done = subprocess.run(
        [python, *arguments], cwd=cwd, check=True, timeout=60, stdout=subprocess.PIPE, text=True
    )
    return done.stdout


def test_the_installed_clinic_is_not_the_checkout(installation: Path, tmp_path: Path) -> None:
    program = "import clinic, otel_nplusone; print(clinic.__file__, otel_nplusone.__file__)"

    files = run("-c", program, cwd=tmp_path, python=installation / "bin" / "python").split()

    assert all(Path(file).is_relative_to(installation) for file in files)


@pytest.mark.parametrize("worker", ["gthread", "sync"])
def test_spans_of_an_installed_clinic_tell_its_line(
    worker: str,
    installation: Path,
    processes: Processes,
    own_store: Tracestore,
    tmp_path: Path,
    database_url: str,
) -> None:
    clinic = start_clinic(
        processes,
        tmp_path,  # where there is no service/, and no flags.json
        database_url,
        {
            "OTEL_EXPORTER_OTLP_ENDPOINT": own_store.otlp,
            "GUNICORN_CMD_ARGS": f"--worker-class={worker}",
        },
        program=str(installation / "bin" / "clinic"),
        cwd=tmp_path,
    )

    response = clinic.get("/success-stories", clinic=clinic.clinic_name(), strategy="naive")
    trace_id = response.headers["traceresponse"].split("-")[1]

    def located() -> list[dict[str, Any]]:
        spans = [attributes_of(span) for span in own_store.spans_of(trace_id)]
        return [found for found in spans if "code.file.path" in found]

    spans = wait_until(located, what="spans with a line", deadline_s=DEADLINE_S, every_s=0.1)
    assert {span["code.file.path"] for span in spans} == {"clinic/db.py"}
    lines = QUERIES.read_text().splitlines()
    assert all("self.scalars(" in lines[int(span["code.line.number"]) - 1] for span in spans)


def attributes_of(span: dict[str, Any]) -> dict[str, Any]:
    return {one["key"]: next(iter(one["value"].values())) for one in span["attributes"]}


def test_the_installed_clinic_makes_its_flags_and_database_from_any_folder(
    installation: Path, tmp_path: Path
) -> None:
    environ = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
    clinic = [installation / "bin" / "clinic"]

    subprocess.run([*clinic, "seed", "--size=test"], cwd=tmp_path, env=environ, check=True)

    assert (tmp_path / "var" / "clinic.db").exists()
