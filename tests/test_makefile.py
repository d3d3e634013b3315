import os
import re
import subprocess
import tomllib

import pytest

from harness.project import PROJECT


def markers() -> list[str]:
    """Return the markers of tests that need more than Python: each names its target."""
    settings = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    named: list[str] = settings["tool"]["pytest"]["ini_options"]["markers"]
    return [marker for marker in named if "(make " in marker]


def shown(*arguments: str) -> str:
    """Return what make prints."""
    return subprocess.run(
        ["make", "--silent", *arguments],
        cwd=PROJECT,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_what_make_starts_keeps_its_compiled_modules() -> None:
    environment = shown("--eval=show: ; @env", "show")

    assert "PYTHONDONTWRITEBYTECODE" not in environment
    assert "PATH=" in environment


@pytest.mark.parametrize("marker", markers())
def test_what_a_plain_test_leaves_out_has_a_target_that_ci_runs(marker: str) -> None:
    name, _, words = marker.partition(": ")
    (target,) = re.findall(r"\(make ([\w-]+)\)", words)
    ci = (PROJECT / ".ci" / "run").read_text(encoding="utf-8")

    assert f"not {name}" in shown("--dry-run", "test")
    assert "pytest" in shown("--dry-run", target)
    assert re.search(rf"make {target}\b", ci)


def test_each_step_of_an_installation_says_so_before_it_begins() -> None:
    lines = shown("--dry-run", "--always-make", ".venv/.dev").splitlines()
    steps = [number for number, line in enumerate(lines) if line.startswith('echo "Installing ')]
    installs = [number for number, line in enumerate(lines) if "-r requirements/" in line]

    assert len(steps) == len(installs) == 3  # make's own tools, what runs, and what tests it
    assert all(said < done for said, done in zip(steps, installs, strict=True))
    assert all(line.endswith(">&2") for line in (lines[number] for number in steps))
