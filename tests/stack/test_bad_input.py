"""Make what cannot work, and what was interrupted; read the message, or see it go on."""

import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from harness.compose.images import environment_file
from harness.compose.project import Compose
from harness.project import PROJECT
from harness.waiting import wait_until

pytestmark = pytest.mark.stack

SEEDING_S = 180
COMPLAINED_S = 60
OTHER_VERSION = "mkdir /var/lib/postgresql/data && echo 16 >/var/lib/postgresql/data/PG_VERSION"


@pytest.fixture
def taken_port() -> Iterator[int]:
    """Listen on a port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port: int = listener.getsockname()[1]
        yield port


@pytest.fixture
def slow_seeding(tmp_path: Path) -> Path:
    """Give the seeding a quarter of a core, so that it lasts."""
    file = tmp_path / "slow-seeding.yml"
    file.write_text("services: {seed: {cpus: 0.25}}")
    return file


@pytest.mark.parametrize("variable", [one for one in environment_file() if "IMAGE" in one])
def test_an_image_that_is_missing_from_the_environment_file_is_named(
    other_project: Compose, tmp_path: Path, variable: str
) -> None:
    kept = [f"{name}={value}" for name, value in environment_file().items() if name != variable]
    environment = tmp_path / "environment"
    environment.write_text("\n".join(kept))

    refused = other_project.run("--env-file", str(environment), "config", "--quiet")

    assert refused.returncode != 0
    assert f"required variable {variable} is missing" in refused.stderr


def test_a_port_that_is_no_number_is_named(other_project: Compose) -> None:
    refused = other_project.run("config", "--quiet", env={"CLINIC_PORT": "eight-thousand"})

    assert refused.returncode != 0
    assert "eight-thousand" in refused.stderr


def test_a_port_that_is_taken_is_named_with_the_part_that_wants_it(
    other_project: Compose, taken_port: int
) -> None:
    refused = other_project.run(
        "up", "--detach", "prometheus", env={"PROMETHEUS_PORT": str(taken_port)}
    )

    assert refused.returncode != 0
    assert f"127.0.0.1:{taken_port}" in refused.stderr
    assert "prometheus" in refused.stderr


def test_the_data_of_another_postgresql_are_refused_and_left_alone(
    other_project: Compose,
) -> None:
    other_project.do("run", "--rm", "--no-deps", "--entrypoint=sh", "db", "-c", OTHER_VERSION)

    refused = other_project.run("up", "--wait", "db")

    said = other_project.logs("db")
    assert refused.returncode != 0
    assert "Error: " in said
    assert "/var/lib/postgresql/data" in said
    found = other_project.do(
        "run", "--rm", "--no-deps", "--entrypoint=cat", "db", "/var/lib/postgresql/data/PG_VERSION"
    )
    assert found.strip() == "16"


@pytest.mark.parametrize(
    ("variable", "service", "complaint"),
    [
        ("LOCUST_USERS", "locust", "invalid int value: 'many'"),
        ("WEB_CONCURRENCY", "service", "WEB_CONCURRENCY='many' is not a number from 1 to 1000"),
    ],
)
def test_a_number_that_is_none_is_complained_of_in_the_log(
    other_project: Compose, variable: str, service: str, complaint: str
) -> None:
    other_project.do("build", service)
    started = other_project.run("up", "--detach", "--no-deps", service, env={variable: "many"})

    assert started.returncode == 0, started.stderr
    wait_until(
        lambda: complaint in other_project.logs(service),
        what=f"{service} to complain of {variable}",
        deadline_s=COMPLAINED_S,
        every_s=1,
    )


def test_seeding_that_was_interrupted_begins_anew_and_down_leaves_nothing(
    other_project: Compose, slow_seeding: Path
) -> None:
    other_project.do("build", "seed")
    with subprocess.Popen(
        other_project.command("-f", str(slow_seeding), "up", "seed"),
        cwd=PROJECT,
        env=other_project.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as up:
        wait_until(
            lambda: is_seeding(other_project), what="rows to be written", deadline_s=SEEDING_S
        )
        up.send_signal(signal.SIGINT)  # Ctrl-C
    seed = other_project.containers()["seed"]["State"]
    assert seed["Status"] == "exited"
    assert seed["ExitCode"] != 0

    other_project.up(["service"])
    clinics = requests.get(other_project.url("CLINIC_PORT", "/api/clinics"), timeout=30).json()
    other_project.down()

    assert len(clinics["clinics"]) == 100
    assert other_project.leftovers() == []


def is_seeding(project: Compose) -> bool:
    """Return whether the seeding is in the middle of its transaction."""
    asked = project.run(
        "exec", "db", "psql", "--tuples-only", "--no-align", "--username=postgres",
        "--command=SELECT count(*) FROM pg_stat_activity "
        "WHERE usename = 'clinic' AND backend_xid IS NOT NULL",
    )  # fmt: skip
    return asked.stdout.strip() not in ("", "0")
