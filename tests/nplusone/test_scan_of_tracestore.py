"""Scan tracestore by Jaeger's query API."""

import json
import subprocess
import time

import requests

from harness.clients.otlp import send_spans
from harness.parts.start import Tracestore
from harness.project import tool
from nplusone.tests.formats import otlp_protobuf
from nplusone.tests.traces import Drawing


def test_a_scan_of_tracestore_finds_the_repeats(own_store: Tracestore) -> None:
    drawing = Drawing(start=time.time_ns())
    drawing.many(drawing.server("/cats"), ["SELECT name FROM cat WHERE id = ?"] * 6)

    send_spans(own_store.otlp, otlp_protobuf(drawing.spans))
    command = [tool("otel-nplusone"), "scan", own_store.ui]
    scan = subprocess.run([*command, "--format", "json"], capture_output=True)
    text = subprocess.run(command, capture_output=True, text=True).stdout
    page = requests.get(f"{own_store.ui}/trace/{drawing.trace_id}", timeout=30)

    assert f"worst trace   {page.url}" in text
    assert page.ok
    assert "/cats" in page.text
    report = json.loads(scan.stdout)
    assert scan.returncode == 1
    assert report["spans_read"] == 7
    assert [found["route"] for found in report["findings"]] == ["GET /cats"]
    assert report["findings"][0]["worst_trace_id"] == drawing.trace_id
