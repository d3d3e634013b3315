"""Run one stack for all tests here: docker-compose.yml as it is, with its own name and ports.

Grafana takes part where its image is on this engine. Images that only stand in for those of
.env say so on their label `stand-in.is`, and the report's head repeats it.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.clients.prometheus import Prometheus
from harness.compose.engines import Jaeger, Locust
from harness.compose.images import Image, images, services_of
from harness.compose.project import NAME, Compose
from harness.compose.usage import UsageWatch
from harness.project import PROJECT
from incident.stack import flags


def pytest_report_header() -> list[str]:
    if shutil.which("docker") is None:
        return ["stack: no docker, which the tests need"]
    return ["stack, on these images:", *(f"  {image}" for image in images())]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # An outage loses spans, rightly, and the books of the one stack show it from then on.
    items.sort(key=lambda item: item.get_closest_marker("breaking") is not None)


@pytest.fixture(scope="session")
def installed() -> tuple[Image, ...]:
    assert shutil.which("docker"), "docker is not installed: install Docker with Compose 2"
    return tuple(images())


@pytest.fixture(scope="session")
def services(installed: tuple[Image, ...]) -> tuple[str, ...]:
    """Return what to name after `up`."""
    return services_of(installed)


@pytest.fixture(scope="session")
def running(
    services: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Compose]:
    # As in the project: the flags in a folder of `var`.
    flags_folder = tmp_path_factory.mktemp("var") / "flags"
    flags_folder.mkdir()
    compose = Compose(NAME, flags_folder)
    compose.down()  # what an earlier run left when it was killed
    try:
        compose.up(services)
        yield compose
    finally:
        compose.down()
    assert compose.leftovers() == [], "what `docker compose down --volumes` left"


@pytest.fixture(scope="session")
def usage(running: Compose) -> Iterator[UsageWatch]:
    """Watch what each container uses, from the moment that the stack is up."""
    with UsageWatch(running) as watch:
        yield watch


@pytest.fixture(scope="session")
def stack(running: Compose, usage: UsageWatch) -> Compose:
    """Return the running stack, under its default load, on the slow strategy."""
    return running


@pytest.fixture
def jaeger(stack: Compose) -> Jaeger:
    return Jaeger(stack.url("TRACE_UI_PORT"))


@pytest.fixture
def prometheus(stack: Compose) -> Prometheus:
    return Prometheus(stack.url("PROMETHEUS_PORT"))


@pytest.fixture
def locust(stack: Compose) -> Locust:
    return Locust(stack.url("LOCUST_PORT"))


@pytest.fixture
def flags_file(stack: Compose) -> Iterator[Path]:
    """Lend the flags that the service reads, and put them back."""
    with flags.put_back(stack.flags_file):
        yield stack.flags_file


@pytest.fixture
def other_project(installed: tuple[Image, ...], tmp_path: Path) -> Iterator[Compose]:
    """Name a second project, for what would spoil the stack of the others."""
    compose = Compose(f"{NAME}-other", tmp_path, file=PROJECT / "docker-compose.yml")
    compose.down()
    try:
        yield compose
    finally:
        compose.down()
