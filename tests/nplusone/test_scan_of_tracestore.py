"""Scan tracestore by Jaeger's query API."""

import json
import subprocess
import time
from pathlib import Path

import requests

from harness.parts.start import start_tracestore
from harness.processes import Processes
from harness.project import tool
from nplusone.tests.formats import otlp_protobuf
from nplusone.tests.traces import Drawing


def test_a_scan_of_tracestore_finds_the_repeats(tmp_path: Path) -> None:
    drawing = Drawing(start=time.time_ns())
    drawing.many(drawing.server("/cats"), ["SELECT name FROM cat WHERE id = ?"] * 6)

    with Processes(tmp_path) as processes:
        store = start_tracestore(processes, tmp_path / "traces.db")
        requests.post(
            f"{store.otlp}/v1/traces",
            data=otlp_protobuf(drawing.spans),
            headers={"Content-Type": "application/x-protobuf"},
            timeout=30,
        ).raise_for_status()
        scan = subprocess.run(
            [tool("otel-nplusone"), "scan", store.ui, "--format", "json"], capture_output=True
        )
        text = subprocess.run(
            [tool("otel-nplusone"), "scan", store.ui], capture_output=True, text=True
        ).stdout
        page = requests.get(f"{store.ui}/trace/{drawing.trace_id}", timeout=30)

    assert f"worst trace   {page.url}" in text
    assert page.ok
    assert "/cats" in page.text
    report = json.loads(scan.stdout)
    assert scan.returncode == 1
    assert report["spans_read"] == 7
    assert [found["route"] for found in report["findings"]] == ["GET /cats"]
    assert report["findings"][0]["worst_trace_id"] == drawing.trace_id
