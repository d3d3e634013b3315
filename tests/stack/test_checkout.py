"""Start from a checkout that only its owner may read, as umask 077 leaves it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.compose.containers import docker
from harness.compose.images import environment_file
from harness.compose.project import NAME, Compose
from harness.project import PROJECT

pytestmark = pytest.mark.stack

PARTS = (".env", "docker-compose.yml", "otel", "dashboards", "service/flags.json")
# Users of containers, who are neither root nor the owner.
SOMEBODY = "10001:10001"
# As an engine whose root is not this machine's: it may neither read nor change what is others'.
POWERLESS = """
services:
  prepare:
    cap_add: !reset []
    user: "12345:12345"
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "checkout"
    shutil.copytree(PROJECT / "service" / "postgres", folder / "service" / "postgres")
    for name in PARTS:
        copy = shutil.copytree if (PROJECT / name).is_dir() else shutil.copy
        copy(PROJECT / name, folder / name)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)
    return folder


@pytest.fixture
def project(checkout: Path) -> Iterator[Compose]:
    flags = checkout / "var" / "flags"
    flags.mkdir(parents=True, mode=0o700)
    compose = Compose(f"{NAME}-checkout", flags, file=checkout / "docker-compose.yml")
    yield compose
    compose.down()


def test_containers_read_a_checkout_that_was_made_under_umask_077(
    project: Compose, checkout: Path
) -> None:
    project.do("run", "--rm", "prepare")

    for folder in ("otel", "dashboards", "service/postgres", "var/flags"):
        docker(
            *("run", "--rm", "--network", "none", "--user", SOMEBODY),
            *("--volume", f"{checkout / folder}:/read:ro"),
            *(environment_file()["BUSYBOX_IMAGE"], "tar", "-cf", "/dev/null", "/read"),
        )


def test_an_engine_that_may_not_open_the_files_says_what_to_run(
    project: Compose, checkout: Path
) -> None:
    (checkout / "powerless.yml").write_text(POWERLESS, encoding="utf-8")
    override = str(checkout / "powerless.yml")

    refused = project.run("-f", override, "run", "--rm", "prepare")

    assert refused.returncode == 1
    last = refused.stderr.strip().splitlines()[-1]
    assert last.startswith("prepare: the root of this engine may not open the files")
    assert last.endswith("chmod -R a+rX otel dashboards service/postgres")
