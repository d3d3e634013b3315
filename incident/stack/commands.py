"""Make the command lines and environments of everything that a run starts."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass

from harness.errors import ToolMissing
from harness.ports import LOOPBACK
from harness.processes import Command
from harness.project import tool
from incident.stack.places import CLOSED, Folder, Stack

TOOLS = ("clinic", "gunicorn", "locust", "tracestore")
SERVICE_NAME = "cat-clinic"

# What is set for other programs would change what is measured here.
# WEB_CONCURRENCY and CLINIC_THREADS stay: who sets them wants to see the difference.
FOREIGN = ("OTEL_", "CLINIC_", "LOCUST_", "GUNICORN_", "DATABASE_URL")
WELCOME = ("CLINIC_THREADS",)


@dataclass(frozen=True, slots=True)
class Parts:
    """Hold tracestore's ports: it always keeps the metrics, and the traces unless Jaeger does."""

    tracestore_ui: int
    metrics_otlp: int

    @property
    def tracestore_address(self) -> str:
        return f"http://{LOOPBACK}:{self.tracestore_ui}"


def seed(stack: Stack, folder: Folder, environ: Mapping[str, str], *, dataset: str) -> Command:
    """Fill a clinic's database, unless it is filled already."""
    return Command(
        name=f"seed-{dataset}",
        argv=[
            tool("clinic"),
            "seed",
            f"--size={dataset}",
            "--if-missing",
            f"--database-url={_database_url(folder, dataset)}",
        ],
        env=clean(environ),
        cwd=stack.project,
        ends_by_itself=True,
    )


def tracestore(stack: Stack, folder: Folder, environ: Mapping[str, str], parts: Parts) -> Command:
    """Receive metrics, and traces unless Jaeger does."""
    return Command(
        name="tracestore",
        argv=[
            tool("tracestore"),
            "serve",
            f"--database={folder.trace_database}",
            f"--ui-port={parts.tracestore_ui}",
            f"--otlp-port={parts.metrics_otlp}",
        ],
        env=clean(environ),
        cwd=stack.project,
    )


def jaeger(stack: Stack, environ: Mapping[str, str], binary: str) -> Command:
    """Receive traces, in memory."""
    return Command(
        name="jaeger",
        argv=[binary, "--config", str(stack.project / "otel" / "jaeger-memory.yaml")],
        env=clean(environ)
        | {
            "TRACE_UI_PORT": str(stack.trace_ui.number),
            "OTLP_HTTP_PORT": str(stack.otlp.number),
        },
        cwd=stack.project,
    )


def jaeger_binary(environ: Mapping[str, str]) -> str:
    """Return where Jaeger is: JAEGER_BIN, or `jaeger` on PATH; raise ToolMissing if it is not."""
    named = environ.get("JAEGER_BIN")
    found = shutil.which(named or "jaeger", path=environ.get("PATH"))
    if found is None:
        where = f"JAEGER_BIN={named} is not a program" if named else "`jaeger` is not on PATH"
        raise ToolMissing(f"{where}: name the binary of Jaeger 2 with JAEGER_BIN.")
    return found


def service(
    stack: Stack,
    folder: Folder,
    environ: Mapping[str, str],
    parts: Parts,
    *,
    dataset: str,
    name: str = "service",
) -> Command:
    """Serve the clinic with one of its datasets."""
    return Command(
        name=name,
        argv=[tool("clinic"), "serve"],
        env=clean(environ)
        | {
            "DATABASE_URL": _database_url(folder, dataset),
            "CLINIC_BIND": f"{LOOPBACK}:{stack.clinic.number}",
            "CLINIC_FLAGS_FILE": str(folder.flags_file),
            "CLINIC_TRACE_URL": stack.trace_ui.address,
            "OTEL_SERVICE_NAME": SERVICE_NAME,
            "OTEL_EXPORTER_OTLP_ENDPOINT": stack.otlp.address,
            "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": (
                f"http://{LOOPBACK}:{parts.metrics_otlp}/v1/metrics"
            ),
            "OTEL_METRIC_EXPORT_INTERVAL": "1000",
            "CLINIC_DB_LATENCY_MS": f"{stack.db_latency_ms:g}",
        },
        cwd=stack.project,
        grace_s=35,  # gunicorn's own grace is 30 s
    )


def locust(
    stack: Stack, folder: Folder, environ: Mapping[str, str], *, loop: str = CLOSED, users: int = 1
) -> Command:
    """Send visitors, who write down each request: `users` of them, or as the load file says."""
    return Command(
        name="locust",
        argv=[
            tool("locust"),
            f"--locustfile={stack.locustfile(loop)}",
            "--headless",
            "--only-summary",
            "--loglevel=WARNING",
            f"--users={users}",
            f"--spawn-rate={users}",
            f"--host={stack.clinic.address}",
        ],
        env=clean(environ)
        | {"REQUEST_LOG": str(folder.request_log), "LOAD_FILE": str(folder.load_file)},
        cwd=stack.project,
    )


def clean(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without what is meant for other runs of the same programs."""
    kept = {
        name: value
        for name, value in environ.items()
        if name in WELCOME or not name.startswith(FOREIGN)
    }
    # No proxy is needed between processes of one machine.
    return kept | {"NO_PROXY": LOOPBACK, "no_proxy": LOOPBACK, "PYTHONUNBUFFERED": "1"}


def _database_url(folder: Folder, dataset: str) -> str:
    return f"sqlite:///{folder.clinic_database(dataset)}"
