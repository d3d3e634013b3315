"""`incident doctor`: walk the chain from a page to its trace and its figures, part by part."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version

from harness.ports import Port
from incident.console import Console
from incident.doctor import (
    containers as checks_of_containers,
)
from incident.doctor import (
    metrics as checks_of_metrics,
)
from incident.doctor import (
    traces as checks_of_traces,
)
from incident.doctor.patient import Patient, Unwell, visit
from incident.errors import IncidentError
from incident.stack.settings import COMPOSE, EMBEDDED, Settings

FINE, WRONG, UNKNOWN = "fine", "WRONG", "–"
GRAFANA = "grafana"


@dataclass(frozen=True, slots=True)
class Check:
    """One part, and how it is examined."""

    name: str
    examine: Callable[[Patient], str]
    only: str | None = None


CHECKS = (
    Check("service", checks_of_traces.service),
    Check("traces", checks_of_traces.stored),
    Check("search", checks_of_traces.found),
    Check("spans", checks_of_traces.counted),
    Check("clocks", checks_of_traces.clocks),
    Check("version", checks_of_traces.versions),
    Check("collector", checks_of_metrics.collector, COMPOSE),
    Check("targets", checks_of_metrics.targets, COMPOSE),
    Check("span metrics", checks_of_metrics.span_metrics, COMPOSE),
    Check("monitor tab", checks_of_metrics.monitor, COMPOSE),
    Check("exemplars", checks_of_metrics.exemplars, COMPOSE),
    Check("prometheus", checks_of_metrics.engines, COMPOSE),
    Check(GRAFANA, checks_of_metrics.grafana, COMPOSE),
)
# Also where no page is served: they may say why.
CONTAINERS = {
    "containers": checks_of_containers.steady,
    "memory": checks_of_containers.roomy,
    "images": checks_of_containers.images,
}
NAMES = (*CONTAINERS, *(check.name for check in CHECKS))


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A line of the doctor's: a part, how it is, and why."""

    part: str
    state: str
    text: str

    def __str__(self) -> str:
        return f"{self.part:<13} {self.state:<6} {self.text}"


def run(settings: Settings, console: Console, *, without: Collection[str] = ()) -> int:
    """Examine every part, print a line for each, and return 0 if all are fine, else 1."""
    found: list[Diagnosis] = []
    for diagnosis in examine(settings, without=without):
        console.result(str(diagnosis))
        found.append(diagnosis)
    return 0 if all(one.state == FINE for one in found) else 1


def examine(
    settings: Settings,
    *,
    without: Collection[str] = (),
    expected_version: str | None = None,
    patience_s: float = 30,
) -> Sequence[Diagnosis]:
    """Return a diagnosis of each part; those that need a visit are unknown without one."""
    checks = [one for one in CHECKS if one.name not in without]
    checks = [one for one in checks if one.only in (None, settings.target)]
    found = [_diagnose("ports", lambda: checks_of_traces.listened(_ports(settings, without)))]
    if settings.target == COMPOSE:
        asked = {name: check for name, check in CONTAINERS.items() if name not in without}
        found += [_diagnose(name, partial(check, settings)) for name, check in asked.items()]
    try:
        patient = Patient(
            settings,
            visit(settings.clinic.address),
            expected_version or version("cat-clinic"),
            patience_s,
        )
    except Unwell as unwell:
        lost = [Diagnosis(one.name, UNKNOWN, "not examined: no page was served") for one in checks]
        return [*found, Diagnosis("service", WRONG, str(unwell)), *lost[1:]]
    return [*found, *(_diagnose(one.name, partial(one.examine, patient)) for one in checks)]


def _diagnose(part: str, examine: Callable[[], str]) -> Diagnosis:
    try:
        return Diagnosis(part, FINE, examine())
    except Unwell as unwell:
        return Diagnosis(part, WRONG, str(unwell))
    except IncidentError as error:
        return Diagnosis(part, WRONG, f"It gave no usable answer. {error}")


def _ports(settings: Settings, without: Collection[str]) -> tuple[Port, ...]:
    if settings.target == EMBEDDED:
        return settings.ports
    more = [settings.prometheus, settings.locust_ui]
    return (*settings.ports, *more, *([] if GRAFANA in without else [settings.grafana]))
