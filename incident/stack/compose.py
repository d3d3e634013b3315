"""The replay on a running compose stack, whose own visitors rest meanwhile."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import urllib3

from harness.clients.backend import Backend
from harness.clients.json_api import TIMEOUT_S, JsonClient
from harness.ports import Port
from harness.waiting import wait_until
from incident.errors import BackendError, IncidentError
from incident.stack import commands as stack
from incident.stack import flags
from incident.stack.containers import cpu_s, docker
from incident.stack.counters import (
    Counters,
    CounterSource,
    CountersSince,
    PrometheusCounters,
)
from incident.stack.run import Run
from incident.stack.settings import Settings
from incident.stack.stage import Stage, answers, show_first_trace

# The service exports its metrics every 5 s, and the Collector passes them on after another.
SETTLED_S = 8.0
REST_DEADLINE_S = 120


@contextmanager
def visitors_at_rest(settings: Settings) -> Iterator[None]:
    """Send the stack's own visitors away, and call them back in the end, as many as they were."""
    locust = JsonClient(settings.locust_ui.address)
    try:
        users = int((locust.get("/stats/requests") or {}).get("user_count", 0))
        _post(settings.locust_ui, "/stop")
    except BackendError as error:
        raise _missing(settings.locust_ui, error) from error
    try:
        yield
    finally:
        if users:
            _post(settings.locust_ui, "/swarm", user_count=str(users), spawn_rate=str(users))


def _post(port: Port, path: str, **fields: str) -> None:
    url = f"{port.address}{path}"
    try:
        response = urllib3.request("POST", url, fields=fields, retries=False, timeout=TIMEOUT_S)
    except urllib3.exceptions.HTTPError as error:
        raise BackendError(f"{url} cannot be reached: {error}") from error
    if response.status != 200:
        raise BackendError(f"{url} answered {response.status}.")


def attach(run: Run) -> Stage:
    """Find the stack's parts, wait until all is counted that was, and ask for a first page."""
    settings = run.settings
    run.console.step("Looking for the compose stack, whose own visitors may rest.")
    for port, path in (
        (settings.clinic, "/readyz"),
        (settings.trace_ui, "/api/v3/services"),
        (settings.prometheus, "/-/ready"),
    ):
        if not answers(f"{port.address}{path}")():
            raise _missing(port)
    flags.set_strategy(settings.flags_file, "naive")
    source = PrometheusCounters(settings.prometheus.address, stack.SERVICE_NAME)
    run.console.step("Waiting until the last of their spans is counted.")
    earlier = _at_rest(run, source)
    stage = Stage(
        service_cpu_s=partial(cpu_s, _service(settings), settings.project),
        last_words=lambda: "  | see `docker compose logs service`",
        since_ns=time.time_ns(),
        backend=Backend(settings.trace_ui.address, stack.SERVICE_NAME),
        counters=CountersSince(source, earlier),
        settled_s=SETTLED_S,
    )
    show_first_trace(run, stage)
    return stage


def _at_rest(run: Run, source: CounterSource) -> Counters:
    """Return the counters once they stand still."""
    seen = [source.counters()]

    def still() -> bool:
        run.pause(SETTLED_S)
        seen.append(source.counters())
        return seen[-1] == seen[-2]

    wait_until(still, what="the service to be idle", deadline_s=REST_DEADLINE_S, pause=run.pause)
    return seen[-1]


def _service(settings: Settings) -> str:
    """Return the id of the service's container."""
    container = docker("compose", "ps", "--quiet", "service", folder=settings.project)
    if not container:
        raise IncidentError(
            "No container of the service `service` runs: start the stack with `make up`, and name "
            "its project with COMPOSE_PROJECT_NAME if it is not the folder's."
        )
    return container


def _missing(port: Port, error: Exception | None = None) -> IncidentError:
    why = f" ({error})" if error else ""
    return IncidentError(
        f"{port.wanted_by} does not answer on {port.address}{why}: start the stack with `make up`, "
        f"or say where it is with {port.variable}."
    )
