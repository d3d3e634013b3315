"""Containers of a real engine that have been killed, are nearly full, or run another image."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.compose.containers import Container, containers, cpu_s, docker
from harness.compose.images import environment_file
from harness.ports import Port, unused_port
from harness.waiting import wait_until
from incident.doctor.containers import images, roomy, steady
from incident.doctor.patient import Unwell
from incident.stack.places import COMPOSE, Settings

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
    """A name of its own for the busybox of .env."""
    docker("tag", environment_file()["BUSYBOX_IMAGE"], IMAGE)
    yield IMAGE
    docker("image", "rm", "--force", IMAGE)


@pytest.fixture
def settings(tmp_path: Path, image: str) -> Iterator[Settings]:
    """A project of its own, which ends with the test."""
    write(tmp_path, image)
    port = Port(unused_port(), "nobody", "NO_PORT")
    yield Settings(
        users=1,
        naive_seconds=0,
        core_seconds=0,
        clinic=port,
        trace_ui=port,
        otlp=port,
        prometheus=port,
        locust_ui=port,
        grafana=port,
        keep_serving=False,
        target=COMPOSE,
        var=tmp_path / "var",
        project=tmp_path,
    )
    compose(tmp_path, "down", "--timeout", "1")


def write(folder: Path, image: str, other: str = "") -> None:
    text = FILE.format(name=NAME, image=image, other=other)
    (folder / "docker-compose.yml").write_text(text, encoding="utf-8")


def compose(folder: Path, *arguments: str) -> None:
    docker("compose", "--file", str(folder / "docker-compose.yml"), *arguments)


def up(settings: Settings, other: str = "") -> None:
    write(settings.project, IMAGE, other)
    compose(settings.project, "up", "--detach")


def of(service: str, settings: Settings) -> Container:
    return next(one for one in containers(settings.project) if one.service == service)


def test_containers_that_are_well_are_fine(settings: Settings) -> None:
    up(settings)

    assert steady(settings) == "1 run, none was restarted or killed for memory"
    assert "well" in roomy(settings)
    assert images(settings).startswith("1 containers run the images of .env")


def test_no_container_at_all_is_told(settings: Settings) -> None:
    with pytest.raises(Unwell, match="COMPOSE_PROJECT_NAME"):
        steady(settings)


def test_a_container_that_is_killed_for_memory_and_restarted_is_named(settings: Settings) -> None:
    up(settings, HUNGRY)
    wait_until(
        lambda: of("hungry", settings).restarts and of("hungry", settings).status == "exited",
        what="the hungry container to be given up",
        deadline_s=DEADLINE_S,
    )

    with pytest.raises(Unwell) as told:
        steady(settings)

    assert "hungry: killed for memory" in str(told.value)
    assert "hungry: restarted 1 time" in str(told.value)
    assert "well" not in told.value.what


def test_a_container_that_is_nearly_full_is_named(settings: Settings) -> None:
    up(settings, FULL)

    def told() -> str:
        try:
            return roomy(settings) and ""
        except Unwell as unwell:
            return unwell.what

    said = wait_until(told, what="the container to be nearly full", deadline_s=DEADLINE_S)

    assert "full (3" in said
    assert "of 32 MiB" in said
    assert "well" not in said


def test_a_container_of_another_image_than_the_one_that_is_wanted_is_named(
    settings: Settings,
) -> None:
    up(settings)
    write(settings.project, "busybox:9.9.9")

    with pytest.raises(Unwell, match=rf"well runs {IMAGE}, and .env names busybox:9\.9\.9"):
        images(settings)


def test_a_container_of_an_image_that_was_made_anew_since_is_named(settings: Settings) -> None:
    up(settings)
    docker("commit", "--message", "made anew", of("well", settings).id, IMAGE)

    with pytest.raises(Unwell, match=f"well runs an older {IMAGE} than is on this engine"):
        images(settings)


def test_cpu_is_read_from_the_engine_and_not_from_processes_of_this_machine(
    settings: Settings,
) -> None:
    up(settings, BUSY)
    busy, well = of("busy", settings), of("well", settings)

    wait_until(
        lambda: cpu_s(busy.id, settings.project) >= 1,
        what="a second of CPU to be used",
        deadline_s=DEADLINE_S,
    )

    assert 0 < cpu_s(well.id, settings.project) < 1
