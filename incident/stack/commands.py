"""The command lines and environments of everything that a replay starts."""

import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.ports import LOOPBACK
from harness.processes import Command
from incident.errors import ToolMissing
from incident.stack.settings import Settings

TOOLS = ("clinic", "gunicorn", "locust", "tracestore")
SERVICE_NAME = "cat-clinic"

# What somebody has set for other programs would change what is measured here.
# WEB_CONCURRENCY and CLINIC_THREADS stay: whoever sets these wants to see the difference.
FOREIGN = ("OTEL_", "CLINIC_", "LOCUST_", "GUNICORN_", "DATABASE_URL")
WELCOME = ("CLINIC_THREADS",)


@dataclass(frozen=True, slots=True)
class Parts:
    """Ports of tracestore: it keeps the metrics always, and the traces unless Jaeger does."""

    tracestore_ui: int
    metrics_otlp: int

    @property
    def tracestore_address(self) -> str:
        return f"http://{LOOPBACK}:{self.tracestore_ui}"


def tool(name: str) -> Path:
    """Return where a program of this environment is, installed beside its Python."""
    return Path(sys.executable).parent / name


def seed(settings: Settings, environ: Mapping[str, str]) -> Command:
    return Command(
        name="seed",
        argv=[
            str(tool("clinic")),
            "seed",
            "--size=demo",
            "--if-missing",
            f"--database-url={_database_url(settings)}",
        ],
        env=clean(environ),
        cwd=settings.project,
        ends_by_itself=True,
    )


def tracestore(settings: Settings, environ: Mapping[str, str], parts: Parts) -> Command:
    return Command(
        name="tracestore",
        argv=[
            str(tool("tracestore")),
            "serve",
            f"--database={settings.trace_database}",
            f"--ui-port={parts.tracestore_ui}",
            f"--otlp-port={parts.metrics_otlp}",
        ],
        env=clean(environ),
        cwd=settings.project,
    )


def jaeger(settings: Settings, environ: Mapping[str, str], binary: str) -> Command:
    return Command(
        name="jaeger",
        argv=[binary, "--config", str(settings.jaeger_config)],
        env=clean(environ)
        | {
            "TRACE_UI_PORT": str(settings.trace_ui.number),
            "OTLP_HTTP_PORT": str(settings.otlp.number),
        },
        cwd=settings.project,
    )


def jaeger_binary(environ: Mapping[str, str]) -> str:
    """Return where Jaeger is: JAEGER_BIN, or `jaeger` on PATH; raise ToolMissing if nowhere."""
    named = environ.get("JAEGER_BIN")
    found = shutil.which(named or "jaeger", path=environ.get("PATH"))
    if found is None:
        where = f"JAEGER_BIN={named} is no program" if named else "There is no `jaeger` on PATH"
        raise ToolMissing(f"{where}: name the binary of Jaeger 2 with JAEGER_BIN.")
    return found


def service(settings: Settings, environ: Mapping[str, str], parts: Parts) -> Command:
    return Command(
        name="service",
        argv=[str(tool("clinic")), "serve"],
        env=clean(environ)
        | {
            "DATABASE_URL": _database_url(settings),
            "CLINIC_BIND": f"{LOOPBACK}:{settings.clinic.number}",
            "CLINIC_FLAGS_FILE": str(settings.flags_file),
            "CLINIC_TRACE_URL": settings.trace_ui.address,
            "OTEL_SERVICE_NAME": SERVICE_NAME,
            "OTEL_EXPORTER_OTLP_ENDPOINT": settings.otlp.address,
            "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": (
                f"http://{LOOPBACK}:{parts.metrics_otlp}/v1/metrics"
            ),
            "OTEL_METRIC_EXPORT_INTERVAL": "1000",
        },
        cwd=settings.project,
        grace_s=35,  # gunicorn's own grace is 30 s
    )


def locust(settings: Settings, environ: Mapping[str, str]) -> Command:
    return Command(
        name="locust",
        argv=[
            str(tool("locust")),
            f"--locustfile={settings.locustfile}",
            "--headless",
            "--only-summary",
            "--loglevel=WARNING",
            f"--users={settings.users}",
            f"--spawn-rate={settings.users}",
            f"--host={settings.clinic.address}",
        ],
        env=clean(environ) | {"REQUEST_LOG": str(settings.request_log)},
        cwd=settings.project,
    )


def clean(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without what is meant for other runs of the same programs."""
    kept = {
        name: value
        for name, value in environ.items()
        if name in WELCOME or not name.startswith(FOREIGN)
    }
    # A proxy has no business between processes of one machine.
    return kept | {"NO_PROXY": LOOPBACK, "no_proxy": LOOPBACK, "PYTHONUNBUFFERED": "1"}


def _database_url(settings: Settings) -> str:
    return f"sqlite:///{settings.clinic_database}"
