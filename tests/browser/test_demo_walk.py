"""Run the demo, and walk from what it prints to its before and after without typing an id."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from harness.ports import unused_ports
from harness.processes import Child, Command, Processes
from harness.project import PROJECT, tool
from harness.waiting import wait_until
from incident.stack.commands import clean

pytestmark = pytest.mark.browser

DEADLINE_S = 120


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return what a short demo has printed, while it serves its traces."""
    folder = tmp_path_factory.mktemp("demo")
    with Processes(folder / "logs") as processes:
        child = processes.start(_short_demo(folder))
        yield _printed(processes, child)


def _short_demo(folder: Path) -> Command:
    clinic, ui, otlp = unused_ports(3)
    return Command(
        name="demo",
        argv=[
            tool("incident"),
            "demo",
            "--users=6",
            "--before-seconds=8",
            "--after-seconds=6",
            "--keep-serving",
            f"--clinic-port={clinic}",
            f"--ui-port={ui}",
            f"--otlp-port={otlp}",
            f"--var={folder}/var",
        ],
        env=clean(os.environ),
        cwd=PROJECT,
        grace_s=60,
    )


def _printed(processes: Processes, child: Child) -> str:
    def serving() -> bool:
        return "until Ctrl-C" in child.log.read_text(encoding="utf-8")

    wait_until(serving, what="a demo", deadline_s=DEADLINE_S, pause=processes.pause)
    return child.log.read_text(encoding="utf-8")


def test_a_visitor_of_the_demo_comes_from_its_address_to_before_after_and_both_compared(
    page: Page, demo: str, screenshots: Path
) -> None:
    address = re.search(r"^traces +(http\S+)$", demo, re.MULTILINE)
    assert address is not None, demo
    page.goto(address[1])
    page.get_by_role("navigation", name="Route").get_by_text("GET /success-stories").click()
    expect(page.locator(".switch", has_text="switched to core").last).to_be_visible()
    strategies = page.get_by_role("navigation", name="Strategy")
    page.screenshot(path=screenshots / "demo-list.png")

    strategies.get_by_text("naive").click()
    before = page.locator(".traces tbody tr").first
    expect(before.locator(".mark", has_text="N+1")).to_be_visible(timeout=30_000)
    before.locator(".name a").first.click()
    expect(page.get_by_role("heading", name="One query ran")).to_be_visible()
    page.screenshot(path=screenshots / "demo-before.png")
    page.go_back()

    strategies.get_by_text("core").click()
    page.locator(".traces tbody tr").first.locator(".name a").first.click()
    expect(page.get_by_role("heading", name="One query ran")).to_have_count(0)
    spans = page.locator('.waterfall [role="treeitem"]')
    expect(spans.first).to_be_visible()
    assert spans.count() < 10
    page.screenshot(path=screenshots / "demo-after.png")
    page.go_back()

    strategies.get_by_text("naive").click()
    page.locator(".traces tbody tr").first.locator(".name a").first.click()
    page.get_by_role("link", name="Compare with the fastest of this route").click()
    expect(page.locator(".verdict")).to_contain_text("times faster")
    expect(page.locator(".side.before .mark")).to_have_text("naive")
    expect(page.locator(".side.after .mark")).to_have_text("core")
    page.screenshot(path=screenshots / "demo-compare.png")
