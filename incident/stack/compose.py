"""Measure a compose stack that runs, whose own visitors rest meanwhile."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from harness.clients.backend import Backend
from harness.clients.http import JsonClient, answers
from harness.compose.containers import cpu_s, docker
from harness.errors import BackendError
from harness.ports import Port
from harness.waiting import wait_until
from incident.errors import IncidentError
from incident.stack.commands import SERVICE_NAME
from incident.stack.counters import Counters, CounterSource, CountersSince, PrometheusCounters
from incident.stack.places import Stack
from incident.stack.run import Run
from incident.stack.stage import Stage, change_workers, show_first_trace

# The service exports its metrics every 5 s, and the Collector passes them on after another.
SETTLED_S = 8.0
REST_DEADLINE_S = 120


@contextmanager
def visitors_at_rest(stack: Stack) -> Iterator[None]:
    """Send the stack's own visitors away, and call back as many afterwards."""
    locust = JsonClient(stack.locust_ui.address)
    try:
        users = int((locust.get("/stats/requests") or {}).get("user_count", 0))
        locust.post("/stop")
    except BackendError as error:
        raise _missing(stack.locust_ui) from error
    try:
        yield
    finally:
        if users:
            locust.post("/swarm", user_count=str(users), spawn_rate=str(users))


def attach(run: Run, *strategies: str) -> Stage:
    """Find the stack's parts, wait until all earlier spans are counted, and ask for a page.

    Switches to each of the strategies meanwhile: the last one stays, an unknown one is refused.
    """
    stack = run.stack
    run.console.step("Looking for the compose stack.")
    for port, path in (
        (stack.clinic, "/readyz"),
        (stack.trace_ui, "/api/v3/services"),
        (stack.prometheus, "/-/ready"),
    ):
        if not answers(f"{port.address}{path}")():
            raise _missing(port)
    run.switch(*strategies)
    source = PrometheusCounters(stack.prometheus.address, SERVICE_NAME)
    run.console.step("Waiting until the spans of the stack's own visitors are counted.")
    earlier = _at_rest(run, source)
    stage = Stage(
        service_cpu_s=partial(cpu_s, _service(stack), stack.project),
        last_words=lambda: "  | see `docker compose logs service`",
        since_ns=time.time_ns(),
        backend=Backend(stack.trace_ui.address, SERVICE_NAME),
        counters=CountersSince(source, earlier),
        settled_s=SETTLED_S,
        change_workers=partial(change_workers, partial(_signal, stack)),
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


def _signal(stack: Stack, number: int) -> None:
    docker("kill", f"--signal={number}", _service(stack), folder=stack.project)


def _service(stack: Stack) -> str:
    """Return the id of the service's container."""
    container = docker("compose", "ps", "--quiet", "service", folder=stack.project)
    if not container:
        raise IncidentError(
            "No container of the service `service` runs: start the stack with `make up`, and name "
            "its project with COMPOSE_PROJECT_NAME if it is not the folder's."
        )
    return container


def _missing(port: Port) -> IncidentError:
    part = port.wanted_by[0].upper() + port.wanted_by[1:]
    return IncidentError(
        f"{part} of the stack in containers does not answer on {port.address}: start the stack "
        f"with `make up`, or say where it is with {port.variable}."
    )
