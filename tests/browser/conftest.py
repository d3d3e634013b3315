"""Serve a clinic and a tracestore as people use them, and open them in Debian's Chromium."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from clinic.seed.datasets import DATASETS
from clinic.seed.generate import generate
from clinic.seed.load import store
from harness.parts.start import Clinic, Tracestore, start_clinic, start_tracestore
from harness.processes import Processes
from tests.chromium import SCREENSHOTS, chromium


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("browser")


@pytest.fixture(scope="session")
def processes(folder: Path) -> Iterator[Processes]:
    with Processes(folder / "logs") as processes:
        yield processes


@pytest.fixture(scope="session")
def tracestore(processes: Processes, folder: Path) -> Tracestore:
    return start_tracestore(processes, folder / "traces.db")


@pytest.fixture(scope="session")
def clinic(processes: Processes, tracestore: Tracestore, folder: Path) -> Clinic:
    url = f"sqlite:///{folder}/clinic.db"
    store(url, generate(DATASETS["demo"], seed=20))
    env = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": tracestore.otlp,
        "CLINIC_TRACE_URL": tracestore.ui,
        "OTEL_BSP_SCHEDULE_DELAY": "100",
    }
    return start_clinic(processes, folder, url, env)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Open a page that fails its test if the browser reports an error on it."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    yield page
    context.close()
    assert complaints == []


@pytest.fixture(scope="session")
def screenshots() -> Path:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    return SCREENSHOTS
