"""Run the compose file as a project of its own, next to whatever stack is running already."""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.compose.containers import docker
from harness.ports import unused_ports
from harness.project import PROJECT

# The test's project: its containers, volumes and networks are known by these names alone.
NAME = "clinic-test"
# They end by themselves.
ONE_SHOTS = {"prepare", "seed"}
PORTS = (
    "CONTROL_PORT",
    "CLINIC_PORT",
    "TRACE_UI_PORT",
    "OTLP_HTTP_PORT",
    "OTLP_GRPC_PORT",
    "LOCUST_PORT",
    "GRAFANA_PORT",
    "PROMETHEUS_PORT",
)
# What a developer has set for another stack, or another make, is not meant for this one.
FOREIGN = (
    "COMPOSE_",
    "CONTROL_",
    "LOCUST_",
    "OTEL_",
    "CLINIC_",
    "WEB_CONCURRENCY",
    "BIND_ADDRESS",
    "MAKE",
    *PORTS,
)
DEADLINE_S = 300


@dataclass(frozen=True, slots=True)
class Compose:
    """Name a compose project, its ports, and its folder of flags."""

    name: str
    flags: Path
    ports: Mapping[str, int] = field(
        default_factory=lambda: dict(zip(PORTS, unused_ports(len(PORTS)), strict=True))
    )
    file: Path = PROJECT / "docker-compose.yml"

    @property
    def flags_file(self) -> Path:
        return self.flags / "flags.json"

    @property
    def environment(self) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        numbers = {name: str(port) for name, port in self.ports.items()}
        return {**own, **numbers, "FLAGS_FOLDER": str(self.flags)}

    def url(self, port: str, path: str = "") -> str:
        return f"http://127.0.0.1:{self.ports[port]}{path}"

    def run(
        self, *arguments: str, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run `docker compose` and return how it ended."""
        return subprocess.run(
            self.command(*arguments),
            cwd=PROJECT,
            env={**self.environment, **(env or {})},
            capture_output=True,
            text=True,
            timeout=DEADLINE_S,
            check=False,
        )

    def command(self, *arguments: str) -> list[str]:
        return ["docker", "compose", "--project-name", self.name, "-f", str(self.file), *arguments]

    def do(self, *arguments: str) -> str:
        """Run `docker compose`, which has to succeed, and return what it printed."""
        done = self.run(*arguments)
        assert done.returncode == 0, f"docker compose {' '.join(arguments)}:\n{done.stderr}"
        return done.stdout

    def up(self, services: Sequence[str]) -> None:
        """Build what is new, start the services and what they depend on, wait until healthy."""
        self.do("up", "--build", "--detach", "--wait", *services)

    def down(self) -> None:
        self.do("down", "--volumes")

    def configuration(self) -> dict[str, Any]:
        """Return the compose file as compose understands it."""
        return dict(json.loads(self.do("config", "--format", "json")))

    def containers(self) -> dict[str, dict[str, Any]]:
        """Return what `docker inspect` says of each container, by service."""
        ids = self.do("ps", "--all", "--quiet").split()
        found = json.loads(docker("inspect", *ids)) if ids else []
        return {one["Config"]["Labels"]["com.docker.compose.service"]: one for one in found}

    def logs(self, service: str) -> str:
        return self.do("logs", "--no-color", "--no-log-prefix", service)

    def leftovers(self) -> list[str]:
        """Return the names of everything on the engine that belongs to the project."""
        mine = f"label=com.docker.compose.project={self.name}"
        listings = (
            ("ps", "--all", "--format", "{{.Names}}"),
            ("volume", "ls", "--format", "{{.Name}}"),
            ("network", "ls", "--format", "{{.Name}}"),
        )
        return [name for listing in listings for name in docker(*listing, "--filter", mine).split()]


def make(*arguments: str, env: Mapping[str, str] | None = None) -> str:
    """Run make in the project, which has to succeed, and return what it printed."""
    done = subprocess.run(
        ["make", "--no-print-directory", *arguments],
        cwd=PROJECT,
        env=os.environ if env is None else env,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    assert done.returncode == 0, f"make {' '.join(arguments)}:\n{done.stderr}"
    return done.stdout
