"""What one replay is told, and where it keeps things."""

from dataclasses import dataclass
from pathlib import Path

from harness.ports import Port

# The folder of an editable install, which is how make installs the project.
PROJECT = Path(__file__).resolve().parent.parent.parent

# What is measured: parts that the replay starts itself, or the compose stack that is running.
EMBEDDED, COMPOSE = TARGETS = ("embedded", "compose")
# Where the embedded parts keep their traces.
TRACESTORE, JAEGER = BACKENDS = ("tracestore", "jaeger")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The choices of a replay; `var` is absolute."""

    users: int
    naive_seconds: float
    core_seconds: float
    clinic: Port
    trace_ui: Port
    otlp: Port
    prometheus: Port
    locust_ui: Port
    grafana: Port
    keep_serving: bool
    var: Path
    target: str = EMBEDDED
    backend: str = TRACESTORE
    project: Path = PROJECT

    @property
    def ports(self) -> tuple[Port, ...]:
        return self.clinic, self.trace_ui, self.otlp

    @property
    def folder(self) -> Path:
        return self.var / "demo"

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    @property
    def clinic_database(self) -> Path:
        return self.folder / "clinic.db"

    @property
    def trace_database(self) -> Path:
        return self.folder / "traces.db"

    @property
    def request_log(self) -> Path:
        return self.folder / "requests.jsonl"

    @property
    def report(self) -> Path:
        return self.folder / "report.json"

    @property
    def flags_file(self) -> Path:
        return self.var / "flags" / "flags.json"

    @property
    def flags_template(self) -> Path:
        return self.project / "service" / "flags.json"

    @property
    def jaeger_config(self) -> Path:
        return self.project / "otel" / "jaeger-memory.yaml"

    @property
    def locustfile(self) -> Path:
        return self.project / "locustfiles" / "replay.py"
