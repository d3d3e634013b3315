"""Walk the chain from a page to its trace and its figures, part by part: `incident doctor`."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version

from harness.errors import ClinicError, HarnessError
from harness.ports import Port
from incident.console import Console
from incident.doctor import containers, metrics, traces
from incident.doctor.patient import Patient, Unwell, visit
from incident.stack.places import COMPOSE, Stack

FINE, WRONG, UNKNOWN = "fine", "WRONG", "–"
GRAFANA = "grafana"


@dataclass(frozen=True, slots=True)
class Check:
    """Name a part, and how it is examined."""

    name: str
    examine: Callable[[Patient], str]
    only: str | None = None


CHECKS = (
    Check("service", traces.service),
    Check("traces", traces.stored),
    Check("search", traces.found),
    Check("spans", traces.counted),
    Check("clocks", traces.clocks),
    Check("version", traces.versions),
    Check("collector", metrics.collector, COMPOSE),
    Check("targets", metrics.targets, COMPOSE),
    Check("span metrics", metrics.span_metrics, COMPOSE),
    Check("monitor tab", metrics.monitor, COMPOSE),
    Check("exemplars", metrics.exemplars, COMPOSE),
    Check("prometheus", metrics.engines, COMPOSE),
    Check("control", metrics.control, COMPOSE),
    Check(GRAFANA, metrics.grafana, COMPOSE),
)
# Examined even if no page is served: they may say why.
CONTAINERS = {
    "containers": containers.steady,
    "memory": containers.roomy,
    "images": containers.images,
}
NAMES = (*CONTAINERS, *(check.name for check in CHECKS))


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Hold one line of the report: a part, its state, and why."""

    part: str
    state: str
    text: str

    def __str__(self) -> str:
        return f"{self.part:<13} {self.state:<6} {self.text}"


def run(stack: Stack, console: Console, *, without: Collection[str] = ()) -> int:
    """Examine every part, print a line for each, and return 0 if all are fine, else 1."""
    found: list[Diagnosis] = []
    for diagnosis in examine(stack, without=without):
        console.result(str(diagnosis))
        found.append(diagnosis)
    return 0 if all(one.state == FINE for one in found) else 1


def examine(
    stack: Stack,
    *,
    without: Collection[str] = (),
    expected_version: str | None = None,
    patience_s: float = 30,
) -> Sequence[Diagnosis]:
    """Return a diagnosis of each part; those that need a page are unknown without one."""
    checks = [one for one in CHECKS if one.name not in without]
    checks = [one for one in checks if one.only in (None, stack.target)]
    found = [_diagnose("ports", lambda: traces.listened(_ports(stack, without)))]
    if stack.in_containers:
        asked = {name: check for name, check in CONTAINERS.items() if name not in without}
        found += [_diagnose(name, partial(check, stack.project)) for name, check in asked.items()]
    try:
        patient = Patient(
            stack,
            visit(stack.clinic.address),
            expected_version or version("cat-clinic"),
            patience_s,
        )
    except ClinicError as error:
        lost = [Diagnosis(one.name, UNKNOWN, "not examined: no page was served") for one in checks]
        return [*found, Diagnosis("service", WRONG, str(error)), *lost[1:]]
    return [*found, *(_diagnose(one.name, partial(one.examine, patient)) for one in checks)]


def _diagnose(part: str, examine: Callable[[], str]) -> Diagnosis:
    try:
        return Diagnosis(part, FINE, examine())
    except Unwell as unwell:
        return Diagnosis(part, WRONG, str(unwell))
    except HarnessError as error:
        return Diagnosis(part, WRONG, f"It gave no usable answer: {error}")


def _ports(stack: Stack, without: Collection[str]) -> tuple[Port, ...]:
    if not stack.in_containers:
        return stack.ports
    more = [stack.prometheus, stack.locust_ui, stack.control]
    return (*stack.ports, *more, *([] if GRAFANA in without else [stack.grafana]))
