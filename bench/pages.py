"""Measure how soon a trace's page is painted in Chromium, folded, by the number of its spans.

Each page is opened in a browser context of its own, so with nothing in its cache. What is
measured is the browser's own first contentful paint, which comes after the request, the
server's work and the layout; and the time until the waterfall is drawn.
"""

import json
import shutil
import statistics
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from bench.trace_load import body, connect, post
from harness.parts.start import start_tracestore
from harness.processes import Processes

TARGETS = {
    "paint_ms_p50_of_5014_spans": "under 1,000",
    "paint_ms_p50_of_25054_spans": "under 2,000",
}
# Spans, and the cats of each veterinarian: the incident's page in three sizes.
SIZES = ((504, 49), (5014, 500), (25054, 500))
VISITS = 5
_PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
_READY = "document.documentElement.dataset.ready !== undefined"
_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def measure() -> dict[str, float | int]:
    """Open each size VISITS times; raise RuntimeError without Chromium."""
    executable = shutil.which("chromium")
    if executable is None:
        raise RuntimeError("chromium is not installed: apt-get install chromium")
    figures: dict[str, float | int] = {}
    with (
        tempfile.TemporaryDirectory(prefix="pages-bench-") as directory,
        Processes(Path(directory) / "logs") as processes,
        sync_playwright() as playwright,
    ):
        store = start_tracestore(processes, Path(directory) / "traces.db")
        browser = playwright.chromium.launch(executable_path=executable, args=_ARGUMENTS)
        for number, (spans, cats) in enumerate(SIZES, start=1):
            trace_id = bytes([number]) * 16
            port = int(store.otlp.rpartition(":")[2])
            post(connect(port), body(trace_id, spans, cats_each=cats))
            visits = [_visit(browser, f"{store.ui}/trace/{trace_id.hex()}") for _ in range(VISITS)]
            for name, times in zip(("paint", "drawn"), zip(*visits, strict=True), strict=True):
                figures[f"{name}_ms_p50_of_{spans}_spans"] = round(statistics.median(times))
        browser.close()
    return figures


def _visit(browser: Browser, address: str) -> tuple[float, float]:
    """Return the milliseconds until the first paint and until the waterfall stands."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(address)
    page.wait_for_function(_READY)
    drawn = page.evaluate("performance.now()")
    painted = page.evaluate(_PAINT)
    context.close()
    return painted, drawn


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
