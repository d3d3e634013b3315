"""Measure how long `make demo` takes on a fresh clone, and again, and read its report."""

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent
FIRST_TRACE = "/trace/"
TARGETS = {
    "fresh_first_trace_s": "under 60",
    "fresh_whole_run_s": "under 150",
    "again_first_trace_s": "under 10",
    "again_whole_run_s": "under 90",
    "naive_spans_lost": "0",
    "core_spans_lost": "0",
}


def measure() -> dict[str, float | int]:
    """Clone the project into a temporary folder and run `make demo` there twice.

    Times in seconds from the command; package caches are as they are on this machine.
    """
    with tempfile.TemporaryDirectory(prefix="bench-demo-") as folder:
        clone = Path(folder) / "clone"
        subprocess.run(["git", "clone", "--quiet", PROJECT, clone], check=True)
        fresh = _run(clone)
        again = _run(clone)
        report = json.loads((clone / "var" / "demo" / "report.json").read_text())
    return {
        **{f"fresh_{name}": value for name, value in fresh.items()},
        **{f"again_{name}": value for name, value in again.items()},
        **_of_phases(report),
    }


def _run(clone: Path) -> dict[str, float]:
    started = time.monotonic()
    first_trace: float | None = None
    # Settings of the make that runs the bench are not for this one.
    env = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    with subprocess.Popen(
        ["make", "demo"],
        cwd=clone,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as demo:
        assert demo.stdout is not None
        said = []
        for line in demo.stdout:
            said.append(line)
            if first_trace is None and FIRST_TRACE in line:
                first_trace = time.monotonic() - started
    if demo.returncode != 0 or first_trace is None:
        raise RuntimeError(f"make demo ended with {demo.returncode}:\n{''.join(said)}")
    return {"first_trace_s": first_trace, "whole_run_s": time.monotonic() - started}


def _of_phases(report: Mapping[str, Any]) -> dict[str, float | int]:
    figures: dict[str, float | int] = {}
    for phase in report["phases"]:
        name = phase["strategy"]
        spans = phase["spans"]
        figures[f"{name}_db_spans_per_trace_p50"] = phase["db_spans_per_trace"]["p50"]
        figures[f"{name}_latency_p50_ms"] = phase["latency_ms"]["p50"]
        figures[f"{name}_healthz_p50_ms"] = phase["healthz_ms"]["p50"]
        for plain in ("sql_per_minute", "service_cpu_percent_of_core", "machine_cpu_percent"):
            figures[f"{name}_{plain}"] = phase[plain]
        figures[f"{name}_spans_created"] = spans["created"]
        figures[f"{name}_spans_lost"] = spans["created"] - spans["stored"]
    return figures
