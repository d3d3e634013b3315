"""What every check of `incident doctor` works with: one visit, whose way is followed to its end."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

import urllib3

from harness.clients.backend import Backend
from harness.clients.json_api import JsonClient
from incident.errors import IncidentError
from incident.replay.load import CLINICS, STORIES
from incident.stack.commands import SERVICE_NAME
from incident.stack.counters import CounterSource, PrometheusCounters, TracestoreCounters
from incident.stack.settings import COMPOSE, Settings

PATIENCE_S = 60
_TIMING = re.compile(r'(\w+);(?:dur=[\d.]+;)?desc="(?P<said>[^"]*)"')


class Unwell(IncidentError):
    """A part is not as it should be: what is wrong, and what to do."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"{what} {remedy}")
        self.what = what
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Visit:
    """One page that the doctor asked for, by the doctor's clock, and what it says of itself."""

    trace_id: str
    statements: int
    spans: int
    strategy: str
    sent_ns: int
    answered_ns: int

    @property
    def elapsed_ms(self) -> float:
        return (self.answered_ns - self.sent_ns) / 1e6


@dataclass(frozen=True, slots=True)
class Patient:
    """The stack that is examined; `expected_version` is the clinic's that is installed here."""

    settings: Settings
    visit: Visit
    expected_version: str
    patience_s: float = 30

    @property
    def backend(self) -> Backend:
        return Backend(self.settings.trace_ui.address, SERVICE_NAME)

    @property
    def counters(self) -> CounterSource:
        if self.settings.target == COMPOSE:
            return PrometheusCounters(self.settings.prometheus.address, SERVICE_NAME)
        return TracestoreCounters(self.settings.trace_ui.address, SERVICE_NAME)

    @property
    def prometheus(self) -> "Prometheus":
        return Prometheus(self.settings.prometheus.address)


class Prometheus:
    """Answers a query with one number."""

    def __init__(self, address: str) -> None:
        self._client = JsonClient(address)

    def value(self, expression: str) -> float | None:
        """Return the sum of what is found; None if nothing is."""
        answer = self._client.get("/api/v1/query", {"query": f"sum({expression})"}) or {}
        found = answer.get("data", {}).get("result", [])
        return float(found[0]["value"][1]) if found else None

    def count(self, expression: str) -> int:
        """Return the sum of a counter; 0 if it never counted."""
        return int(self.value(expression) or 0)


def visit(address: str, clock: Callable[[], int] = time.time_ns) -> Visit:
    """Ask for one page of Success Stories; raise Unwell if the clinic does not give it."""
    with urllib3.PoolManager(retries=False, timeout=PATIENCE_S) as http:
        clinics = _clinics(http, address)
        sent_ns = clock()
        page = _get(http, f"{address}{STORIES}?{urlencode({'clinic': clinics[0]})}")
        answered_ns = clock()
    said = {m[1]: m["said"] for m in _TIMING.finditer(page.headers.get("Server-Timing", ""))}
    traced = page.headers.get("traceresponse", "").split("-")
    if page.status != 200 or "strategy" not in said:
        raise Unwell(
            f"A page of Success Stories was answered with {page.status} and without its figures.",
            "Is everybody in the audience? See the service's log.",
        )
    if len(traced) < 2:
        raise Unwell("The clinic answers, and traces nothing.", "Unset OTEL_SDK_DISABLED.")
    statements = int(said["db"].split()[0])
    return Visit(traced[1], statements, int(said["spans"]), said["strategy"], sent_ns, answered_ns)


def _clinics(http: urllib3.PoolManager, address: str) -> list[str]:
    answer = _get(http, f"{address}{CLINICS}")
    if "Server-Timing" not in answer.headers:
        raise Unwell(
            f"What listens at {address} is not the clinic.",
            "Stop it, or say where the clinic is with CLINIC_PORT.",
        )
    if answer.status != 200:
        raise Unwell(
            f"The clinic cannot list its clinics ({answer.status}).",
            "Its database is away: see /readyz and the service's log.",
        )
    names = [clinic["name"] for clinic in answer.json()["clinics"]]
    if not names:
        raise Unwell("The database holds no clinic.", "Seed it with `clinic seed`.")
    return names


def _get(http: urllib3.PoolManager, url: str) -> urllib3.BaseHTTPResponse:
    try:
        return http.request("GET", url)
    except urllib3.exceptions.HTTPError as error:
        raise Unwell(
            f"The clinic does not answer at {url.split('?')[0]}.",
            "Start it (`make up`, `make demo`), or say where it is with CLINIC_PORT.",
        ) from error
