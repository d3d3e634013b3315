"""Start a tracestore, and a clinic that exports to it, on free ports."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from harness.clients.clinic import ClinicClient
from harness.clients.http import JsonClient, answers
from harness.ports import unused_port, unused_ports
from harness.processes import Child, Command, Processes
from harness.project import PROJECT, tool
from harness.waiting import wait_until
from otel_nplusone.jaeger import JaegerApi

DEADLINE_S = 30


@dataclass(frozen=True, slots=True)
class Tracestore:
    """Hold a running tracestore, and ask its Jaeger query API."""

    child: Child
    ui: str
    otlp: str

    def spans_of(self, trace_id: str) -> list[dict[str, Any]]:
        """Return a trace's spans as OTLP JSON; an empty list if the trace is unknown."""
        return JaegerApi(self.ui).otlp_spans(trace_id)

    def counter(self, name: str, *, failed: bool = False) -> int:
        """Return the sum of a counter over its series, those with or without an error.type."""
        answer = JsonClient(self.ui).get("/api/metrics/latest", {"service": "cat-clinic"}) or {}
        return sum(
            int(metric["value"])
            for metric in answer["metrics"]
            if metric["name"] == name and ("error.type" in metric["attributes"]) == failed
        )


@dataclass(frozen=True, slots=True)
class Clinic:
    """Hold a running clinic, and ask it for pages."""

    child: Child
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str, **query: str) -> requests.Response:
        return requests.get(self.url + path, params=query, timeout=90)

    def clinic_name(self) -> str:
        """Return the name of its first clinic."""
        with ClinicClient(self.url) as client:
            return client.listing()[1][0]


def start_tracestore(
    processes: Processes, database: Path, *options: str, ports: tuple[int, int] | None = None
) -> Tracestore:
    """Start a tracestore and wait until it answers; its pages and OTLP on free ports by default."""
    ui, otlp = ports or unused_ports(2)
    arguments = [f"--database={database}", f"--ui-port={ui}", f"--otlp-port={otlp}"]
    child = processes.start(
        Command(
            name="tracestore",
            argv=[tool("tracestore"), "serve", *arguments, *options],
            env=dict(os.environ),
            cwd=PROJECT,
        )
    )
    store = Tracestore(child, f"http://127.0.0.1:{ui}", f"http://127.0.0.1:{otlp}")
    wait_for(processes, f"{store.ui}/healthz")
    return store


def start_clinic(
    processes: Processes,
    folder: Path,
    database_url: str,
    env: Mapping[str, str],
    *,
    program: str | None = None,
    arguments: Sequence[str] = (),
    cwd: Path = PROJECT,
    name: str = "clinic",
    port: int | None = None,
) -> Clinic:
    """Start a clinic and wait until it is ready.

    program: another installation's `clinic`. arguments: of `clinic serve`. name: of its log. port:
    a free one unless it is given.
    """
    port = unused_port() if port is None else port
    child = processes.start(
        Command(
            name=name,
            argv=[program or tool("clinic"), "serve", *arguments],
            env={
                **os.environ,
                "DATABASE_URL": database_url,
                "CLINIC_BIND": f"127.0.0.1:{port}",
                "CLINIC_FLAGS_FILE": str(folder / "flags.json"),
                "CLINIC_ALLOW_STRATEGY_OVERRIDE": "1",
                "OTEL_METRIC_EXPORT_INTERVAL": "500",
                **env,
            },
            cwd=cwd,
            grace_s=35,
        )
    )
    clinic = Clinic(child, port)
    wait_for(processes, f"{clinic.url}/readyz")
    return clinic


def wait_for(processes: Processes, url: str) -> None:
    """Wait until an address answers with success; raise ChildDied if a process ends before."""
    wait_until(
        answers(url),
        what=f"an answer from {url}",
        deadline_s=DEADLINE_S,
        pause=processes.pause,
    )
