"""Take the pictures in docs/ from running parts: `python -m tools.pictures`, or `make pictures`.

    docs/waterfall.png   the trace of one page as it was launched
    docs/compare.png     that trace next to the one of the repaired page

A clinic and a tracestore are started on free ports, and Chromium looks at tracestore's pages. A
picture keeps the words that it shows, without what differs from run to run: a test compares them
with those of today's pages.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from PIL.PngImagePlugin import PngInfo
from playwright.sync_api import Browser, ViewportSize, sync_playwright

from harness.clients.clinic import STORIES, ClinicClient
from harness.parts.start import Clinic, Tracestore, start_clinic, start_tracestore
from harness.processes import Processes
from harness.project import PROJECT, tool
from harness.waiting import wait_until

VIEWPORT: ViewportSize = {"width": 1280, "height": 900}
_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
_READY = "document.documentElement.dataset.ready !== undefined"
_SHOWN = "Words"
# Times, moments, shares, ids and line numbers.
_DIFFERS = re.compile(
    r"[0-9a-f]{32}|[\d-]{10} [\d:.]+|(?:< )?[\d.,]+ (?:µs|ms|s|%|times faster)(?!\w)|(?<=\.py:)\d+"
)
# The first requests of a process are slower than any that follow.
_WARM_UP = 3


def main() -> int:
    """Take both pictures; return 0, or 2 without Chromium."""
    executable = shutil.which("chromium")
    if executable is None:
        print("pictures: chromium is not installed: apt-get install chromium", file=sys.stderr)
        return 2
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=_ARGUMENTS)
        take(browser, PROJECT / "docs")
        browser.close()
    return 0


def take(browser: Browser, folder: Path) -> None:
    """Take both pictures into a folder."""
    with (
        tempfile.TemporaryDirectory(prefix="pictures-") as name,
        Processes(Path(name) / "logs") as processes,
    ):
        store, clinic = _start(processes, Path(name))
        before, after = (_trace(clinic, store, strategy) for strategy in ("naive", "core"))
        pages = {
            "waterfall": f"{store.ui}/trace/{before}",
            "compare": f"{store.ui}/trace/{before}...{after}",
        }
        _take(browser, folder, pages)


def words_of(picture: Path) -> list[str]:
    """Return the lines of text that a picture shows, in the order of the alphabet."""
    with Image.open(picture) as image:
        image.load()
        return str(image.info[_SHOWN]).splitlines()


def _start(processes: Processes, folder: Path) -> tuple[Tracestore, Clinic]:
    url = f"sqlite:///{folder}/clinic.db"
    seed = [tool("clinic"), "seed", "--size", "demo", "--database-url", url]
    subprocess.run(seed, check=True, capture_output=True)
    store = start_tracestore(processes, folder / "traces.db")
    env = {"OTEL_EXPORTER_OTLP_ENDPOINT": store.otlp, "CLINIC_TRACE_URL": store.ui}
    return store, start_clinic(processes, folder, url, env)


def _trace(clinic: Clinic, store: Tracestore, strategy: str) -> str:
    """Ask for a page by a strategy; return the id of its trace, which is stored whole."""
    name = clinic.clinic_name()
    with ClinicClient(clinic.url) as client:
        for _ in range(_WARM_UP):
            page = client.get(STORIES, clinic=name, strategy=strategy)
    trace_id, spans = page.trace_id, page.spans
    if trace_id is None or spans is None:
        raise RuntimeError(f"{page.url} was answered with {page.status} and without a trace")
    wait_until(
        lambda: len(store.spans_of(trace_id)) == spans, what=f"trace {trace_id}", deadline_s=30
    )
    return trace_id


def _take(browser: Browser, folder: Path, pages: dict[str, str]) -> None:
    page = browser.new_page(viewport=VIEWPORT)
    for name, address in pages.items():
        page.goto(address)
        if "..." not in address:
            page.wait_for_function(_READY)
        picture = folder / f"{name}.png"
        page.screenshot(path=picture)
        _keep_words(picture, page.inner_text("main"))
    page.close()


def _keep_words(picture: Path, text: str) -> None:
    """Write what is shown into a picture, sorted: rows come by time, which differs each time."""
    lines = {_DIFFERS.sub("#", " ".join(line.split())) for line in text.splitlines()}
    info = PngInfo()
    info.add_itxt(_SHOWN, "\n".join(sorted(lines - {""})))
    with Image.open(picture) as image:
        image.load()
        image.save(picture, pnginfo=info, optimize=True)


if __name__ == "__main__":
    sys.exit(main())
