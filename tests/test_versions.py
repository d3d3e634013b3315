"""Test that what is pinned in several places is pinned alike, and Renovate finds each place."""

import json
import re
from fnmatch import fnmatch
from typing import Any

import pytest

from harness.compose.images import environment_file
from harness.project import PROJECT

RENOVATE: dict[str, Any] = json.loads((PROJECT / "renovate.json").read_text(encoding="utf-8"))
IMAGES = {name: image for name, image in environment_file().items() if name.endswith("_IMAGE")}
MANIFEST = ".ci/stack/collector-builder.yaml"
COMMON = ".ci/stack/common.sh"


def read(path: str) -> str:
    return (PROJECT / path).read_text(encoding="utf-8")


def tag(variable: str) -> str:
    return IMAGES[variable].rpartition(":")[2].removeprefix("v")


def pinned(variable: str) -> str:
    match = re.search(rf"^{variable}=v(\S+)", read(COMMON), re.MULTILINE)
    assert match
    return match[1]


def found_by_renovate() -> dict[str, set[tuple[str, str]]]:
    """Return name and version of what its own patterns find, by file."""
    found: dict[str, set[tuple[str, str]]] = {}
    for manager in RENOVATE["customManagers"]:
        (pattern,) = manager["managerFilePatterns"]
        path = pattern.strip("/^$").replace("\\", "")
        for match_string in manager["matchStrings"]:
            for match in re.finditer(match_string.replace("(?<", "(?P<"), read(path)):
                named = match.groupdict()
                name = named.get("depName") or manager["depNameTemplate"]
                found.setdefault(path, set()).add((name, named["currentValue"]))
    return found


def group_of(name: str) -> str | None:
    for rule in RENOVATE["packageRules"]:
        if "groupName" in rule and any(fnmatch(name, one) for one in rule["matchDepNames"]):
            return str(rule["groupName"])
    return None


FOUND = found_by_renovate()


def test_the_collector_is_one_version_everywhere() -> None:
    version = tag("COLLECTOR_IMAGE")
    components = re.findall(r"gomod: \S+ v(0\.\S+)", read(MANIFEST))

    assert pinned("COLLECTOR_VERSION") == version
    assert f"\n  version: {version}\n" in read(MANIFEST)
    assert components
    assert set(components) == {version}


def test_prometheus_is_one_version_everywhere() -> None:
    # Prometheus 3.13.5 is the module's v0.313.5.
    major, minor, patch = tag("PROMETHEUS_IMAGE").split(".")

    assert pinned("PROMETHEUS_VERSION") == f"0.{major}{minor}.{patch}"
    assert f"# is Prometheus {major}.{minor}.{patch}\n" in read(COMMON)


def test_the_dockerfile_builds_on_the_python_of_the_environment_file() -> None:
    assert f"\nARG PYTHON_IMAGE={IMAGES['PYTHON_IMAGE']}\n" in read("service/Dockerfile")


@pytest.mark.parametrize("variable", sorted(IMAGES))
def test_an_image_is_pinned_to_its_patch(variable: str) -> None:
    numbers = 2 if variable == "POSTGRES_IMAGE" else 3

    assert len(re.findall(r"\d+", tag(variable).partition("-")[0])) == numbers


def test_grafana_has_the_leak_mended_and_its_sources_built_in() -> None:
    """Pin 13.1: 13.1.5 mends a leak; from 13.2 sources are plugins, lost on a read-only root."""
    version = tuple(int(number) for number in tag("GRAFANA_IMAGE").split("."))

    assert (13, 1, 5) <= version < (13, 2, 0)


@pytest.mark.parametrize("variable", sorted(IMAGES))
def test_renovate_finds_every_image(variable: str) -> None:
    name, _, version = IMAGES[variable].rpartition(":")

    assert (name, version) in FOUND[".env"]


def test_renovate_finds_every_go_module() -> None:
    modules = set(re.findall(r"gomod: (\S+) (\S+)", read(MANIFEST)))
    image = ("otel/opentelemetry-collector-contrib", tag("COLLECTOR_IMAGE"))

    assert FOUND[MANIFEST] == modules | {image}
    assert FOUND[COMMON] == {
        ("go.opentelemetry.io/collector/cmd/builder", f"v{pinned('COLLECTOR_VERSION')}"),
        ("github.com/prometheus/prometheus", f"v{pinned('PROMETHEUS_VERSION')}"),
    }


def test_renovate_moves_together_what_is_one_thing() -> None:
    of_collector = {name for name, _ in FOUND[MANIFEST]} | {
        "go.opentelemetry.io/collector/cmd/builder"
    }

    assert {group_of(name) for name in of_collector} == {"Collector"}
    assert {group_of(f"{owner}/prometheus") for owner in ("prom", "github.com/prometheus")} == {
        "Prometheus"
    }


@pytest.mark.parametrize(
    "path", sorted((PROJECT / "requirements").rglob("*.in")), ids=lambda p: p.name
)
def test_renovate_moves_all_of_opentelemetry_for_python_at_once(path: Any) -> None:
    (pattern,) = RENOVATE["pip_requirements"]["managerFilePatterns"]
    packages = re.findall(
        r"^(opentelemetry-[\w-]+)", path.read_text(encoding="utf-8"), re.MULTILINE
    )

    assert re.search(pattern.strip("/"), path.relative_to(PROJECT).as_posix())
    assert {group_of(name) for name in packages} <= {"OpenTelemetry for Python"}


@pytest.mark.parametrize("rule", [r for r in RENOVATE["packageRules"] if "allowedVersions" in r])
def test_the_version_of_today_is_one_that_renovate_may_offer(rule: dict[str, Any]) -> None:
    (name,) = rule["matchDepNames"]
    (version,) = (tagged for image, tagged in FOUND[".env"] if image == name)

    assert re.search(rule["allowedVersions"].strip("/"), version)
