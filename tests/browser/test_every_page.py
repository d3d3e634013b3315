"""Test that every page and state fits every width, and can be read by light and by dark.

Each state is opened as a person would see it, at the widths of a phone, a tablet and a desk. Its
pictures are kept as var/screenshots/every/STATE-WIDTH-SCHEME.png.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # no types
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from playwright.sync_api import Browser, Page, expect

from harness.clients.otlp import send_spans
from harness.parts.start import Clinic, Tracestore, start_clinic, start_tracestore
from harness.processes import Processes
from tests.clinic.flag_files import put, with_audience, with_strategy
from tests.tracestore.samples import naive_trace, request, span

pytestmark = pytest.mark.browser

WIDTHS = {390: 844, 768: 1024, 1400: 900}
SCHEMES = ("light", "dark")
BEFORE, AFTER, FAILED = b"\xa1" * 16, b"\xa2" * 16, b"\xa3" * 16
LONG = "SELECT a_table_whose_name_has_no_place_to_break_at_all_" + "x" * 60


@dataclass(frozen=True, slots=True)
class Addresses:
    """Hold where the servers are, and what they have to show."""

    clinic: str
    clinic_name: str
    owner: str
    tracestore: str
    empty: str


@pytest.fixture(scope="module")
def empty(processes: Processes, folder: Path) -> Tracestore:
    """Start a tracestore that nobody sends anything."""
    return start_tracestore(processes, folder / "empty.db")


@pytest.fixture(scope="module")
def addresses(clinic: Clinic, empty: Tracestore, processes: Processes, folder: Path) -> Addresses:
    store = start_tracestore(processes, folder / "every.db")
    named(store, naive_trace(BEFORE), "naive")
    statement = span(2, trace_id=AFTER, parent=1, start_ms=60_001, ms=5, statement="SELECT cat.id")
    root = span(1, trace_id=AFTER, name="GET /success-stories", start_ms=60_000, ms=8)
    named(store, [root, statement], "core")
    wide = span(2, trace_id=FAILED, parent=1, name=LONG, start_ms=70_000, ms=3, statement=LONG)
    failed = span(1, trace_id=FAILED, name="GET /error", start_ms=70_000, ms=40, error=True)
    named(store, [failed, wide], "")
    first = clinic.get("/api/clinics", limit="1").json()["clinics"][0]
    owners = clinic.get(f"/api/clinics/{first['id']}/owners").json()["owners"]
    return Addresses(
        clinic.url, first["name"], f"{clinic.url}/owners/{owners[5]['id']}", store.ui, empty.ui
    )


def named(store: Tracestore, spans: list[Span], variant: str) -> None:
    """Send a trace whose root names its strategy."""
    if variant:
        spans[0].attributes.add(key="clinic.strategy").value.string_value = variant
    send_spans(store.otlp, request(spans).SerializeToString())


def at(address: str) -> Callable[[Page, Addresses], None]:
    """Make a step that opens an address in which {the names} of Addresses are filled in."""

    def step(page: Page, given: Addresses) -> None:
        fields = {name: getattr(given, name) for name in Addresses.__slots__}
        fields["name"] = quote(given.clinic_name)
        page.goto(address.format(**fields))

    return step


def booked(page: Page, given: Addresses) -> None:
    page.goto(f"{given.owner}/schedule")
    page.locator("input[type=radio]").first.check()
    page.get_by_role("button", name="Book this time").click()
    expect(page.get_by_role("status")).to_have_text("The appointment is booked.")


def booked_and_listed(page: Page, given: Addresses) -> None:
    booked(page, given)
    page.goto(given.owner)


def cancelled(page: Page, given: Addresses) -> None:
    booked(page, given)
    page.get_by_role("button", name="Cancel this appointment").click()
    expect(page.get_by_role("status")).to_have_text("The appointment is cancelled.")


def taken(page: Page, given: Addresses) -> None:
    """Choose a time that somebody else books meanwhile.

    That is another context, seen to its end: a second page of this context puts the first into
    the background, and closed in the middle of its answer it left Chromium waiting for ever.
    """
    page.goto(f"{given.owner}/schedule")
    page.locator("input[type=radio]").first.check()
    assert page.context.browser
    with page.context.browser.new_context() as elsewhere:
        booked(elsewhere.new_page(), given)
    page.get_by_role("button", name="Book this time").click()
    expect(page.get_by_role("alert")).to_contain_text("has just been taken")


def viewer(page: Page, given: Addresses) -> None:
    page.goto(f"{given.clinic}/api/docs")
    page.get_by_text("/api/appointments", exact=True).first.wait_for(timeout=30_000)


def listed(page: Page, given: Addresses) -> None:
    page.goto(f"{given.tracestore}/search")
    page.locator(".mark", has_text="N+1 × 500").wait_for(timeout=30_000)


def two_chosen(page: Page, given: Addresses) -> None:
    listed(page, given)
    for trace in (BEFORE, AFTER):
        page.locator(f'input[value="{trace.hex()}"]').check()
    expect(page.locator("[data-chosen]")).to_contain_text("2 chosen")


def opened(page: Page, given: Addresses) -> None:
    page.goto(f"{given.tracestore}/trace/{BEFORE.hex()}")
    page.locator("html[data-ready]").wait_for()


def with_details(page: Page, given: Addresses) -> None:
    opened(page, given)
    page.locator("[data-fold]").last.click()
    page.locator(".row").nth(8).click()
    expect(page.locator(".panel")).to_contain_text("service.name")


TRACE = f"{{tracestore}}/trace/{BEFORE.hex()}"
STATES: dict[str, Callable[[Page, Addresses], None]] = {
    "clinic-home": at("{clinic}/"),
    "clinic-home-found": at("{clinic}/?name=cat"),
    "clinic-home-nothing": at("{clinic}/?name=zzz"),
    "clinic-choose-stories": at("{clinic}/success-stories"),
    "clinic-choose-owners": at("{clinic}/owners"),
    "clinic-choose-veterinarians": at("{clinic}/veterinarians"),
    "clinic-stories-naive": at("{clinic}/success-stories?clinic={name}"),
    "clinic-stories-core": at("{clinic}/success-stories?clinic={name}&strategy=core"),
    "clinic-veterinarians": at("{clinic}/veterinarians?clinic={name}"),
    "clinic-owners": at("{clinic}/owners?clinic={name}"),
    "clinic-owners-nobody": at("{clinic}/owners?clinic={name}&name=zzz"),
    "clinic-owner": at("{owner}"),
    "clinic-owner-visits": booked_and_listed,
    "clinic-owner-cancelled": cancelled,
    "clinic-schedule": at("{owner}/schedule"),
    "clinic-schedule-full": at("{owner}/schedule?day=2001-01-01"),
    "clinic-schedule-taken": taken,
    "clinic-booked": booked,
    "clinic-error": at("{clinic}/nowhere"),
    "clinic-unknown": at("{clinic}/success-stories?clinic=Nowhere"),
    "clinic-api": viewer,
    "traces": listed,
    "traces-by-strategy": at("{tracestore}/search?variant=naive"),
    "traces-two-chosen": two_chosen,
    "traces-none-match": at("{tracestore}/search?operation=nothing"),
    "traces-wrong-duration": at("{tracestore}/search?minDuration=long&tags=a%3D1"),
    "traces-wrong-id": at("{tracestore}/search?trace=not+an+id"),
    "traces-none": at("{empty}/search"),
    "trace": opened,
    "trace-details": with_details,
    "trace-fixed": at(f"{{tracestore}}/trace/{AFTER.hex()}"),
    "trace-failed": at(f"{{tracestore}}/trace/{FAILED.hex()}"),
    "trace-wrong-other": at(f"{{tracestore}}/compare?trace={BEFORE.hex()}&trace=zz"),
    "trace-unknown": at("{tracestore}/trace/abcd"),
    "compare": at(f"{TRACE}...{AFTER.hex()}"),
    "compare-worse": at(f"{{tracestore}}/trace/{AFTER.hex()}...{BEFORE.hex()}"),
    "compare-others": at(f"{TRACE}...{FAILED.hex()}"),
}


@pytest.mark.parametrize("state", STATES)
def test_state_fits_every_width_and_is_readable(
    state: str, browser: Browser, addresses: Addresses, screenshots: Path
) -> None:
    folder = screenshots / "every"
    folder.mkdir(exist_ok=True)
    for scheme in SCHEMES:
        context = browser.new_context(
            viewport={"width": 1400, "height": 900},
            color_scheme=scheme,  # type: ignore[arg-type]
        )
        page = context.new_page()
        STATES[state](page, addresses)
        for width, height in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": height})
            page.screenshot(path=folder / f"{state}-{width}-{scheme}.png")
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, f"{state} at {width} px is {wide} px wide"
        assert contrast_faults(page) == [], f"{state}, {scheme}"
        context.close()


def contrast_faults(page: Page) -> list[str]:
    """Return what axe says against the contrast of each element."""
    found = Axe().run(page, options={"runOnly": ["color-contrast"]}).response["violations"]
    return [
        f"{node['html'][:160]}: {node['any'][0]['message']}"
        for rule in found
        for node in rule["nodes"]
    ]


@pytest.fixture
def flags(clinic: Clinic, folder: Path) -> Iterator[Path]:
    """Return the file of the running clinic, and put its flags back afterwards."""
    assert clinic.port
    path = folder / "flags.json"
    before = path.read_bytes()
    yield path
    put(path, before)


@pytest.mark.parametrize("width", WIDTHS)
def test_coming_soon_fits_every_width(
    page: Page, clinic: Clinic, flags: Path, width: int, screenshots: Path
) -> None:
    put(flags, with_audience([["on", 0], ["off", 100]]))
    page.set_viewport_size({"width": width, "height": WIDTHS[width]})
    address = f"{clinic.url}/success-stories?clinic={quote(clinic.clinic_name())}"
    coming_soon = page.locator("[data-coming-soon]")

    page.goto(address)
    for _ in range(20):
        if coming_soon.count():
            break
        page.wait_for_timeout(250)
        page.goto(address)

    expect(coming_soon).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert contrast_faults(page) == []


@dataclass(frozen=True, slots=True)
class Walk:
    """Hold a clinic and a tracestore that nobody else has visited."""

    clinic: Clinic
    tracestore: Tracestore
    flags: Path


@pytest.fixture
def walk(clinic: Clinic, processes: Processes, folder: Path, tmp_path: Path) -> Walk:
    """Start another clinic on the same data, whose traces are of this test alone."""
    tracestore = start_tracestore(processes, tmp_path / "traces.db")
    env = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": tracestore.otlp,
        "CLINIC_TRACE_URL": tracestore.ui,
        "OTEL_BSP_SCHEDULE_DELAY": "100",
    }
    started = start_clinic(processes, tmp_path, f"sqlite:///{folder}/clinic.db", env)
    return Walk(started, tracestore, tmp_path / "flags.json")


def test_a_visitor_walks_from_the_incident_to_its_fix_without_typing_an_id(
    page: Page, walk: Walk, screenshots: Path
) -> None:
    """Follow buttons and links alone: clinic, its cost, the list, before, after, compared."""
    page.goto(walk.clinic.url)
    page.locator(".button", has_text="Success stories of").click()
    expect(page.locator(".telemetry.many")).to_be_in_viewport()
    stories = page.url
    for _ in range(3):
        page.reload()
    put(walk.flags, with_strategy("core"))
    for _ in range(40):
        page.goto(stories)
        if page.get_by_text("strategy core").count():
            break
        page.wait_for_timeout(250)
    for _ in range(3):
        page.reload()
    expect(page.get_by_text("strategy core")).to_be_in_viewport()

    page.goto(f"{walk.tracestore.ui}/search?service=cat-clinic")
    for _ in range(40):
        if page.get_by_role("navigation", name="Strategy").get_by_text("core").count():
            break
        page.wait_for_timeout(250)
        page.reload()
    page.get_by_role("navigation", name="Route").get_by_text("GET /success-stories").click()
    expect(page.locator(".switch", has_text="switched to core").last).to_be_visible()
    page.get_by_role("navigation", name="Strategy").get_by_text("naive").click()
    expect(page.locator(".traces a.mark").filter(has_text="core")).to_have_count(0)
    before = page.locator(".traces tbody tr").first
    expect(before.locator(".mark", has_text="N+1")).to_be_visible(timeout=30_000)
    before.locator(".name a").first.click()
    expect(page.get_by_role("heading", name="One query ran")).to_be_visible()
    page.get_by_role("link", name="Compare with the fastest of this route").click()

    expect(page.locator(".verdict")).to_contain_text("times faster")
    expect(page.locator(".side.before .mark")).to_have_text("naive")
    expect(page.locator(".side.after .mark")).to_have_text("core")
    expect(page.locator(".change.worse")).to_have_count(0)
    page.screenshot(path=screenshots / "walk-compare.png")

    page.goto(f"{walk.tracestore.ui}/search?operation=GET+%2Fsuccess-stories&limit=200")
    for strategy in ("core", "naive"):
        row = page.locator("tr", has=page.locator(f'a.mark:text-is("{strategy}")')).first
        row.get_by_role("checkbox").check()
    bar = page.locator("[data-chosen]")
    expect(bar).to_contain_text("2 chosen")
    expect(bar).to_be_in_viewport()
    page.screenshot(path=screenshots / "walk-two-chosen.png")
    bar.get_by_role("button", name="Compare").click()
    expect(page.locator(".side.before .mark")).to_have_text("naive")
    expect(page.locator(".side.after .mark")).to_have_text("core")
