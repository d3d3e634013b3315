"""Watch what the containers use of memory and CPU, by docker stats."""

import json
import time
from contextlib import suppress
from dataclasses import dataclass

from harness.background import Repeating
from harness.compose.containers import docker, parse_memory
from harness.compose.project import Compose
from harness.errors import BackendError

EVERY_S = 2.0
MIB = 2**20


@dataclass(frozen=True, slots=True)
class Usage:
    """Hold what one container uses at one moment."""

    memory_bytes: int
    limit_bytes: int
    cpu_percent_of_core: float


class UsageWatch(Repeating):
    """Read what every container uses, every two seconds."""

    def __init__(self, compose: Compose) -> None:
        super().__init__(EVERY_S)
        self._compose = compose
        self._started = time.monotonic()
        self.readings: list[dict[str, Usage]] = []

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._started

    def of(self, service: str) -> list[Usage]:
        return [reading[service] for reading in self.readings if service in reading]

    def turn(self) -> None:
        # Docker has no answer while one of the containers is going away.
        with suppress(AssertionError, BackendError):
            self.readings.append(read_usage(self._compose))


def read_usage(compose: Compose) -> dict[str, Usage]:
    """Return what the project's running containers use now, by service."""
    listed = compose.do("ps", "--format", "{{.ID}} {{.Service}}").splitlines()
    services = dict(line.split() for line in listed)
    if not services:
        return {}
    rows = docker("stats", "--no-stream", "--format", "{{json .}}", *services).splitlines()
    found = (json.loads(row) for row in rows)
    return {services[row["ID"]]: _usage(row) for row in found if row["ID"] in services}


def _usage(row: dict[str, str]) -> Usage:
    memory = parse_memory(row["MemUsage"])
    return Usage(memory.used, memory.limit, float(row["CPUPerc"].rstrip("%")))
