"""Start a real Jaeger with its memory store or Badger, on unused ports, to compare with."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

from harness.parts.start import wait_for
from harness.ports import unused_port, unused_ports
from harness.processes import Child, Command, Processes
from harness.project import PROJECT


@dataclass(frozen=True, slots=True)
class Jaeger:
    """Hold a running Jaeger, which receives OTLP/HTTP."""

    child: Child
    ui: str
    otlp: str


def start_jaeger(
    processes: Processes, folder: Path, *, max_traces: int = 10_000, on_badger: bool = False
) -> Jaeger:
    """Start the binary that JAEGER_BIN names and wait until it answers."""
    binary = os.environ.get("JAEGER_BIN", "")
    assert Path(binary).is_file(), f"JAEGER_BIN is {binary!r}: build one with .ci/stack/binaries"
    ui, otlp = unused_ports(2)
    config = folder / "jaeger.json"
    store: dict[str, object] = (
        badger(folder) if on_badger else {"memory": {"max_traces": max_traces}}
    )
    config.write_text(json.dumps(configuration(ui, otlp, store)))
    child = processes.start(
        Command(
            name="jaeger",
            argv=[binary, f"--config=file:{config}"],
            env=dict(os.environ),
            cwd=PROJECT,
        )
    )
    jaeger = Jaeger(child, f"http://127.0.0.1:{ui}", f"http://127.0.0.1:{otlp}")
    wait_for(processes, f"{jaeger.ui}/api/services")
    return jaeger


def badger(folder: Path) -> dict[str, object]:
    """Configure the store of the compose stack, in a folder of the test's."""
    directories = {name: str(folder / name) for name in ("keys", "values")}
    return {"badger": {"directories": directories, "ephemeral": False}}


def configuration(ui: int, otlp: int, store: dict[str, object]) -> dict[str, object]:
    """Configure OTLP/HTTP in, a store, the query API out, and no other listener."""
    return {
        "extensions": {
            "jaeger_storage": {"backends": {"here": store}},
            "jaeger_query": {
                "storage": {"traces": "here"},
                "http": {"endpoint": f"127.0.0.1:{ui}"},
                "grpc": {"endpoint": f"127.0.0.1:{unused_port()}"},
                "enable_tracing": False,
            },
        },
        "receivers": {"otlp": {"protocols": {"http": {"endpoint": f"127.0.0.1:{otlp}"}}}},
        "exporters": {"jaeger_storage_exporter": {"trace_storage": "here"}},
        "service": {
            "extensions": ["jaeger_storage", "jaeger_query"],
            "telemetry": {"metrics": {"level": "none"}, "logs": {"level": "error"}},
            "pipelines": {
                "traces": {"receivers": ["otlp"], "exporters": ["jaeger_storage_exporter"]}
            },
        },
    }
