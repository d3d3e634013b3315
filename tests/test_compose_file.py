"""Test what the compose file promises: pinned, limited, checked, on loopback only."""

import json
import math
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from otel_nplusone.jaeger import MOST_SPANS

PROJECT = Path(__file__).resolve().parent.parent
COMPOSE = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())
README = (PROJECT / "README.md").read_text(encoding="utf-8")
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
# They end by themselves, so that there is nothing whose health could be asked for.
ONE_SHOTS = {"prepare", "seed"}
LONG_RUNNING = sorted(set(SERVICES) - ONE_SHOTS)
BUILT = sorted(name for name, service in SERVICES.items() if "build" in service)
# Written in Go: they let garbage grow to any size unless they are told of the limit.
IN_GO = ("grafana", "jaeger", "otel-collector", "prometheus")
# `prepare` gives bind mounts and volumes, which begin as root's, to those who use them.
ROOT = {"prepare"}
TOTAL_MEMORY_MIB = 2560
# About as many as a page of Success Stories has under naive, on the demo dataset.
SPANS_OF_A_TRACE = 500
# Components of the Collector whose module is called otherwise.
MODULES = {"otlp_grpc": "otlp"}


def environment_file() -> dict[str, str]:
    lines = (PROJECT / ".env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def mebibytes(limit: str) -> int:
    match = re.fullmatch(r"(\d+)m", limit)
    assert match, f"{limit} is not a number of MiB"
    return int(match[1])


def minutes(lookback: str) -> int:
    match = re.fullmatch(r"(\d+)m", lookback)
    assert match, f"{lookback} is not a number of minutes"
    return int(match[1])


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_container_has_limits_and_rotated_logs(name: str) -> None:
    service = SERVICES[name]

    assert mebibytes(service["mem_limit"]) > 0
    assert service["cpus"] > 0
    assert service["logging"]["options"]["max-size"]


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_container_is_locked_down(name: str) -> None:
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert (service.get("user") == "0:0") == (name in ROOT)


@pytest.mark.parametrize("name", LONG_RUNNING)
def test_every_long_running_container_has_a_health_check_and_restarts(name: str) -> None:
    service = SERVICES[name]

    assert service["healthcheck"]["test"][0] == "CMD"
    assert service["restart"] == "unless-stopped"
    assert service["stop_grace_period"]


def test_all_that_runs_at_a_time_takes_what_the_readme_says() -> None:
    total = sum(mebibytes(SERVICES[name]["mem_limit"]) for name in LONG_RUNNING)
    said = re.findall(r"what runs at the same time may take (\S+) GiB", " ".join(README.split()))

    assert total <= TOTAL_MEMORY_MIB
    assert said == [str(math.ceil(total / 1024 * 10) / 10)]


@pytest.mark.parametrize("name", sorted(ONE_SHOTS))
def test_what_ends_by_itself_has_ended_before_as_much_is_started(name: str) -> None:
    """Leave the room of a one-shot to what waits for it."""
    waiting = [one for one in LONG_RUNNING if waits_for(one, name)]

    assert sum(mebibytes(SERVICES[one]["mem_limit"]) for one in waiting) >= mebibytes(
        SERVICES[name]["mem_limit"]
    )


def waits_for(name: str, one_shot: str) -> bool:
    """Return whether a service starts only when a one-shot has ended."""
    needs = SERVICES[name].get("depends_on", {})
    ended = needs.get(one_shot, {}).get("condition") == "service_completed_successfully"
    return ended or any(waits_for(one, one_shot) for one in needs)


@pytest.mark.parametrize("name", IN_GO)
def test_what_is_written_in_go_collects_garbage_before_it_is_killed(name: str) -> None:
    service = SERVICES[name]
    soft = service["environment"]["GOMEMLIMIT"].removesuffix("iB").lower()

    assert mebibytes(soft) <= 0.9 * mebibytes(service["mem_limit"])


def test_grafana_does_not_compress() -> None:
    """Save memory: the compressor takes most of what Grafana 13 needs more than Grafana 12."""
    assert SERVICES["grafana"]["environment"]["GF_SERVER_ENABLE_GZIP"] == "false"


def test_no_two_services_build_the_same_image() -> None:
    """Avoid a second export at the same time, which the containerd image store refuses."""
    tags = Counter(SERVICES[name].get("image", f"{COMPOSE['name']}-{name}") for name in BUILT)

    assert BUILT
    assert {tag: count for tag, count in tags.items() if count > 1} == {}


@pytest.mark.parametrize("name", BUILT)
def test_what_is_built_is_never_looked_for_in_a_registry(name: str) -> None:
    """Build without an image name: `up` and `pull` would ask for one that anybody could publish."""
    assert "image" not in SERVICES[name]


def test_a_search_on_jaegers_page_loads_no_more_than_a_question_of_the_readers() -> None:
    search = json.loads((PROJECT / "otel" / "jaeger-ui.json").read_text())["search"]

    assert search["maxLimit"] * SPANS_OF_A_TRACE <= MOST_SPANS
    assert minutes(search["defaultLookback"]) <= minutes(search["maxLookback"]["value"]) <= 15


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_ports_are_published_on_loopback_and_can_be_moved(name: str) -> None:
    for port in SERVICES[name].get("ports", []):
        assert re.fullmatch(r"\$\{BIND_ADDRESS:-127\.0\.0\.1}:\$\{[A-Z_]+_PORT:-\d+}:\d+", port)


def test_the_database_is_not_published() -> None:
    assert "ports" not in SERVICES["db"]


def test_the_stand_in_collector_has_every_component_of_the_configuration() -> None:
    configuration = yaml.safe_load((PROJECT / "otel" / "collector.yaml").read_text())
    manifest = (PROJECT / ".ci" / "stack" / "collector-builder.yaml").read_text()
    used = {
        MODULES.get(name, name).replace("_", "") + kind.removesuffix("s")
        for kind in ("receivers", "processors", "connectors", "exporters", "extensions")
        for name in (key.split("/")[0] for key in configuration[kind])
    }

    missing = {module for module in used if f"/{module} v" not in manifest}

    assert missing == set()


def test_images_are_pinned() -> None:
    images = {key: value for key, value in environment_file().items() if key.endswith("_IMAGE")}

    assert images
    for image in images.values():
        assert re.fullmatch(r"[\w./-]+:[\w.-]*\d[\w.-]*", image)
        assert "latest" not in image


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_missing_image_is_an_error_and_never_a_default(name: str) -> None:
    service = SERVICES[name]
    images = [service["build"]["args"]["PYTHON_IMAGE"]] if name in BUILT else [service["image"]]

    assert all(image.endswith(":?is missing from .env}") for image in images)


def test_host_ports_and_address_stand_in_the_environment_file() -> None:
    assert environment_file()["BIND_ADDRESS"] == "127.0.0.1"
    used = set(re.findall(r"\$\{([A-Z_]+_PORT):-", (PROJECT / "docker-compose.yml").read_text()))
    assert used <= set(environment_file())


def test_flags_are_mounted_as_a_folder() -> None:
    """Mount the folder: a mount of the file keeps the old one when a rename replaces it."""
    mounts = SERVICES["service"]["volumes"]

    assert "${FLAGS_FOLDER:-./var/flags}:/flags:ro,z" in mounts


def bind_mounts(name: str) -> list[tuple[str, str]]:
    """Return the folder or file of this machine and the options of each mount of one."""
    found = (mount.rpartition(":") for mount in SERVICES[name].get("volumes", []))
    return [
        (re.split(r":(?=/)", where)[0], how)
        for where, _, how in found
        if where.startswith((".", "${FLAGS_FOLDER"))
    ]


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_selinux_lets_containers_read_what_is_mounted(name: str) -> None:
    assert [one for one in bind_mounts(name) if "z" not in one[1].split(",")] == []


@pytest.mark.parametrize("name", sorted(set(SERVICES) - ROOT))
def test_what_is_mounted_is_opened_to_all_before_it_is_read(name: str) -> None:
    """Open what containers mount: they run as other users, whom umask 077 keeps out."""
    opened = tuple(where for where, how in bind_mounts("prepare") if "ro" not in how.split(","))
    mounted = [where for where, _ in bind_mounts(name)]

    assert [where for where in mounted if not where.startswith(opened)] == []
    assert not mounted or comes_after_prepare(name)


def comes_after_prepare(name: str) -> bool:
    before = SERVICES[name].get("depends_on", {})
    done = before.get("prepare", {}).get("condition") == "service_completed_successfully"
    waits = {other for other, how in before.items() if how["condition"] == "service_healthy"}
    return done or any(comes_after_prepare(other) for other in waits)


def test_images_hold_copies_that_their_users_can_read() -> None:
    """Open what images copy: of a checkout under umask 077, only root could read it."""
    copies = re.findall(
        r"^COPY (?!--from)(.*) /app/.*$", (PROJECT / "service" / "Dockerfile").read_text(), re.M
    )

    assert copies
    assert [copy for copy in copies if not copy.startswith("--chmod=755 ")] == []
