"""Visit the clinic next to Locust's visitors, and wait for the spans."""

from harness.clients.clinic import ClinicClient, Page
from harness.compose.engines import Jaeger
from harness.compose.project import Compose
from harness.waiting import wait_until

# Under the incident's load a request waits its turn.
PATIENCE_S = 120
STORED_S = 120


def visit(stack: Compose, path: str = "/", **query: str) -> Page:
    """Ask the service for a page and return what it says of it."""
    with ClinicClient(stack.url("CLINIC_PORT")) as clinic:
        return clinic.get(path, **query)


def clinic_name(stack: Compose) -> str:
    """Return the name of one of the clinics."""
    with ClinicClient(stack.url("CLINIC_PORT")) as clinic:
        return clinic.listing()[1][0]


def wait_until_stored(jaeger: Jaeger, page: Page) -> None:
    """Wait until Jaeger has every span that the service made for a page."""
    trace_id = page.trace_id
    assert trace_id, f"{page.url} left no trace"
    wait_until(
        lambda: len(jaeger.trace(trace_id).spans) == page.spans,
        what=f"all {page.spans} spans of {trace_id} in Jaeger",
        deadline_s=STORED_S,
        every_s=1,
    )
