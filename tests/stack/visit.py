"""A visit of the test's own among those of Locust, and what became of its spans."""

from dataclasses import dataclass

import requests

from harness.compose.engines import Jaeger
from harness.compose.project import Compose
from harness.waiting import wait_until

# Under the incident's load a request waits its turn.
PATIENCE_S = 120
STORED_S = 120


@dataclass(frozen=True, slots=True)
class Visit:
    """The service's answer to one request."""

    status: int
    trace_id: str
    spans_created: int


def visit(stack: Compose, path: str = "/", **query: str) -> Visit:
    """Ask the service for a page and return what it says of it."""
    url = stack.url("CLINIC_PORT", path)
    return of(requests.get(url, params=query, timeout=PATIENCE_S))


def clinic_name(stack: Compose) -> str:
    """Return the name of one of the clinics."""
    answer = requests.get(stack.url("CLINIC_PORT", "/api/clinics"), timeout=PATIENCE_S)
    name: str = answer.json()["clinics"][0]["name"]
    return name


def of(response: requests.Response) -> Visit:
    """Read a response's traceresponse and Server-Timing headers."""
    spans = next(
        part for part in response.headers["Server-Timing"].split(", ") if part.startswith("spans")
    )
    trace_id = response.headers["traceresponse"].split("-")[1]
    return Visit(response.status_code, trace_id, int(spans.split('"')[1]))


def wait_until_stored(jaeger: Jaeger, visit: Visit) -> None:
    """Wait until Jaeger has every span that the service made for a visit."""
    wait_until(
        lambda: len(jaeger.trace(visit.trace_id).spans) == visit.spans_created,
        what=f"all {visit.spans_created} spans of {visit.trace_id} in Jaeger",
        deadline_s=STORED_S,
        every_s=1,
    )
