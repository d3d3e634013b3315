"""Hold what every check of `incident doctor` works with: a page, followed to its stored trace."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from harness.clients.backend import Backend
from harness.clients.clinic import ClinicClient, Page
from harness.clients.prometheus import Prometheus
from harness.errors import ClinicError
from incident.errors import IncidentError
from incident.stack.commands import SERVICE_NAME
from incident.stack.counters import CounterSource, PrometheusCounters, TracestoreCounters
from incident.stack.places import Stack


class Unwell(IncidentError):
    """Say what is wrong with a part, and what to do."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"{what} {remedy}")
        self.what = what


@dataclass(frozen=True, slots=True)
class Patient:
    """Name the stack that is examined, and the version of the clinic that is installed here."""

    stack: Stack
    page: Page
    expected_version: str
    patience_s: float = 30

    @property
    def trace_id(self) -> str:
        """Return the id of the page's trace; visit() gives no page without one."""
        return self.page.trace_id or ""

    @property
    def backend(self) -> Backend:
        return Backend(self.stack.trace_ui.address, SERVICE_NAME)

    @property
    def counters(self) -> CounterSource:
        if self.stack.in_containers:
            return PrometheusCounters(self.stack.prometheus.address, SERVICE_NAME)
        return TracestoreCounters(self.stack.trace_ui.address, SERVICE_NAME)

    @property
    def prometheus(self) -> Prometheus:
        return Prometheus(self.stack.prometheus.address)


def visit(address: str, clock: Callable[[], int] = time.time_ns) -> Page:
    """Ask for one page of Success Stories; raise ClinicError unless it comes with its trace."""
    with ClinicClient(address, clock=clock) as clinic:
        page = clinic.stories(clinic.listing()[1][0])
    if page.trace_id is None:
        raise ClinicError("The clinic answers but traces nothing: unset OTEL_SDK_DISABLED.")
    return page
