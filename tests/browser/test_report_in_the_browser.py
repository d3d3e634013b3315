"""Open the report of a replay as a file, on a phone, a tablet and a desk, by light and by dark."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # no types
from playwright.sync_api import Browser, Page, expect

from incident.story import events as ev
from incident.story.render import page as report
from incident.story.story import Story, tell
from tests.incident.story.plausible import events, story

pytestmark = pytest.mark.browser

MOMENTS: dict[str, float | None] = {"begun": 0, "launch": 110, "whole": None}


@pytest.fixture(scope="session")
def addresses(folder: Path) -> dict[str, str]:
    """Write the report of each moment; return their addresses."""
    for name, until_s in MOMENTS.items():
        (folder / f"{name}.html").write_text(report(story(until_s)), encoding="utf-8")
    (folder / "nothing.html").write_text(report(Story()), encoding="utf-8")
    return {name: (folder / f"{name}.html").as_uri() for name in (*MOMENTS, "nothing")}


@pytest.fixture
def opened(
    browser: Browser, addresses: dict[str, str], request: pytest.FixtureRequest
) -> Iterator[Page]:
    """Open a report in a window of some width and scheme; nothing is asked of a network."""
    name, width, scheme = request.param
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.goto(addresses[name])
    yield page
    context.close()
    assert complaints == []


EVERY_WAY = [
    pytest.param((name, width, scheme), id=f"{name}-{width}-{scheme}")
    for name in (*MOMENTS, "nothing")
    for width in (390, 768, 1400)
    for scheme in ("light", "dark")
]


@pytest.mark.parametrize("opened", EVERY_WAY, indirect=True)
def test_it_fits_and_is_accessible(
    opened: Page, screenshots: Path, request: pytest.FixtureRequest
) -> None:
    name = request.node.callspec.id
    opened.screenshot(path=screenshots / f"report-{name}.png", full_page=True)

    width = opened.evaluate("document.documentElement.scrollWidth")
    found = Axe().run(opened).response["violations"]

    assert width <= opened.viewport_size["width"]  # type: ignore[index]  # it has a size
    assert [(item["id"], item["nodes"][0]["html"]) for item in found] == []


@pytest.mark.parametrize(
    "opened", [("whole", 390, "light"), ("whole", 1400, "light")], indirect=True
)
def test_nothing_of_a_drawing_is_cut_off(opened: Page) -> None:
    outside = opened.evaluate(
        """[...document.querySelectorAll("svg.chart text")].filter(text => {
          const own = text.getBoundingClientRect(), all = text.closest("figure");
          const around = all.getBoundingClientRect();
          return own.width && (own.left < around.left || own.right > around.right);
        }).map(text => text.textContent)"""
    )

    assert outside == []


@pytest.mark.parametrize("opened", [("whole", 390, "light")], indirect=True)
def test_on_a_phone_phases_have_numbers_and_tables_move_within_their_box(opened: Page) -> None:
    latency = opened.locator("svg.chart").first
    expect(latency.locator("text.wide").first).to_be_hidden()
    expect(latency.locator("text.narrow").first).to_be_visible()

    box = opened.locator("#phases .scroll")
    caption = box.locator("caption span")
    box.focus()
    box.evaluate("box => box.scrollTo(400, 0)")

    assert box.evaluate("box => box.scrollLeft") == 400
    expect(caption).to_be_in_viewport(ratio=0.9)


@pytest.mark.parametrize("opened", [("whole", 720, "dark")], indirect=True)
def test_on_paper_it_is_light_and_nothing_is_hidden_in_a_box(
    opened: Page, screenshots: Path
) -> None:
    opened.emulate_media(media="print", color_scheme="dark")
    opened.screenshot(path=screenshots / "report-print.png", full_page=True)

    background = opened.evaluate("getComputedStyle(document.body).backgroundColor")
    hidden = opened.locator(".scroll").evaluate_all(
        "boxes => boxes.filter(box => box.scrollWidth > box.clientWidth).length"
    )

    assert background == "rgb(255, 255, 255)"
    assert hidden == 0


def test_what_a_story_says_is_never_run(page: Page, folder: Path) -> None:
    evil = "<img src=x onerror=console.error('ran')>"
    note = ev.Note(at_s=1, text=evil)
    (folder / "evil.html").write_text(report(tell([*events(), note])), encoding="utf-8")

    page.goto((folder / "evil.html").as_uri())

    expect(page.locator("#story")).to_contain_text(evil)
    assert page.locator("img").count() == 0
