"""Read what the engine says of containers, and name what is wrong with them."""

from typing import Any

import pytest

from harness.compose.containers import (
    Container,
    Memory,
    parse_container,
    parse_cpu,
    parse_memory,
)
from harness.errors import BackendError
from incident.doctor.containers import falls, stand_ins, strangers, tight

MIB = 2**20
JAEGER = "jaegertracing/jaeger:2.20.0"


def inspected(**changes: Any) -> dict[str, Any]:
    """Return the part of `docker inspect` that is read, of a container that is well."""
    state = {"Status": "running", "ExitCode": 0, "OOMKilled": False}
    labels = {"com.docker.compose.service": "jaeger", **changes.pop("labels", {})}
    restarts = changes.pop("restarts", 0)
    return {
        "Id": "4f1c",
        "Image": "sha256:a1",
        "RestartCount": restarts,
        "State": {**state, **changes},
        "Config": {"Image": JAEGER, "Labels": labels},
    }


def container(**changes: Any) -> Container:
    return parse_container(inspected(**changes))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, []),
        ({"Status": "exited"}, []),
        ({"restarts": 2}, ["jaeger: restarted 2 times"]),
        ({"OOMKilled": True}, ["jaeger: killed for memory"]),
        ({"Status": "exited", "ExitCode": 3}, ["jaeger: exited with exit code 3"]),
        ({"Status": "restarting", "ExitCode": 1}, ["jaeger: restarting with exit code 1"]),
        ({"Status": "created"}, ["jaeger: created with exit code 0"]),
        (
            {"OOMKilled": True, "restarts": 1, "ExitCode": 137},
            ["jaeger: killed for memory", "jaeger: restarted 1 time"],
        ),
    ],
)
def test_what_went_wrong_with_a_container_is_told(changes: dict[str, Any], said: list[str]) -> None:
    assert list(falls(container(**changes))) == said


def test_a_container_is_near_its_limit_from_nine_tenths_on() -> None:
    usage = {
        "jaeger": Memory(90 * MIB, 100 * MIB),
        "db": Memory(89 * MIB, 100 * MIB),
        "unlimited": Memory(90 * MIB, 0),
    }

    assert tight(usage) == ["jaeger (90 of 100 MiB)"]


@pytest.mark.parametrize(
    ("wanted", "here", "said"),
    [
        ({"jaeger": JAEGER}, {JAEGER: "sha256:a1"}, []),
        ({"jaeger": JAEGER}, {}, []),
        (
            {"jaeger": JAEGER},
            {JAEGER: "sha256:b2"},
            [f"jaeger runs an older {JAEGER} than this engine has"],
        ),
        (
            {"jaeger": "jaegertracing/jaeger:2.21.0"},
            {},
            [f"jaeger runs {JAEGER}, and .env names jaegertracing/jaeger:2.21.0"],
        ),
        ({}, {}, ["jaeger is not a service of docker-compose.yml"]),
    ],
)
def test_an_image_that_is_not_the_wanted_one_is_told(
    wanted: dict[str, str], here: dict[str, str], said: list[str]
) -> None:
    assert list(strangers(container(), wanted, here)) == said


def test_stand_ins_are_told_by_their_label() -> None:
    one = container(labels={"stand-in.is": "Jaeger 2.13 from Go modules"})

    assert stand_ins([one, one]) == f"; not official, by the label stand-in.is: {JAEGER}"
    assert stand_ins([container()]) == ""


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("usage_usec 2500000\nuser_usec 2000000\nsystem_usec 500000\n", 2.5),
        ("2500000000\n", 2.5),
        ("nr_periods 7\nnr_throttled 0\nthrottled_time 0\n2500000000\n", 2.5),
    ],
)
def test_cpu_is_read_from_control_groups_of_both_versions(text: str, seconds: float) -> None:
    assert parse_cpu(text) == seconds


def test_a_container_without_control_groups_is_an_error() -> None:
    with pytest.raises(BackendError, match=r"cpu\.stat"):
        parse_cpu("")


@pytest.mark.parametrize(
    ("text", "used", "limit"),
    [
        ("67.5MiB / 208MiB", 67.5 * MIB, 208 * MIB),
        ("1.5GiB / 2GiB", 1536 * MIB, 2048 * MIB),
        ("512KiB / 16MiB", MIB / 2, 16 * MIB),
        ("0B / 0B", 0, 0),
        # As podman says it.
        ("67.5MB / 208MB", 67_500_000, 208_000_000),
    ],
)
def test_memory_is_read_in_every_unit(text: str, used: float, limit: float) -> None:
    assert parse_memory(text) == Memory(int(used), int(limit))


def test_text_that_is_not_an_amount_is_an_error() -> None:
    with pytest.raises(BackendError, match="'--'"):
        parse_memory("-- / --")
