"""Examine containers that have been killed, are nearly full, or run another image."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.compose.containers import Container, containers, cpu_s, docker
from harness.compose.images import environment_file
from harness.waiting import wait_until
from incident.doctor.containers import images, roomy, steady
from incident.doctor.patient import Unwell

pytestmark = pytest.mark.stack

NAME = "clinic-test-doctor"
IMAGE = f"{NAME}/busybox:1"
DEADLINE_S = 60
# What is written to /dev/shm is memory of the container.
FILE = """
name: {name}
x-small: &small
  image: {image}
  init: true
  network_mode: none
  mem_limit: 32m
  memswap_limit: 32m
  shm_size: 64m
services:
  well:
    <<: *small
    command: [sleep, "1000"]
  {other}
"""
HUNGRY = """hungry:
    <<: *small
    restart: on-failure:1
    init: false
    command: [dd, if=/dev/zero, of=/dev/shm/fill, bs=1M, count=60]
"""
FULL = """full:
    <<: *small
    command: [sh, -c, "dd if=/dev/zero of=/dev/shm/fill bs=1M count=30 && sleep 1000"]
"""
BUSY = """busy:
    <<: *small
    cpus: 0.5
    command: [sh, -c, "while :; do :; done"]
"""


@pytest.fixture
def image() -> Iterator[str]:
    """Give the busybox of .env a name for this test."""
    docker("tag", environment_file()["BUSYBOX_IMAGE"], IMAGE)
    yield IMAGE
    docker("image", "rm", "--force", IMAGE)


@pytest.fixture
def project(tmp_path: Path, image: str) -> Iterator[Path]:
    """Make a compose project that ends with the test."""
    write(tmp_path, image)
    yield tmp_path
    compose(tmp_path, "down", "--timeout", "1")


def write(folder: Path, image: str, other: str = "") -> None:
    text = FILE.format(name=NAME, image=image, other=other)
    (folder / "docker-compose.yml").write_text(text, encoding="utf-8")


def compose(folder: Path, *arguments: str) -> None:
    docker("compose", "--file", str(folder / "docker-compose.yml"), *arguments)


def up(project: Path, other: str = "") -> None:
    write(project, IMAGE, other)
    compose(project, "up", "--detach")


def of(service: str, project: Path) -> Container:
    return next(one for one in containers(project) if one.service == service)


def test_containers_that_are_well_are_fine(project: Path) -> None:
    up(project)

    assert steady(project) == "1 run, none was restarted or killed for memory"
    assert "well" in roomy(project)
    assert images(project).startswith("1 containers run the images of .env")


def test_no_container_at_all_is_told(project: Path) -> None:
    with pytest.raises(Unwell, match="COMPOSE_PROJECT_NAME"):
        steady(project)


def test_a_container_that_is_killed_for_memory_and_restarted_is_named(project: Path) -> None:
    up(project, HUNGRY)
    wait_until(
        lambda: of("hungry", project).restarts and of("hungry", project).status == "exited",
        what="the hungry container to be given up",
        deadline_s=DEADLINE_S,
    )

    with pytest.raises(Unwell) as told:
        steady(project)

    assert "hungry: killed for memory" in str(told.value)
    assert "hungry: restarted 1 time" in str(told.value)
    assert "well" not in told.value.what


def test_a_container_that_is_nearly_full_is_named(project: Path) -> None:
    up(project, FULL)

    def told() -> str:
        try:
            return roomy(project) and ""
        except Unwell as unwell:
            return unwell.what

    said = wait_until(told, what="the container to be nearly full", deadline_s=DEADLINE_S)

    assert "full (3" in said
    assert "of 32 MiB" in said
    assert "well" not in said


def test_a_container_of_another_image_than_the_one_that_is_wanted_is_named(
    project: Path,
) -> None:
    up(project)
    write(project, "busybox:9.9.9")

    with pytest.raises(Unwell, match=rf"well runs {IMAGE}, and .env names busybox:9\.9\.9"):
        images(project)


def test_a_container_of_an_image_that_was_made_again_since_is_named(project: Path) -> None:
    up(project)
    docker("commit", "--message", "made again", of("well", project).id, IMAGE)

    with pytest.raises(Unwell, match=f"well runs an older {IMAGE} than this engine has"):
        images(project)


def test_cpu_is_read_from_the_engine_and_not_from_processes_of_this_machine(
    project: Path,
) -> None:
    up(project, BUSY)
    busy, well = of("busy", project), of("well", project)

    wait_until(
        lambda: cpu_s(busy.id, project) >= 1,
        what="a second of CPU to be used",
        deadline_s=DEADLINE_S,
    )

    assert 0 < cpu_s(well.id, project) < 1
