"""See Grafana as a person does: every dashboard without an error, and an exemplar that opens.

Needs Grafana's official image, which has no stand-in, hence its own marker and target.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Response, expect

from harness.clients.prometheus import Prometheus
from harness.compose.engines import Jaeger
from harness.compose.images import Image
from harness.compose.project import Compose
from harness.project import PROJECT
from harness.waiting import wait_until
from tests.chromium import SCREENSHOTS, chromium, magenta_dot

pytestmark = pytest.mark.grafana

DASHBOARDS = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))
    for path in sorted((PROJECT / "dashboards" / "json").glob("*.json"))
}
WITH_EXEMPLARS = "clinic-why-slow"
EXEMPLARS = "clinic_request_statements_bucket"
# Tall enough for all panels: Grafana asks for those that are in sight.
VIEWPORT: Any = {"width": 1600, "height": 5000}
DEADLINE_S = 120
DEADLINE_MS = 60_000
# What Grafana's own tests look for (@grafana/e2e-selectors).
PANEL = '[data-testid="data-testid Panel header {title}"]'
FAILED = '[data-testid="data-testid Panel status error"]'


@pytest.fixture(scope="session")
def grafana(installed: tuple[Image, ...], stack: Compose) -> str:
    """Return the address of Grafana, when Prometheus has something for its panels."""
    image = next(one for one in installed if one.variable == "GRAFANA_IMAGE")
    assert image.is_here, f"{image}: docker compose pull grafana"
    prometheus = Prometheus(stack.url("PROMETHEUS_PORT"))
    wait_until(
        lambda: prometheus.exemplars(EXEMPLARS), what="exemplars", deadline_s=DEADLINE_S, every_s=2
    )
    return stack.url("GRAFANA_PORT")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Open a page that fails its test if a script of it does."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    context = browser.new_context(viewport=VIEWPORT)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


def show(page: Page, grafana: str, uid: str) -> list[Response]:
    """Open a dashboard, wait until each of its panels is there, and return what it was answered."""
    answers: list[Response] = []
    page.on("response", lambda one: answers.append(one) if "/api/ds/query" in one.url else None)
    page.goto(f"{grafana}/d/{uid}?kiosk&from=now-5m&to=now", timeout=DEADLINE_MS)
    for panel in DASHBOARDS[uid]["panels"]:
        found = page.locator(PANEL.format(title=panel["title"]))
        expect(found.first).to_be_visible(timeout=DEADLINE_MS)
    page.wait_for_load_state("networkidle", timeout=DEADLINE_MS)
    return answers


@pytest.mark.parametrize("uid", DASHBOARDS)
def test_no_panel_of_a_dashboard_has_an_error(page: Page, grafana: str, uid: str) -> None:
    answers = show(page, grafana, uid)
    page.screenshot(path=SCREENSHOTS / f"grafana-{uid}.png")

    asking = [panel for panel in DASHBOARDS[uid]["panels"] if panel.get("targets")]
    assert len(answers) >= len(asking)
    assert [one.text() for one in answers if not one.ok] == []
    assert page.locator(FAILED).count() == 0


def test_an_exemplar_opens_its_trace_in_jaeger(
    page: Page, grafana: str, stack: Compose, jaeger: Jaeger
) -> None:
    show(page, grafana, WITH_EXEMPLARS)
    dot = wait_until(
        lambda: magenta_dot(page), what="a dot on a heatmap", deadline_s=DEADLINE_S, every_s=2
    )

    # The first shows what is behind the dot, the second keeps it in place.
    page.mouse.move(*dot)
    page.mouse.click(*dot)
    link = page.locator(f'a[href^="{stack.url("TRACE_UI_PORT", "/trace/")}"]').first
    expect(link).to_be_visible(timeout=DEADLINE_MS)
    page.screenshot(path=SCREENSHOTS / "grafana-exemplar.png")
    address = link.get_attribute("href") or ""
    page.goto(address, timeout=DEADLINE_MS)
    expect(page.locator("body")).to_contain_text("cat-clinic", timeout=DEADLINE_MS)
    page.screenshot(path=SCREENSHOTS / "jaeger-of-an-exemplar.png")

    found = re.fullmatch(r".*/trace/([0-9a-f]{32})(\?.*)?", address)
    assert found, address
    assert jaeger.trace(found[1]).db_spans > 0
