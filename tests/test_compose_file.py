"""The compose file keeps its promises on paper: pinned, limited, checked, on loopback only."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # its types are a package of their own

from otel_nplusone.windows import MOST_SPANS

PROJECT = Path(__file__).resolve().parent.parent
COMPOSE = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
# They end by themselves, so that there is nothing whose health could be asked for.
ONE_SHOTS = {"prepare", "seed"}
LONG_RUNNING = sorted(set(SERVICES) - ONE_SHOTS)
# `prepare` gives bind mounts and volumes, which begin as root's, to those who use them.
ROOT = {"prepare"}
TOTAL_MEMORY_MIB = 1792
# About as many as a page of Success Stories has under naive, on the demo dataset.
SPANS_OF_A_TRACE = 500
# Components of the Collector whose module is called otherwise.
MODULES = {"otlp_grpc": "otlp"}


def environment_file() -> dict[str, str]:
    lines = (PROJECT / ".env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def mebibytes(limit: str) -> int:
    match = re.fullmatch(r"(\d+)m", limit)
    assert match, f"{limit} is no number of MiB"
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


def test_long_running_containers_fit_into_their_memory() -> None:
    total = sum(mebibytes(SERVICES[name]["mem_limit"]) for name in LONG_RUNNING)

    assert total <= TOTAL_MEMORY_MIB


def test_jaeger_collects_garbage_before_it_is_killed() -> None:
    jaeger = SERVICES["jaeger"]
    soft = jaeger["environment"]["GOMEMLIMIT"].removesuffix("iB").lower()

    assert mebibytes(soft) < mebibytes(jaeger["mem_limit"])


def test_a_search_on_jaegers_page_loads_no_more_than_a_question_of_the_readers() -> None:
    search = json.loads((PROJECT / "otel" / "jaeger-ui.json").read_text())["search"]

    assert search["maxLimit"] * SPANS_OF_A_TRACE <= MOST_SPANS
    assert search["maxLookback"]["value"] == "2h"  # as long as otel/jaeger.yaml keeps spans


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
    image = SERVICES[name]["image"]

    assert image.startswith("cat-clinic/") or ":?is missing from .env}" in image


def test_host_ports_and_address_stand_in_the_environment_file() -> None:
    assert environment_file()["BIND_ADDRESS"] == "127.0.0.1"
    used = set(re.findall(r"\$\{([A-Z_]+_PORT):-", (PROJECT / "docker-compose.yml").read_text()))
    assert used <= set(environment_file())


def test_flags_are_mounted_as_a_folder() -> None:
    """A file that is replaced by rename would keep its old self in a mount of the file."""
    mounts = SERVICES["service"]["volumes"]

    assert "${FLAGS_FOLDER:-./var/flags}:/flags:ro" in mounts
