"""Say which stack is meant, where its parts listen, and where a run records."""

from dataclasses import dataclass
from pathlib import Path

from harness.ports import Port
from harness.project import PROJECT

# What is measured: parts that are started for it, or the compose stack that is running. A replay
# takes the address of any clinic as well.
LOCAL, COMPOSE = TARGETS = ("local", "compose")
EMBEDDED = "embedded"  # what `local` was called before
# Where the embedded parts keep their traces.
TRACESTORE, JAEGER = BACKENDS = ("tracestore", "jaeger")
# How visitors come: whether or not the last answer is there, or after it.
OPEN, CLOSED = LOOPS = ("open", "closed")
# Where each part listens unless its variable says otherwise.
CLINIC = Port(8000, "the clinic", "CLINIC_PORT")
TRACE_UI = Port(16686, "the trace UI", "TRACE_UI_PORT")
OTLP = Port(4318, "the OTLP receiver", "OTLP_HTTP_PORT")
PROMETHEUS = Port(9090, "Prometheus", "PROMETHEUS_PORT")
LOCUST_UI = Port(8089, "Locust's web UI", "LOCUST_PORT")
GRAFANA = Port(3000, "Grafana", "GRAFANA_PORT")
CONTROL = Port(8088, "the control page", "CONTROL_PORT")
FLAGS_FILE = Path("flags") / "flags.json"


@dataclass(frozen=True, slots=True)
class Site(Port):
    """Name a part that answers at an address of its own, and the option that says where."""

    url: str = ""

    @property
    def address(self) -> str:
        return self.url


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """Name a stack's kind, its project, and the ports of its parts."""

    target: str = LOCAL
    backend: str = TRACESTORE
    # How long each statement of a clinic that is started waits, as over a network.
    db_latency_ms: float = 0.0
    project: Path = PROJECT
    clinic: Port = CLINIC
    trace_ui: Port = TRACE_UI
    otlp: Port = OTLP
    prometheus: Port = PROMETHEUS
    locust_ui: Port = LOCUST_UI
    grafana: Port = GRAFANA
    control: Port = CONTROL

    @property
    def in_containers(self) -> bool:
        return self.target == COMPOSE

    @property
    def is_elsewhere(self) -> bool:
        """Return whether the target is the address of a clinic."""
        return self.target not in TARGETS

    @property
    def starts_parts(self) -> bool:
        """Return whether a run starts what it measures."""
        return self.target == LOCAL

    @property
    def keeps_traces(self) -> bool:
        """Return whether a run stores its traces in its folder."""
        return self.starts_parts and self.backend == TRACESTORE

    @property
    def ports(self) -> tuple[Port, ...]:
        """Return the ports of what a run starts itself."""
        return self.clinic, self.trace_ui, self.otlp

    @property
    def links(self) -> dict[str, str]:
        """Return the pages of its parts that a browser opens, by their names."""
        found = {"clinic": self.clinic.address, "traces": self.trace_ui.address}
        if self.in_containers:
            found |= {
                "Locust": self.locust_ui.address,
                "Grafana": self.grafana.address,
                "Prometheus": self.prometheus.address,
            }
        return found

    @property
    def flags_template(self) -> Path:
        return self.project / "service" / "flags.json"

    def locustfile(self, loop: str) -> Path:
        """Return the visitors of a closed or an open loop, who write down each request."""
        name = "arrivals.py" if loop == OPEN else "replay.py"
        return self.project / "locustfiles" / name

    def trace_link(self, trace_id: str) -> str:
        """Return the address of a trace's page."""
        return f"{self.trace_ui.address}/trace/{trace_id}"


@dataclass(frozen=True, slots=True)
class Folder:
    """Name the files of one kind of run; `var` is absolute.

    The clinics' databases serve one run after another. A run's own records are with them, or in a
    folder below that `record` names. The flags are those of `make fix`, or with `own_flags` the
    run's, who can switch them while another clinic serves.
    """

    var: Path
    name: str
    record: str = ""
    own_flags: bool = False

    @property
    def path(self) -> Path:
        return self.var / self.name

    @property
    def records(self) -> Path:
        return self.path / self.record

    @property
    def logs(self) -> Path:
        return self.records / "logs"

    def clinic_database(self, dataset: str) -> Path:
        return self.path / f"{dataset}.db"

    @property
    def trace_database(self) -> Path:
        return self.records / "traces.db"

    @property
    def request_log(self) -> Path:
        return self.records / "requests.jsonl"

    @property
    def load_file(self) -> Path:
        return self.records / "load.json"

    @property
    def report(self) -> Path:
        return self.records / "report.json"

    @property
    def flags_file(self) -> Path:
        return (self.path if self.own_flags else self.var) / FLAGS_FILE

    def make_room(self, *, for_traces: bool) -> None:
        """Remove the last run's requests and spans: counters start at 0, and the stores have to.

        for_traces: whether spans are going to be stored here; if not, the last ones are kept.
        """
        stores = (self.trace_database,) if for_traces else ()
        for name in (*stores, self.request_log, self.load_file):
            for path in self.records.glob(f"{name.name}*"):
                path.unlink()
