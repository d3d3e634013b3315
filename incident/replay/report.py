"""Write the report as a document: report.json, for programs and for comparing runs."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil

from incident.replay.measure import Phase, SpanCounts, ratios
from incident.story.events import Cost

PACKAGES = (
    "cat-clinic",
    "flask",
    "gunicorn",
    "locust",
    "opentelemetry-sdk",
    "opentelemetry-instrumentation-flask",
    "opentelemetry-instrumentation-sqlalchemy",
    "sqlalchemy",
)


def document(phases: Sequence[Phase], totals: SpanCounts, costs: Sequence[Cost]) -> dict[str, Any]:
    """Return the report of a run; ratios are the first phase ÷ the last.

    costs: one for each strategy, where both clinics were ours to start.
    """
    return {
        "phases": [asdict(phase) for phase in phases],
        "ratios": ratios(phases[0], phases[-1]),
        "totals": {"spans": asdict(totals)},
        "telemetry_cost": [_cost(one) for one in costs],
        "versions": versions(),
        "machine": machine(),
    }


def _cost(cost: Cost) -> dict[str, Any]:
    return {
        "strategy": cost.strategy,
        "service_cpu_ms_per_page": {"with": cost.with_ms, "without": cost.without_ms},
        "pages": cost.pages,
    }


def versions() -> dict[str, str]:
    """Return the versions of what was measured."""
    return {"python": platform.python_version()} | {name: version(name) for name in PACKAGES}


def machine() -> dict[str, Any]:
    """Return what the figures depend on besides the versions."""
    return {
        "system": platform.system(),
        "release": platform.release(),
        "architecture": platform.machine(),
        "cores": os.cpu_count(),
        "memory_bytes": psutil.virtual_memory().total,
    }


def write(path: Path, report: dict[str, Any]) -> None:
    """Write the report, whole or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
