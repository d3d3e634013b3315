"""Inspect the containers as they run: healthy, shut in, on loopback only."""

import re
from collections.abc import Mapping
from typing import Any

import pytest

from harness.compose.project import ONE_SHOTS, Compose, make

pytestmark = pytest.mark.stack

# Who is root, and why.
ROOT = {"prepare": "gives the flags' folder, which begins as root's, to everybody"}

Container = Mapping[str, Any]


@pytest.fixture
def containers(stack: Compose) -> dict[str, dict[str, Any]]:
    return stack.containers()


def test_everything_is_healthy_and_nothing_had_to_be_restarted(
    containers: Mapping[str, Container],
) -> None:
    states = {name: one["State"] for name, one in containers.items() if name not in ONE_SHOTS}

    assert {"db", "service", "otel-collector", "jaeger", "prometheus", "locust"} < set(states)
    assert {state["Health"]["Status"] for state in states.values()} == {"healthy"}
    assert {one["RestartCount"] for one in containers.values()} == {0}


def test_what_has_to_be_done_once_is_done(containers: Mapping[str, Container]) -> None:
    ended = {name: containers[name]["State"] for name in ONE_SHOTS}

    assert {state["Status"] for state in ended.values()} == {"exited"}
    assert {state["ExitCode"] for state in ended.values()} == {0}


def test_only_loopback_is_published(containers: Mapping[str, Container]) -> None:
    addresses = {
        binding["HostIp"]
        for one in containers.values()
        for bindings in (one["NetworkSettings"]["Ports"] or {}).values()
        for binding in bindings or ()
    }

    assert addresses == {"127.0.0.1"}


def test_the_database_is_not_published(containers: Mapping[str, Container]) -> None:
    published = containers["db"]["NetworkSettings"]["Ports"]

    assert not any(published.values())


def test_nobody_is_root_but_those_with_a_reason(containers: Mapping[str, Container]) -> None:
    roots = {name for name, one in containers.items() if is_root(one["Config"]["User"])}

    assert roots == set(ROOT)


def test_no_process_of_a_running_container_is_root(
    stack: Compose, containers: Mapping[str, Container]
) -> None:
    running = [name for name in containers if name not in ONE_SHOTS]

    users = {name: users_of(stack.do("top", name)) for name in running}

    assert all(users.values())
    assert [name for name, of in users.items() if of & {"root", "0"}] == []


def test_every_container_is_read_only_without_capabilities_or_a_way_to_gain_some(
    containers: Mapping[str, Container],
) -> None:
    for name, one in containers.items():
        host = one["HostConfig"]

        assert host["ReadonlyRootfs"], name
        assert host["CapDrop"] == ["ALL"], name
        assert "no-new-privileges:true" in host["SecurityOpt"], name
        assert bool(host["CapAdd"]) == (name in ROOT), name


def test_every_container_has_limits_and_rotates_its_logs(
    containers: Mapping[str, Container],
) -> None:
    for name, one in containers.items():
        host = one["HostConfig"]

        assert host["Memory"] > 0, name
        assert host["NanoCpus"] > 0, name
        assert host["LogConfig"]["Config"].keys() == {"max-size", "max-file"}, name


def test_a_second_up_changes_nothing_and_tells_the_addresses(
    stack: Compose, services: tuple[str, ...], containers: Mapping[str, Container]
) -> None:
    before = {name: since(one) for name, one in containers.items() if name not in ONE_SHOTS}
    project = {**stack.environment, "COMPOSE_PROJECT_NAME": stack.name}

    said = make("up", f"SERVICES={' '.join(services)}", env=project)

    after = {name: since(one) for name, one in stack.containers().items() if name not in ONE_SHOTS}
    assert after == before
    told = {tuple(line.split()) for line in said.splitlines()}
    assert ("service", stack.url("CLINIC_PORT")) in told
    assert ("jaeger", stack.url("TRACE_UI_PORT")) in told
    assert ("locust", stack.url("LOCUST_PORT")) in told
    assert ("prometheus", stack.url("PROMETHEUS_PORT")) in told


def since(container: Container) -> tuple[str, str]:
    return container["Id"], container["State"]["StartedAt"]


def is_root(user: str) -> bool:
    return re.split(":", user)[0] in {"", "0", "root"}


def users_of(top: str) -> set[str]:
    """Return the users in the table of `docker compose top`."""
    lines = [line.split() for line in top.splitlines() if line.strip()]
    header = next(index for index, line in enumerate(lines) if line[0] == "UID")
    return {line[0] for line in lines[header + 1 :]}
