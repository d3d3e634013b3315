"""Ask the doctor about the running stack, and compare its three counts of statements."""

import subprocess
from pathlib import Path
from typing import Protocol

import pytest

from harness.project import PROJECT, tool

pytestmark = pytest.mark.stack

DEADLINE_S = 400


class Stack(Protocol):
    """Type the stack of tests/stack/conftest.py."""

    @property
    def name(self) -> str: ...
    @property
    def flags(self) -> Path: ...
    @property
    def environment(self) -> dict[str, str]: ...


@pytest.fixture
def without_grafana(services: tuple[str, ...]) -> list[str]:
    """Return the option that leaves Grafana out, if it was left out."""
    return ["--without=grafana"] if services else []


def incident(stack: Stack, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [tool("incident"), *arguments, "--target=compose"],
        cwd=PROJECT,
        env={**stack.environment, "COMPOSE_PROJECT_NAME": stack.name},
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE_S,
    )


def test_the_doctor_finds_every_part_well(stack: Stack, without_grafana: list[str]) -> None:
    done = incident(stack, "doctor", *without_grafana)

    assert done.returncode == 0, done.stdout + done.stderr
    assert " WRONG " not in done.stdout


def test_service_jaeger_and_postgresql_count_every_statement_the_same(
    stack: Stack, flags_file: Path, tmp_path: Path
) -> None:
    # Where the command looks for the flags: in the folder that the stack was given.
    (tmp_path / "flags").symlink_to(stack.flags)

    done = incident(stack, "reconcile", "--statements=20000", f"--var={tmp_path}")

    assert done.returncode == 0, done.stdout + done.stderr
    (total,) = (line for line in done.stdout.splitlines() if line.endswith("  all"))
    service, spans, database, difference, _ = total.replace(",", "").split()
    assert service == spans == database
    assert int(service) >= 20_000
    assert difference == "0"
