"""Test the control page in a browser: it grows by itself, and its buttons reach the desk."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # no types
from playwright.sync_api import Browser, Page, expect

from harness.ports import Port, unused_port
from harness.waiting import wait_until
from incident.control.desk import CAN, Desk, NextPhase, SetAudience, SetLoad, SetStrategy
from incident.control.server import control_page
from incident.story import events as ev
from incident.story.journal import Journal
from tests.incident.story.plausible import events

pytestmark = pytest.mark.browser

STRATEGIES = (
    *("naive", "identity_map", "lazy", "selectin", "subquery", "joined", "batched"),
    *("distinct", "exists", "in_subquery", "core"),
)
# In the middle of the launch, with its alert.
MIDDLE_S = 100.0
LATER = ev.PhaseBegun(
    at_s=900.0,
    name="encore",
    title="Encore",
    text="Once more.",
    to_see="The same.",
    strategy="core",
    audience_percent=50,
    workers=1,
    dataset="demo",
)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "replay") as journal:
        for event in events(MIDDLE_S):
            journal.write(event)
        yield journal


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.offer(strategies=STRATEGIES, can=CAN)
    return desk


@pytest.fixture
def address(journal: Journal, desk: Desk) -> Iterator[str]:
    port = Port(unused_port(), "the control page", "CONTROL_PORT")
    with control_page(port, journal, desk) as address:
        yield address


def open_page(page: Page, address: str) -> None:
    page.goto(address)
    page.locator("html[data-live]").wait_for(state="attached")


def taken(desk: Desk) -> object:
    return wait_until(desk.take, what="a command", deadline_s=10)


def test_the_page_grows_while_the_journal_is_written(
    page: Page, address: str, journal: Journal
) -> None:
    open_page(page, address)

    journal.write(LATER)

    expect(page.locator("#said-phase")).to_have_text("Encore: Once more.")
    expect(page.locator("#audience")).to_have_value("50")
    expect(page.get_by_role("button", name="core", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )


def test_buttons_reach_the_desk_without_a_reload(page: Page, address: str, desk: Desk) -> None:
    open_page(page, address)
    page.evaluate("window.here = true")

    page.get_by_role("button", name="in_subquery").click()
    assert taken(desk) == SetStrategy("in_subquery")
    page.get_by_label("Audience, %").fill("12.5")
    page.get_by_role("button", name="Set audience").click()
    assert taken(desk) == SetAudience(12.5)
    page.get_by_label("Visitors per second").fill("9")
    page.keyboard.press("Enter")
    assert taken(desk) == SetLoad(9)
    page.get_by_role("button", name="Next phase").click()
    assert taken(desk) == NextPhase()

    expect(page.locator("#control-told")).to_have_text("Asked for next phase.")
    assert page.evaluate("window.here") is True


def test_buttons_reach_the_desk_without_javascript(
    browser: Browser, address: str, desk: Desk
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)

    page.get_by_role("button", name="core", exact=True).click()

    assert taken(desk) == SetStrategy("core")
    expect(page.get_by_text("Asked for: strategy core.")).to_be_visible()
    assert page.url == f"{address}/#control-desk"
    context.close()


def test_without_javascript_the_page_reloads_itself(
    browser: Browser, address: str, journal: Journal
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)

    journal.write(LATER)

    expect(page.locator("#said-phase")).to_have_text("Encore: Once more.", timeout=15_000)
    context.close()


def test_what_is_refused_is_said(page: Page, address: str, desk: Desk) -> None:
    open_page(page, address)
    page.get_by_role("button", name="Next phase").click()
    command = taken(desk)
    assert isinstance(command, NextPhase)

    desk.told(command, "This was the last phase.")

    expect(page.get_by_text("Not done: This was the last phase.")).to_be_visible()


def test_focus_and_what_is_typed_stay_when_the_page_grows(
    page: Page, address: str, journal: Journal, desk: Desk
) -> None:
    open_page(page, address)
    page.get_by_label("Visitors per second").fill("7")

    desk.ask(NextPhase())
    journal.write(LATER)

    expect(page.get_by_text("Asked for: next phase.")).to_be_visible()
    expect(page.get_by_label("Visitors per second")).to_be_focused()
    expect(page.get_by_label("Visitors per second")).to_have_value("7")


def test_all_is_reached_by_keyboard(page: Page, address: str) -> None:
    open_page(page, address)
    seen = []
    for _ in range(30):
        page.keyboard.press("Tab")
        seen.append(
            page.evaluate(
                """() => {
                  const on = document.activeElement, style = getComputedStyle(on);
                  return [on.textContent.trim() || on.name, style.outlineStyle];
                }"""
            )
        )

    reached = [name for name, _ in seen]
    assert reached[0] == "To the story"
    for name in (*STRATEGIES, "percent", "visitors_per_second", "Next phase"):
        assert name in reached
    assert {outline for name, outline in seen if name in STRATEGIES} == {"solid"}


@pytest.mark.parametrize("width", [390, 768, 1400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_every_screen_and_has_no_barrier(
    browser: Browser, address: str, screenshots: Path, width: int, scheme: str
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,  # type: ignore[arg-type]  # light or dark
        reduced_motion="reduce",
    )
    page = context.new_page()
    open_page(page, address)

    wide = page.evaluate("document.documentElement.scrollWidth")
    barriers = [one["id"] for one in Axe().run(page).response["violations"]]
    page.screenshot(path=screenshots / f"control-{width}-{scheme}.png", full_page=True)
    context.close()

    assert wide <= width
    assert barriers == []


def test_a_page_whose_replay_is_gone_says_so(
    browser: Browser, journal: Journal, desk: Desk
) -> None:
    context = browser.new_context()
    page = context.new_page()  # not the fixture's: the browser itself complains of no answer
    with control_page(Port(unused_port(), "page", "CONTROL_PORT"), journal, desk) as address:
        open_page(page, address)
        expect(page.locator("#control-lost")).to_be_hidden()

    expect(page.locator("#control-lost")).to_be_visible(timeout=15_000)
    context.close()


def test_the_next_replay_on_the_same_port_is_shown_afresh(
    browser: Browser, journal: Journal, desk: Desk, tmp_path: Path
) -> None:
    context = browser.new_context()
    page = context.new_page()
    port = Port(unused_port(), "page", "CONTROL_PORT")
    with control_page(port, journal, desk) as address:
        open_page(page, address)

    with Journal(tmp_path / "next") as after, control_page(port, after, Desk()):
        expect(page.get_by_text("Waiting for the replay to begin.")).to_be_visible(timeout=15_000)
        expect(page.get_by_role("button")).to_have_count(0)
    context.close()
