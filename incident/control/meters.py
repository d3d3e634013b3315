"""Read how a compose stack does now: from Prometheus, from Locust, and from the flags file."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from harness.clients.http import JsonClient
from harness.clients.prometheus import Prometheus
from harness.errors import BackendError
from incident.errors import IncidentError
from incident.stack import flags

OF_CLINIC = 'service_name="cat-clinic"'
OF_PAGE = f'{{{OF_CLINIC}, clinic_strategy!=""}}'
STATEMENTS = (
    f"sum(rate(clinic_request_statements_sum{OF_PAGE}[1m]))"
    f" / sum(rate(clinic_request_statements_count{OF_PAGE}[1m]))"
)
STATEMENTS_PER_MINUTE = "60 * sum(clinic:statements:rate1m)"
CPU_PERCENT = "100 * sum(clinic:process_cpu:cores_rate1m)"
# A check without an answer has a duration as well: that of the timeout.
HEALTHZ_MS = '1000 * scrape_duration_seconds{job="clinic"} and on(job) up{job="clinic"} == 1'


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Hold the figures of a moment; None for what nobody could tell."""

    users: int | None = None
    requests_per_second: float | None = None
    p50_ms: float | None = None
    p95_ms: float | None = None
    failures: int | None = None
    healthz_ms: float | None = None
    statements_per_request: float | None = None
    sql_per_minute: float | None = None
    service_cpu_percent_of_core: float | None = None
    machine_cpu_percent: float
    # What each alert that fires says, by its name.
    alerts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Flags:
    """Hold what the flags file says."""

    strategy: str
    audience_percent: float


class Meters:
    """Read a stack's figures; a part that is away leaves its figures out."""

    def __init__(self, prometheus: str, locust: str) -> None:
        self._prometheus = Prometheus(prometheus)
        self._locust = JsonClient(locust)
        psutil.cpu_percent()  # since when the next one counts

    def read(self) -> Reading:
        """Read all of them."""
        return Reading(
            machine_cpu_percent=psutil.cpu_percent(),
            **_or_nothing(self._visitors),
            **_or_nothing(self._service),
            **(_or_nothing(self._alerts) or {"alerts": {}}),
        )

    def send(self, users: int) -> None:
        """Have Locust keep that many visitors; raise BackendError if it does not answer."""
        if users:
            self._locust.post("/swarm", user_count=str(users), spawn_rate=str(users))
        else:
            self._locust.post("/stop")

    def _visitors(self) -> dict[str, Any]:
        found = self._locust.get("/stats/requests") or {}
        times = found.get("current_response_time_percentiles") or {}
        return {
            "users": int(found.get("user_count", 0)),
            "requests_per_second": round(float(found.get("total_rps", 0)), 1),
            "p50_ms": times.get("response_time_percentile_0.5") or None,
            "p95_ms": times.get("response_time_percentile_0.95") or None,
            "failures": sum(
                one["num_failures"] for one in found.get("stats", ()) if one["name"] != "Aggregated"
            ),
        }

    def _service(self) -> dict[str, Any]:
        return {
            "healthz_ms": self._value(HEALTHZ_MS),
            "statements_per_request": self._value(STATEMENTS),
            "sql_per_minute": self._value(STATEMENTS_PER_MINUTE),
            "service_cpu_percent_of_core": self._value(CPU_PERCENT),
        }

    def _alerts(self) -> dict[str, Any]:
        return {"alerts": self._prometheus.firing("page")}

    def _value(self, expression: str) -> float | None:
        value = self._prometheus.value(expression)
        # No requests at all, divided by themselves.
        return None if value is None or value != value else round(value, 1)


class FlagsFile:
    """Follow a flags file: it is read, by the clinic's own command, when it has changed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen_ns: int | None = None
        self._found: Flags | None = None

    def read(self) -> Flags | None:
        """Return what is in force; None if there is no file that the clinic can use."""
        try:
            changed_ns = self.path.stat().st_mtime_ns
            if changed_ns != self._seen_ns:
                said = flags.change(self.path)
                self._seen_ns = changed_ns
                self._found = Flags(said["strategy"], said["audience_percent"])
        except (OSError, IncidentError):
            self._found = None
        return self._found


def _or_nothing(read: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return read()
    except (BackendError, KeyError, TypeError, ValueError):
        return {}
