"""Read a stack's containers by the docker command, which finds the engine wherever that is."""

import json
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import BackendError, ToolMissing
from harness.project import PROJECT

TIMEOUT_S = 60
STAND_IN = "stand-in.is"
_UNITS = {"B": 1, "kB": 1000, "KiB": 2**10, "MB": 10**6, "MiB": 2**20, "GB": 10**9, "GiB": 2**30}
_AMOUNT = re.compile(r"([\d.]+)([A-Za-z]+)")
# Both hierarchies of control groups tell what the container has used: the second in microseconds,
# the first in nanoseconds. /proc does not: the engine may run in a virtual machine, whose process
# ids are not those of this one.
_CPU_FILES = "/sys/fs/cgroup/cpu.stat", "/sys/fs/cgroup/cpuacct/cpuacct.usage"
_CPU = re.compile(r"usage_usec (?P<us>\d+)|^(?P<ns>\d+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Container:
    """Hold what the engine says of one container."""

    service: str
    id: str
    image_name: str
    image_id: str
    status: str
    exit_code: int
    restarts: int
    out_of_memory: bool
    stand_in: str | None

    @property
    def runs(self) -> bool:
        return self.status == "running"


@dataclass(frozen=True, slots=True)
class Memory:
    """Hold what a container uses of its memory, and how much it may use."""

    used: int
    limit: int

    @property
    def percent(self) -> float:
        return 100 * self.used / self.limit if self.limit else 0.0


def docker(*arguments: str, folder: Path = PROJECT) -> str:
    """Run docker in a project's folder, and return what it prints."""
    try:
        done = subprocess.run(
            ["docker", *arguments],
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
            timeout=TIMEOUT_S,
        )
    except FileNotFoundError as error:
        raise ToolMissing("docker is not installed, and the compose stack needs it.") from error
    except subprocess.TimeoutExpired as error:
        raise BackendError(f"docker {arguments[0]} did not end within {TIMEOUT_S} s.") from error
    except subprocess.CalledProcessError as error:
        raise BackendError(
            f"docker {' '.join(arguments)} failed: {error.stderr.strip() or error.stdout.strip()}"
        ) from error
    return done.stdout.strip()


def cpu_s(container: str, folder: Path) -> float:
    """Return the CPU seconds that a running container has used, whichever machine it is on."""
    read = f"cat {' '.join(_CPU_FILES)} 2>/dev/null || true"
    return parse_cpu(docker("exec", container, "sh", "-c", read, folder=folder))


def parse_cpu(text: str) -> float:
    """Return the seconds that a control group of either version says were used."""
    found = _CPU.search(text)
    if not found:
        raise BackendError(
            f"The container has none of {' and '.join(_CPU_FILES)}: its CPU cannot be read."
        )
    return int(found["us"]) / 1e6 if found["us"] else int(found["ns"]) / 1e9


def containers(folder: Path) -> list[Container]:
    """Return the project's containers, also those that have ended."""
    ids = docker("compose", "ps", "--all", "--quiet", folder=folder).split()
    inspected = json.loads(docker("inspect", *ids, folder=folder)) if ids else []
    return sorted(map(parse_container, inspected), key=lambda one: one.service)


def parse_container(inspected: Mapping[str, Any]) -> Container:
    """Read what `docker inspect` says of one container."""
    state, labels = inspected["State"], inspected["Config"]["Labels"]
    return Container(
        service=labels["com.docker.compose.service"],
        id=inspected["Id"],
        image_name=inspected["Config"]["Image"],
        image_id=inspected["Image"],
        status=state["Status"],
        exit_code=int(state["ExitCode"]),
        restarts=int(inspected["RestartCount"]),
        out_of_memory=bool(state["OOMKilled"]),
        stand_in=labels.get(STAND_IN),
    )


def memory(running: list[Container], folder: Path) -> dict[str, Memory]:
    """Return what each running container uses now, by service; caches of files left out."""
    if not running:
        return {}
    ids = [one.id for one in running]
    printed = docker(
        "stats", "--no-stream", "--no-trunc", "--format", "{{json .}}", *ids, folder=folder
    )
    rows = {row["ID"]: row for row in map(json.loads, printed.splitlines())}
    return {
        one.service: parse_memory(rows[one.id]["MemUsage"]) for one in running if one.id in rows
    }


def parse_memory(text: str) -> Memory:
    """Read "67.1MiB / 208MiB"."""
    used, _, limit = text.partition(" / ")
    return Memory(_bytes(used), _bytes(limit))


def _bytes(text: str) -> int:
    found = _AMOUNT.fullmatch(text)
    if not found or found[2] not in _UNITS:
        raise BackendError(f"docker stats says {text!r}, which is not an amount of memory.")
    return int(float(found[1]) * _UNITS[found[2]])


def wanted_images(folder: Path) -> dict[str, str]:
    """Return the image that compose would give each service, by .env and the environment.

    What is built and has no name of its own is named after project and service.
    """
    told = json.loads(docker("compose", "config", "--format", "json", folder=folder))
    return {
        name: service.get("image", f"{told['name']}-{name}")
        for name, service in told["services"].items()
    }


def image_ids(names: list[str], folder: Path) -> dict[str, str]:
    """Return the ids of those images that this engine has, by name."""
    listed = docker(
        "images", "--no-trunc", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}", folder=folder
    )
    found = dict(line.split() for line in listed.splitlines())
    return {name: found[tagged] for name in names if (tagged := _tagged(name)) in found}


def _tagged(name: str) -> str:
    return name if ":" in name.rpartition("/")[2] else f"{name}:latest"
