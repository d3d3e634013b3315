"""Ask the clinic for pages as a visitor does, and read what it says of each in Server-Timing."""

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlencode

import urllib3

from harness.errors import ClinicError

STORIES = "/success-stories"
CLINICS = "/api/clinics"
# As long as a visitor waits for a page of the incident.
PATIENCE_S = 120
# `name;dur=1.5;desc="text"`: https://www.w3.org/TR/server-timing/
_METRIC = re.compile(r'(?P<name>\w+)(?:;dur=[\d.]+)?;desc="(?P<said>[^"]*)"')


@dataclass(frozen=True, slots=True)
class Page:
    """Hold an answer of the clinic: when it was asked for, and what the clinic says of it."""

    url: str
    status: int
    body: bytes
    said: Mapping[str, str]
    sent_ns: int
    answered_ns: int

    @property
    def statements(self) -> int | None:
        """Return how many SQL statements it took; None if the clinic does not say."""
        return _number(self.said.get("db"))

    @property
    def spans(self) -> int | None:
        """Return how many spans it left; None if the clinic does not say."""
        return _number(self.said.get("spans"))

    @property
    def strategy(self) -> str | None:
        """Return how its cats were read; None for a page without a strategy."""
        return self.said.get("strategy")

    @property
    def trace_id(self) -> str | None:
        """Return the id of its trace; None if it was not traced."""
        parts = self.said.get("traceparent", "").split("-")
        return parts[1] if len(parts) > 1 else None

    @property
    def elapsed_ms(self) -> float:
        return (self.answered_ns - self.sent_ns) / 1e6


class ClinicClient:
    """Ask one clinic; leaving the `with` block closes the connections."""

    def __init__(
        self, address: str, *, connections: int = 1, clock: Callable[[], int] = time.time_ns
    ) -> None:
        self._address = address
        self._clock = clock
        self._http = urllib3.PoolManager(maxsize=connections, retries=False, timeout=PATIENCE_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.clear()

    def get(self, path: str, **query: str) -> Page:
        """Ask for a page; raise ClinicError if there is no answer, whatever its status."""
        return self.send("GET", path, **query)

    def send(self, method: str, path: str, **query: str) -> Page:
        """Ask with any method; raise ClinicError if there is no answer, whatever its status."""
        url = f"{self._address}{path}"
        sent_ns = self._clock()
        try:
            answer = self._http.request(method, f"{url}?{urlencode(query)}" if query else url)
        except urllib3.exceptions.HTTPError as error:
            raise ClinicError(
                f"The clinic does not answer at {url}: start it (`make up`, `make demo`), or say "
                "where it is with CLINIC_PORT."
            ) from error
        said = server_timing(answer.headers.get("Server-Timing", ""))
        return Page(url, answer.status, answer.data, said, sent_ns, self._clock())

    def listing(self) -> tuple[Page, list[str]]:
        """Return the list of clinics with their names; raise ClinicError unless there are some."""
        page = self.get(CLINICS)
        if page.statements is None:
            raise ClinicError(
                f"What listens at {self._address} is not the clinic: stop it, or say where the "
                "clinic is with CLINIC_PORT."
            )
        if page.status != 200:
            raise ClinicError(
                f"The clinic cannot list its clinics ({page.status}): see /readyz and its log."
            )
        names = [clinic["name"] for clinic in json.loads(page.body)["clinics"]]
        if not names:
            raise ClinicError("The clinic's database is empty: seed it with `clinic seed`.")
        return page, names

    def stories(self, clinic: str) -> Page:
        """Ask for a clinic's Success Stories; raise ClinicError unless they come with figures."""
        page = self.get(STORIES, clinic=clinic)
        if page.status != 200 or page.strategy is None:
            raise ClinicError(
                f"{page.url} was answered with {page.status} and without its figures: is everybody "
                "in the audience (`clinic flags`)? See the service's log."
            )
        return page


def server_timing(header: str) -> dict[str, str]:
    """Return the descriptions in a Server-Timing header by their names."""
    return {found["name"]: found["said"] for found in _METRIC.finditer(header)}


def _number(text: str | None) -> int | None:
    found = re.match(r"\d+", text or "")
    return int(found[0]) if found else None
