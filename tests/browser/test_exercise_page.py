"""Walk the page of an exercise: every link and button, light and dark, desktop and phone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
import requests
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # no types
from playwright.sync_api import Browser, Page, expect

from exercise.page.server import exercise_page
from exercise.places import Folder
from harness.parts.start import Clinic, Tracestore
from harness.ports import Port, unused_port
from tests.exercise.solutions import diagnosis

pytestmark = pytest.mark.browser
SIZES = {"desktop": (1280, 900), "phone": (390, 844)}


@pytest.fixture
def set_up(tmp_path: Path) -> Folder:
    folder = Folder(tmp_path / "exercise", tmp_path / "answer.py")
    folder.begin(2, "")
    folder.lay_out_answer()
    return folder


@pytest.fixture
def address(set_up: Folder, clinic: Clinic, tracestore: Tracestore) -> Iterator[str]:
    port = Port(unused_port(), "the exercise's page", "CONTROL_PORT")
    links = {"exercise": port.address, "clinic": clinic.url, "traces": tracestore.ui}
    with exercise_page(port, set_up, links) as address:
        yield address


def test_an_exercise_is_worked_on_the_page(page: Page, address: str, set_up: Folder) -> None:
    lesson = set_up.state().drawn.lesson
    page.goto(address)
    expect(page.locator(".pager")).to_contain_text(lesson.pager)

    for number, cost in enumerate((5, 10, 15)):
        page.get_by_role("button", name=f"int, for {cost} points").click()
        expect(page.locator("ol li")).to_have_count(number + 1)
    expect(page.get_by_text("That was the last one.")).to_be_visible()

    route, statement, line = (text.split(" = ", 1)[1] for text in diagnosis("heron").splitlines())
    page.get_by_label("Route, as traces name it").fill(route.strip("'"))
    page.get_by_label("Statement that costs the time").fill(statement.strip("'"))
    page.get_by_label("Line that sends it").fill(line.strip("'"))
    page.get_by_role("button", name="Keep").click()
    page.get_by_role("button", name="Grade it").click()

    expect(page.locator(".total")).to_have_text(
        "Not passed yet, 10 of 100 points; hints have cost 30."
    )
    expect(page.locator(".marks .right")).to_have_count(3)
    expect(page.locator(".marks .wrong")).to_have_count(4)
    expect(page.get_by_label("Route, as traces name it")).to_have_value("/success-stories")


def test_every_link_of_the_page_leads_somewhere(page: Page, address: str) -> None:
    page.goto(address)

    links = page.locator("a").evaluate_all("links => links.map(link => link.href)")

    assert len(links) == 3
    assert all(requests.get(link, timeout=30).status_code == 200 for link in links)
    assert page.locator("#situation").count() == 1


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_accessible_and_fits(
    scheme: Literal["light", "dark"],
    size: str,
    browser: Browser,
    address: str,
    set_up: Folder,
    screenshots: Path,
) -> None:
    set_up.answer.write_text(diagnosis("heron"), encoding="utf-8")
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    page = context.new_page()
    page.goto(address)
    page.get_by_role("button", name="A hint").click()
    page.get_by_role("button", name="Grade it").click()
    page.locator(".total").wait_for()
    for summary in page.locator("summary").all():
        summary.click()
    page.screenshot(path=screenshots / f"exercise-{scheme}-{size}.png", full_page=True)

    assert Axe().run(page).response["violations"] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()
