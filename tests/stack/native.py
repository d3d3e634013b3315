"""Start the engines' own programs without containers, on the project's configurations.

Only addresses differ: whatever else a test changes is the fault that it is about.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from harness.parts import programs
from harness.parts.start import Clinic, start_clinic, wait_for
from harness.ports import unused_port, unused_ports
from harness.processes import Child, Command, Processes
from harness.project import PROJECT
from incident.stack.places import COMPOSE, Stack

LOOPBACK = "127.0.0.1"
Yaml = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Faults:
    """Say what is broken from the start."""

    no_span_metrics: bool = False
    no_exemplars: bool = False
    no_rules: bool = False
    monitor_elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class Native:
    """Hold the running parts by name, and where they are."""

    clinic: Clinic
    parts: Mapping[str, Child]
    ports: "Ports"

    def stack(self, project: Path = PROJECT) -> Stack:
        """Say to the doctor where the parts are; nothing listens where Locust and Grafana would."""
        told = Stack(target=COMPOSE, project=project)
        locust, grafana = unused_ports(2)
        return replace(
            told,
            clinic=replace(told.clinic, number=self.clinic.port),
            trace_ui=replace(told.trace_ui, number=self.ports.jaeger_ui),
            otlp=replace(told.otlp, number=self.ports.otlp_http),
            prometheus=replace(told.prometheus, number=self.ports.prometheus),
            locust_ui=replace(told.locust_ui, number=locust),
            grafana=replace(told.grafana, number=grafana),
        )


@dataclass(frozen=True, slots=True)
class Ports:
    """Choose a free port for each address that the configurations name."""

    prometheus: int = field(default_factory=unused_port)
    jaeger_ui: int = field(default_factory=unused_port)
    jaeger_grpc: int = field(default_factory=unused_port)
    jaeger_otlp: int = field(default_factory=unused_port)
    jaeger_health: int = field(default_factory=unused_port)
    jaeger_metrics: int = field(default_factory=unused_port)
    otlp_http: int = field(default_factory=unused_port)
    otlp_grpc: int = field(default_factory=unused_port)
    collector_health: int = field(default_factory=unused_port)
    collector_metrics: int = field(default_factory=unused_port)
    clinic: int = field(default_factory=unused_port)


def start(processes: Processes, folder: Path, database_url: str, faults: Faults) -> Native:
    """Start Prometheus, Jaeger, the Collector and a clinic, and wait until all are ready."""
    ports = Ports()
    parts = {
        "prometheus": _prometheus(processes, folder, ports, faults),
        "jaeger": _jaeger(processes, folder, ports, faults),
        "otel-collector": _collector(processes, folder, ports, faults),
    }
    wait_for(processes, f"http://{LOOPBACK}:{ports.prometheus}/-/ready")
    wait_for(processes, f"http://{LOOPBACK}:{ports.jaeger_health}/status")
    wait_for(processes, f"http://{LOOPBACK}:{ports.collector_health}/")
    env = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{LOOPBACK}:{ports.otlp_http}"}
    clinic = start_clinic(processes, folder, database_url, env)
    return Native(clinic, parts, ports)


def _prometheus(processes: Processes, folder: Path, ports: Ports, faults: Faults) -> Child:
    told = _read("prometheus.yaml")
    told["global"] = {"scrape_interval": "1s", "evaluation_interval": "5s"}
    told["rule_files"] = [] if faults.no_rules else [str(PROJECT / "otel" / "alerts.yaml")]
    own = {"otel-collector": ports.collector_metrics, "jaeger": ports.jaeger_metrics}
    told["scrape_configs"] = [
        {"job_name": name, "static_configs": [{"targets": [f"{LOOPBACK}:{number}"]}]}
        for name, number in own.items()
    ]
    arguments = [
        f"--config.file={_write(folder, 'prometheus.yaml', told)}",
        f"--storage.tsdb.path={folder / 'prometheus'}",
        f"--web.listen-address={LOOPBACK}:{ports.prometheus}",
        "--web.enable-otlp-receiver",
        *([] if faults.no_exemplars else ["--enable-feature=exemplar-storage"]),
    ]
    return _start(processes, folder, "prometheus", arguments)


def _jaeger(processes: Processes, folder: Path, ports: Ports, faults: Faults) -> Child:
    told = _read("jaeger.yaml")
    extensions = told["extensions"]
    extensions["healthcheckv2"]["http"]["endpoint"] = f"{LOOPBACK}:{ports.jaeger_health}"
    storage = extensions["jaeger_storage"]
    storage["backends"]["traces"] = {"memory": {"max_traces": 1000}}
    prometheus = unused_port() if faults.monitor_elsewhere else ports.prometheus
    metrics = storage["metric_backends"]["span_metrics"]["prometheus"]
    metrics["endpoint"] = f"http://{LOOPBACK}:{prometheus}"
    query = extensions["jaeger_query"]
    query.pop("ui")
    query["http"]["endpoint"] = f"{LOOPBACK}:{ports.jaeger_ui}"
    query["grpc"]["endpoint"] = f"{LOOPBACK}:{ports.jaeger_grpc}"
    told["receivers"]["otlp"]["protocols"]["grpc"]["endpoint"] = f"{LOOPBACK}:{ports.jaeger_otlp}"
    _telemetry(told, ports.jaeger_metrics)
    return _start(processes, folder, "jaeger", [f"--config={_write(folder, 'jaeger.yaml', told)}"])


def _collector(processes: Processes, folder: Path, ports: Ports, faults: Faults) -> Child:
    told = _read("collector.yaml")
    told["extensions"]["health_check"]["endpoint"] = f"{LOOPBACK}:{ports.collector_health}"
    protocols = told["receivers"]["otlp"]["protocols"]
    protocols["grpc"]["endpoint"] = f"{LOOPBACK}:{ports.otlp_grpc}"
    protocols["http"]["endpoint"] = f"{LOOPBACK}:{ports.otlp_http}"
    exporters = told["exporters"]
    exporters["otlp_grpc/jaeger"]["endpoint"] = f"{LOOPBACK}:{ports.jaeger_otlp}"
    exporters["otlp_http/prometheus"]["metrics_endpoint"] = (
        f"http://{LOOPBACK}:{ports.prometheus}/api/v1/otlp/v1/metrics"
    )
    if faults.no_span_metrics:
        told["connectors"].pop("span_metrics")
        told["service"]["pipelines"]["traces"]["exporters"].remove("span_metrics")
        told["service"]["pipelines"]["metrics"]["receivers"].remove("span_metrics")
    _telemetry(told, ports.collector_metrics)
    path = _write(folder, "collector.yaml", told)
    return _start(processes, folder, "otelcol-contrib", [f"--config={path}"])


def _telemetry(told: Yaml, number: int) -> None:
    (reader,) = told["service"]["telemetry"]["metrics"]["readers"]
    reader["pull"]["exporter"]["prometheus"].update(host=LOOPBACK, port=number)


def _start(processes: Processes, folder: Path, name: str, arguments: list[str]) -> Child:
    return processes.start(
        Command(name=name, argv=[programs.find(name), *arguments], env=dict(os.environ), cwd=folder)
    )


def _read(name: str) -> Yaml:
    found: Yaml = yaml.safe_load((PROJECT / "otel" / name).read_text(encoding="utf-8"))
    return found


def _write(folder: Path, name: str, told: Yaml) -> Path:
    path = folder / name
    path.write_text(yaml.safe_dump(told), encoding="utf-8")
    return path
