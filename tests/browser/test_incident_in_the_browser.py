"""Test what a person sees: the Success Stories, and from their footer the trace behind them."""

from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from harness.parts.start import Clinic, Tracestore
from harness.waiting import wait_until

pytestmark = pytest.mark.browser


def open_stories(page: Page, clinic: Clinic, strategy: str) -> str:
    """Open the Success Stories and return the address of the trace that the footer links to."""
    name = quote(clinic.clinic_name())
    page.goto(f"{clinic.url}/success-stories?clinic={name}&strategy={strategy}")
    link = page.get_by_role("link", name="this request’s trace").get_attribute("href")
    assert link is not None
    return link


def wait_for_trace(tracestore: Tracestore, link: str) -> int:
    """Wait until a trace is stored whole, root included; return its number of spans."""
    trace_id = link.rsplit("/", 1)[1]

    def has_root() -> bool:
        return any(not span.get("parentSpanId") for span in tracestore.spans_of(trace_id))

    wait_until(has_root, what=f"trace {trace_id}", deadline_s=15)
    return len(tracestore.spans_of(trace_id))


def test_success_stories_show_the_cats_and_what_they_cost(
    page: Page, clinic: Clinic, screenshots: Path
) -> None:
    open_stories(page, clinic, "naive")

    stated = page.locator("[data-cat-count]").get_attribute("data-cat-count")
    assert stated is not None
    expect(page.locator(".cat")).to_have_count(int(stated))
    expect(page.locator("footer")).to_contain_text("SQL statements")
    page.screenshot(path=screenshots / "success-stories.png")


def test_waterfall_folds_the_n_plus_one_into_rows_with_count_and_time(
    page: Page, clinic: Clinic, tracestore: Tracestore, screenshots: Path
) -> None:
    link = open_stories(page, clinic, "naive")
    spans = wait_for_trace(tracestore, link)

    page.goto(link)

    folded = page.get_by_text("SELECT cat ×")
    expect(folded.first).to_be_visible()
    assert spans > 300
    assert page.locator("[data-span-row]:visible").count() < 60
    page.screenshot(path=screenshots / "waterfall.png")


def test_folded_row_opens_on_a_click(
    page: Page, clinic: Clinic, tracestore: Tracestore, screenshots: Path
) -> None:
    link = open_stories(page, clinic, "naive")
    wait_for_trace(tracestore, link)
    page.goto(link)
    before = page.locator("[data-span-row]:visible").count()

    page.locator("[data-fold]").first.click()

    after = page.locator("[data-span-row]:visible").count()
    assert after >= before + 5
    page.screenshot(path=screenshots / "waterfall-open.png")


def test_waterfall_of_the_fix_is_a_handful_of_rows(
    page: Page, clinic: Clinic, tracestore: Tracestore, screenshots: Path
) -> None:
    link = open_stories(page, clinic, "core")
    spans = wait_for_trace(tracestore, link)

    page.goto(link)

    assert spans <= 4
    expect(page.get_by_text("SELECT cat ×")).to_have_count(0)
    page.screenshot(path=screenshots / "waterfall-core.png")


def test_list_of_traces_begins_with_the_newest(
    page: Page, clinic: Clinic, tracestore: Tracestore, screenshots: Path
) -> None:
    wait_for_trace(tracestore, open_stories(page, clinic, "core"))
    wait_for_trace(tracestore, open_stories(page, clinic, "naive"))

    page.goto(f"{tracestore.ui}/search")

    first = page.locator("table a[href*='/trace/']").first
    assert first.get_attribute("href") is not None
    first.click()
    expect(page.get_by_text("SELECT cat ×").first).to_be_visible()
    page.goto(f"{tracestore.ui}/search")
    page.screenshot(path=screenshots / "traces.png")


def test_before_and_after_the_fix_are_compared_on_one_screen(
    page: Page, clinic: Clinic, tracestore: Tracestore, screenshots: Path
) -> None:
    before = open_stories(page, clinic, "naive")
    wait_for_trace(tracestore, before)
    after = open_stories(page, clinic, "core")
    wait_for_trace(tracestore, after)

    page.goto(f"{before}...{after.rsplit('/', 1)[1]}")

    vanished = page.locator("tr.vanished", has_text="SELECT appointment")
    expect(vanished.first).to_be_visible()
    expect(page.locator(".verdict")).to_contain_text("→ 1")
    page.screenshot(path=screenshots / "compare-incident.png")
