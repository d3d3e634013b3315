"""Test tracestore's pages by mouse, by keyboard, in the dark, and with files."""

from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # no types
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from playwright.sync_api import Browser, Dialog, Page, expect

from harness.clients.otlp import send_spans
from harness.parts.start import Tracestore
from tests.tracestore.samples import naive_trace, request, span

pytestmark = pytest.mark.browser

NAIVE = b"\x51" * 16
FIXED = b"\x52" * 16
EVIL = b"\x53" * 16
FAILED = b"\x54" * 16

Send = Callable[..., str]


@pytest.fixture(scope="session")
def send(tracestore: Tracestore) -> Send:
    """Send one trace and return the address of its page."""

    def send(spans: list[Span], service: str = "cat-clinic") -> str:
        send_spans(tracestore.otlp, request(spans, service=service).SerializeToString())
        return f"{tracestore.ui}/trace/{spans[0].trace_id.hex()}"

    return send


@pytest.fixture(scope="session")
def naive(send: Send) -> str:
    return send(naive_trace(NAIVE))


@pytest.fixture(scope="session")
def fixed(send: Send) -> str:
    root = span(1, trace_id=FIXED, name="GET /success-stories", start_ms=60_000, ms=8)
    statement = "SELECT cat.id, cat.name FROM cat WHERE EXISTS (SELECT 1 FROM appointment)"
    return send(
        [
            root,
            span(
                2,
                trace_id=FIXED,
                parent=1,
                name="SELECT cat",
                start_ms=60_001,
                ms=5,
                statement=statement,
            ),
        ]
    )


def open_trace(page: Page, address: str) -> None:
    """Open a trace and wait until its waterfall is drawn."""
    page.goto(address)
    page.locator("html[data-ready]").wait_for()


def selected(page: Page) -> str:
    return page.locator('.row[aria-selected="true"] .text').text_content() or ""


@pytest.mark.parametrize(
    ("veterinarians", "cats", "spans"), [(10, 49, "504"), (10, 500, "5,014"), (50, 500, "25,054")]
)
def test_a_trace_of_any_size_is_a_handful_of_rows(
    page: Page, send: Send, veterinarians: int, cats: int, spans: str
) -> None:
    trace_id = bytes([0x60, veterinarians]) + cats.to_bytes(2, "big") + b"\x60" * 12

    open_trace(page, send(naive_trace(trace_id, veterinarians=veterinarians, cats=cats)))

    expect(page.get_by_text(spans, exact=True)).to_be_visible()
    expect(page.locator(".row")).to_have_count(6)
    expect(page.locator(".row").last).to_contain_text(f"SELECT cat × {veterinarians * cats:,}")


def test_of_25_000_unfolded_rows_only_those_in_sight_exist(page: Page, send: Send) -> None:
    trace_id = b"\x61" * 16
    address = send(naive_trace(trace_id, veterinarians=50, cats=500))

    open_trace(page, f"{address}?fold=none")
    page.locator(".scroller").evaluate("element => element.scrollTo(0, element.scrollHeight)")

    expect(page.locator("#row-25053")).to_be_visible()
    assert page.locator(".row").count() < 60


def test_it_is_read_by_keyboard_alone(page: Page, naive: str) -> None:
    open_trace(page, naive)
    tree = page.get_by_role("tree")
    tree.focus()
    assert selected(page) == "GET /success-stories"

    page.keyboard.press("End")
    assert selected(page) == "SELECT cat × 500"
    page.keyboard.press("ArrowRight")
    expect(page.locator('.row[aria-selected="true"]')).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowRight")
    assert selected(page) == "SELECT cat"
    page.keyboard.press("Enter")
    expect(page.locator(".panel")).to_contain_text("db.query.text")
    page.keyboard.press("Escape")
    expect(page.locator(".panel")).to_be_hidden()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")

    assert selected(page) == "SELECT cat × 500"
    expect(page.locator(".row")).to_have_count(6)


def test_find_counts_marks_and_steps_into_folded_rows(
    page: Page, naive: str, screenshots: Path
) -> None:
    open_trace(page, naive)

    page.keyboard.press("/")
    page.keyboard.type("veterinarian_id")

    expect(page.locator("[data-found]")).to_have_text("10 of 514")
    expect(page.locator(".row.match")).to_have_count(1)
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert selected(page) == "SELECT appointment"
    expect(page.locator(".row.match")).to_have_count(11)
    page.screenshot(path=screenshots / "waterfall-find.png")


def test_find_reads_attributes_as_key_and_value(page: Page, send: Send) -> None:
    marked = span(2, trace_id=b"\x62" * 16, parent=1, name="work")
    marked.attributes.add(key="cat.lives").value.int_value = 9
    address = send([span(1, trace_id=b"\x62" * 16, ms=5), marked])

    open_trace(page, f"{address}?uiFind=cat.lives%3D9")

    expect(page.locator("[data-found]")).to_have_text("1 of 2")
    assert selected(page) == "work"


def test_a_span_shows_its_attributes_and_a_fold_its_figures(
    page: Page, naive: str, screenshots: Path
) -> None:
    open_trace(page, naive)

    page.locator("[data-fold]").last.click()
    expect(page.locator(".panel")).to_contain_text("95th percentile")
    page.locator(".row").nth(8).click()

    expect(page.locator(".panel")).to_contain_text("cat.owner_id FROM cat WHERE cat.id = ?")
    expect(page.locator(".panel")).to_contain_text("service.name")
    page.screenshot(path=screenshots / "waterfall-details.png")


def test_dragging_zooms_and_the_button_shows_everything_again(page: Page, naive: str) -> None:
    open_trace(page, naive)
    box = page.locator(".overview").bounding_box()
    assert box is not None

    page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 10)
    page.mouse.up()

    expect(page.locator(".ticks span").first).to_have_text("105 ms")
    assert "zoom=0.2" in page.url
    page.get_by_role("button", name="Whole trace").click()
    expect(page.locator(".ticks span").first).to_have_text("0")
    page.keyboard.press("+")
    assert "zoom=0.25-0.75" in page.url
    page.keyboard.press(">")
    assert "zoom=0.375-0.875" in page.url


def test_a_server_that_does_not_answer_is_said(browser: Browser, naive: str) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()  # not the fixture's: the browser itself complains of a 503
    open_trace(page, naive)
    page.route("**/matches*", lambda route: route.fulfill(status=503))
    page.route("**/spans/*", lambda route: route.fulfill(status=503))

    page.locator("#find").fill("cat")
    page.locator(".row").first.click()

    expect(page.locator("[data-found]")).to_have_text("search failed: try again")
    expect(page.locator(".panel")).to_contain_text("could not be loaded")
    context.close()


def test_a_link_shows_somebody_else_the_same_view(page: Page, naive: str) -> None:
    open_trace(page, f"{naive}?zoom=0.1-0.4")
    page.locator("[data-fold]").last.click()
    page.locator(".row").nth(9).click()
    page.locator("#find").fill("clinic")
    expect(page.locator("[data-found]")).to_have_text("514 of 514")
    rows, link = page.locator(".rows").inner_text(), page.url

    other = page.context.new_page()
    open_trace(other, link)

    expect(other.locator("[data-found]")).to_have_text("514 of 514")
    assert other.locator(".rows").inner_text() == rows
    assert selected(other) == selected(page)
    expect(other.locator(".panel")).to_contain_text("db.query.text")


def test_two_checked_traces_are_compared(
    page: Page, naive: str, fixed: str, tracestore: Tracestore, screenshots: Path
) -> None:
    page.goto(f"{tracestore.ui}/search?service=cat-clinic&limit=1000")
    button = page.get_by_role("button", name="Compare", exact=True)
    expect(button).to_be_hidden()

    page.locator(f'input[value="{NAIVE.hex()}"]').check()
    expect(button).to_be_disabled()
    expect(page.locator("[data-chosen]")).to_contain_text("1 chosen")
    page.locator(f'input[value="{FIXED.hex()}"]').check()
    expect(page.locator("[data-chosen]")).to_contain_text("2 chosen")
    expect(button).to_be_in_viewport()
    button.click()

    expect(page.get_by_text("53 times faster")).to_be_visible()
    page.goto(f"{naive}...{FIXED.hex()}")
    expect(page.get_by_text("statements 512 → 1")).to_be_visible()
    expect(page.locator(".change.vanished")).to_have_count(5)
    page.screenshot(path=screenshots / "compare.png", full_page=True)


@pytest.mark.parametrize("form", ["OTLP JSON", "Jaeger JSON"])
def test_a_downloaded_file_can_be_uploaded(
    page: Page, naive: str, tracestore: Tracestore, tmp_path: Path, form: str
) -> None:
    open_trace(page, naive)
    with page.expect_download() as download:
        page.get_by_role("link", name=form).click()
    text = Path(download.value.path()).read_text()
    uploaded = "7e" * 16 if form.startswith("OTLP") else "7f" * 16
    file = tmp_path / "trace.json"
    file.write_text(text.replace(NAIVE.hex(), uploaded))

    page.goto(f"{tracestore.ui}/search")
    page.get_by_label("Upload a trace").set_input_files(file)
    page.get_by_role("button", name="Upload", exact=True).click()

    page.wait_for_url(f"**/trace/{uploaded}*")
    expect(page.locator(".row").last).to_contain_text("SELECT cat × 500")


def test_the_list_is_narrowed_by_attribute_and_a_dot_leads_to_its_trace(
    page: Page, send: Send, tracestore: Tracestore, screenshots: Path
) -> None:
    failed = span(1, trace_id=FAILED, name="GET /error", start_ms=30_000, ms=40, error=True)
    send([failed], service="billing")
    second = span(1, trace_id=b"\x55" * 16, name="GET /error", start_ms=40_000, ms=4, error=True)
    send([second], service="billing")
    page.goto(f"{tracestore.ui}/search?service=billing")
    page.screenshot(path=screenshots / "traces-scatter.png")

    page.get_by_label("Attributes").fill("error=true")
    page.get_by_label("At least").fill("10ms")
    page.get_by_role("button", name="Find", exact=True).click()
    expect(page.locator(".traces tbody tr")).to_have_count(1)
    page.get_by_label("At least").fill("")
    page.get_by_role("button", name="Find", exact=True).click()
    expect(page.locator(".traces tbody tr")).to_have_count(2)
    page.locator(".scatter circle.error").first.click()

    expect(page.get_by_role("heading", name="billing GET /error")).to_be_visible()


def test_what_a_span_says_is_never_run(page: Page, send: Send, tracestore: Tracestore) -> None:
    text = "</script><img src=x onerror=alert(1)><script>alert(2)</script>"
    evil = [span(n, trace_id=EVIL, name=text, statement=text) for n in range(1, 8)]
    for one in evil:
        one.attributes.add(key=text).value.string_value = text
    address = send(evil, service=text)
    said: list[str] = []

    def dismiss(dialog: Dialog) -> None:
        said.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", dismiss)

    open_trace(page, address)
    page.locator(".row").first.click()
    page.locator(".row").nth(2).click()
    expect(page.locator(".panel")).to_contain_text("onerror")
    page.goto(f"{address}...{EVIL.hex()}")
    page.goto(f"{tracestore.ui}/search?limit=1000")

    expect(page.locator("main")).to_contain_text("onerror")
    assert page.locator("main img").count() == 0
    assert said == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_are_accessible_by_light_and_by_dark(
    browser: Browser, naive: str, fixed: str, tracestore: Tracestore, screenshots: Path, scheme: str
) -> None:
    context = browser.new_context(
        viewport={"width": 1440, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = context.new_page()
    violations = {}

    for name, address in (
        ("search", f"{tracestore.ui}/search"),
        ("trace", f"{naive}?find=appointment"),
        ("compare", f"{naive}...{FIXED.hex()}"),
    ):
        page.goto(address)
        if name == "trace":
            page.locator("[data-fold]").last.click()
            expect(page.locator(".panel")).to_contain_text("Median")
            expect(page.locator("[data-found]")).to_have_text("10 of 514")
        page.screenshot(path=screenshots / f"{name}-{scheme}.png")
        found = Axe().run(page).response["violations"]
        violations[name] = [(item["id"], item["nodes"][0]["html"]) for item in found]

    context.close()
    assert violations == {"search": [], "trace": [], "compare": []}


def test_it_fits_a_phone(browser: Browser, naive: str, screenshots: Path) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()

    open_trace(page, naive)
    page.screenshot(path=screenshots / "waterfall-phone.png", full_page=True)

    width = page.evaluate("document.documentElement.scrollWidth")
    context.close()
    assert width <= 390


def test_a_finding_leads_to_its_repeats(page: Page, naive: str) -> None:
    open_trace(page, naive)

    findings = page.get_by_role("region", name="What is wrong")
    expect(findings.get_by_role("article")).to_have_count(1)
    expect(findings.get_by_role("heading", name="One query ran 500 times")).to_be_visible()
    expect(findings.locator("summary")).to_have_count(1)
    findings.get_by_role("link", name="Show them").first.click()

    assert selected(page) == "SELECT cat × 500"
    expect(page.locator('.row[aria-selected="true"]')).to_have_attribute("aria-expanded", "true")


@pytest.mark.usefixtures("naive", "fixed")
def test_the_list_marks_what_is_wrong(page: Page, tracestore: Tracestore) -> None:
    page.goto(f"{tracestore.ui}/search?limit=200")

    marked = page.locator("tr", has=page.locator(f'a[href="/trace/{NAIVE.hex()}"]'))
    plain = page.locator("tr", has=page.locator(f'a[href="/trace/{FIXED.hex()}"]'))

    expect(marked.locator(".mark")).to_have_text("N+1 × 500", timeout=30_000)
    expect(plain.locator(".mark")).to_have_count(0)
