"""Test booking and cancelling with the keyboard alone, on a desk and on a phone."""

from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from harness.parts.start import Clinic

pytestmark = pytest.mark.browser
SIZES = {"desk": (1280, 900), "phone": (390, 844)}


def an_owner(clinic: Clinic, number: int) -> str:
    first = clinic.get("/api/clinics", limit="1").json()["clinics"][0]
    owners = clinic.get(f"/api/clinics/{first['id']}/owners").json()["owners"]
    address: str = f"{clinic.url}/owners/{owners[number]['id']}"
    return address


def press_until(page: Page, key: str, name: str) -> None:
    """Press a key until what has the focus is called so."""
    for _ in range(60):
        page.keyboard.press(key)
        focused: Any = page.evaluate("(document.activeElement.innerText || '').trim()")
        if focused == name:
            return
    raise AssertionError(f"the keyboard does not reach {name!r}")


@pytest.mark.parametrize("size", SIZES)
def test_appointment_is_booked_and_cancelled_by_keyboard(
    size: str, page: Page, clinic: Clinic, screenshots: Path
) -> None:
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})
    page.goto(an_owner(clinic, list(SIZES).index(size)))
    press_until(page, "Tab", "Book an appointment")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Book an appointment")).to_be_visible()
    page.screenshot(path=screenshots / f"schedule-{size}.png")
    press_until(page, "Tab", "Show free times")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    press_until(page, "Tab", "Book this time")
    page.keyboard.press("Enter")

    expect(page.get_by_text("Appointment", exact=True)).to_be_visible()
    page.screenshot(path=screenshots / f"appointment-{size}.png")
    press_until(page, "Tab", "Cancel this appointment")
    page.keyboard.press("Enter")

    expect(page.get_by_role("status")).to_have_text("The appointment is cancelled.")
    page.screenshot(path=screenshots / f"owner-{size}.png")


@pytest.mark.parametrize("size", SIZES)
def test_no_page_is_wider_than_its_window(
    size: str, page: Page, clinic: Clinic, screenshots: Path
) -> None:
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})
    name = quote(clinic.clinic_name())
    owner = an_owner(clinic, 2)
    addresses = {
        "home": f"{clinic.url}/",
        "owners": f"{clinic.url}/owners?clinic={name}",
        "veterinarians": f"{clinic.url}/veterinarians?clinic={name}",
        "stories": f"{clinic.url}/success-stories?clinic={name}&strategy=core",
        "cats": owner,
        "times": f"{owner}/schedule",
    }

    for shot, address in addresses.items():
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address
        page.screenshot(path=screenshots / f"{shot}-{size}.png")


def test_every_field_and_image_has_a_name(page: Page, clinic: Clinic) -> None:
    page.goto(f"{an_owner(clinic, 3)}/schedule")

    for label in ("Cat", "Veterinarian", "Day"):
        expect(page.get_by_label(label, exact=True)).to_be_visible()
    expect(page.get_by_role("group", name="Free times for")).to_be_visible()
    expect(page.get_by_role("main")).to_be_visible()
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()
    nameless = page.locator("svg:not([aria-hidden]), img:not([alt])")
    assert nameless.count() == 0


def test_pages_work_without_javascript(browser: Browser, clinic: Clinic) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{an_owner(clinic, 4)}/schedule")

    page.locator("input[type=radio]").first.check()
    page.get_by_role("button", name="Book this time").click()

    expect(page.get_by_role("button", name="Cancel this appointment")).to_be_visible()
    context.close()


def test_viewer_of_the_api_runs_under_its_policy(
    page: Page, clinic: Clinic, screenshots: Path
) -> None:
    page.goto(f"{clinic.url}/api/docs")

    expect(page.get_by_text("/api/appointments", exact=True).first).to_be_visible(timeout=30_000)
    page.screenshot(path=screenshots / "api-docs.png")
