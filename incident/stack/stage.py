"""Bring the stack up, part by part, until a first visitor has left a first trace."""

import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial

from harness.clients.backend import Backend, count_db_spans
from harness.clients.clinic import ClinicClient, Page
from harness.clients.http import answers
from harness.errors import ClinicError
from harness.ports import unused_port, unused_ports
from harness.waiting import wait_until
from incident.errors import IncidentError
from incident.stack import commands
from incident.stack.counters import CounterSource, TracestoreCounters
from incident.stack.cpu import cpu_of_family
from incident.stack.places import JAEGER
from incident.stack.run import Run

START_DEADLINE_S = 60
DATASET = "demo"
# gunicorn takes one signal after another, and loses those that come at the same time.
SIGNALS_APART_S = 0.2
TRACE_DEADLINE_S = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Hold the running stack: its service, since when it is watched, its traces, its counters.

    `settled_s` is longer than the service takes to let its counters be seen: counts that have
    not changed for so long are final.
    """

    service_cpu_s: Callable[[], float] | None
    last_words: Callable[[], str]
    since_ns: int
    backend: Backend | None
    counters: CounterSource | None
    settled_s: float = 2.0
    # What only some targets can do: more or fewer workers, another clinic next to this one.
    change_workers: Callable[[int], None] | None = None
    parts: commands.Parts | None = None
    # What only a clinic at an address has: the strategy in force, where it cannot be switched, what
    # raises once it is gone, and what cannot be done with it.
    in_force: str | None = None
    require: Callable[[], None] | None = None
    notes: tuple[str, ...] = ()


def set_up(run: Run, *strategies: str, dataset: str = DATASET) -> Stage:
    """Seed, start the trace backend and the service, and ask for a first page.

    Switches to each of the strategies meanwhile: the last one stays, an unknown one is refused.
    """
    stack, processes = run.stack, run.processes
    run.console.step("Seeding the clinics, unless they are there already.")
    seeding = processes.start(commands.seed(stack, run.folder, os.environ, dataset=dataset))
    parts = _start_backend(run)
    run.switch(*strategies)
    processes.finish(seeding, run.pause)

    run.console.step("Starting the clinic.")
    since_ns = time.time_ns()
    service = processes.start(
        commands.service(stack, run.folder, os.environ, parts, dataset=dataset)
    )
    for url in (
        f"{parts.tracestore_address}/healthz",
        f"{stack.trace_ui.address}/api/v3/services",
        f"{stack.clinic.address}/readyz",
    ):
        what = f"an answer from {url}"
        wait_until(answers(url), what=what, deadline_s=START_DEADLINE_S, pause=run.pause)

    stage = Stage(
        service_cpu_s=partial(cpu_of_family, service.pid),
        last_words=lambda: f"{service.log} ends with:\n{service.last_words()}",
        since_ns=since_ns,
        backend=Backend(stack.trace_ui.address, commands.SERVICE_NAME),
        counters=TracestoreCounters(parts.tracestore_address, commands.SERVICE_NAME),
        change_workers=partial(change_workers, partial(os.kill, service.pid)),
        parts=parts,
    )
    show_first_trace(run, stage)
    return stage


@contextmanager
def another_clinic(
    run: Run, stage: Stage, name: str, dataset: str, environ: Mapping[str, str]
) -> Iterator[tuple[str, int]]:
    """Run a second clinic next to the first; yield its address and its process id.

    It reads flags of its own, as they are in the template.
    """
    assert stage.parts is not None
    stack, processes = (
        replace(run.stack, clinic=replace(run.stack.clinic, number=unused_port())),
        (run.processes),
    )
    processes.finish(
        processes.start(commands.seed(stack, run.folder, os.environ, dataset=dataset)), run.pause
    )
    command = commands.service(
        stack, run.folder, os.environ, stage.parts, dataset=dataset, name=name
    )
    own = {"CLINIC_FLAGS_FILE": str(run.folder.records / f"flags-{name}.json")}
    child = processes.start(replace(command, env={**command.env, **own, **environ}))
    wait_until(
        answers(f"{stack.clinic.address}/readyz"),
        what=f"an answer from {stack.clinic.address}/readyz",
        deadline_s=START_DEADLINE_S,
        pause=run.pause,
    )
    yield stack.clinic.address, child.pid
    processes.stop(child)


def change_workers(send: Callable[[int], None], number: int) -> None:
    """Have gunicorn start this number of workers more, or end as many where it is negative."""
    for _ in range(abs(number)):
        send(signal.SIGTTIN if number > 0 else signal.SIGTTOU)
        time.sleep(SIGNALS_APART_S)


def _start_backend(run: Run) -> commands.Parts:
    """Start tracestore for traces and metrics, or for metrics alone next to a Jaeger."""
    stack, processes = run.stack, run.processes
    if stack.backend != JAEGER:
        parts = commands.Parts(stack.trace_ui.number, stack.otlp.number)
    else:
        parts = commands.Parts(*unused_ports(2))
        binary = commands.jaeger_binary(os.environ)
        processes.start(commands.jaeger(stack, os.environ, binary))
    processes.start(commands.tracestore(stack, run.folder, os.environ, parts))
    return parts


def show_first_trace(run: Run, stage: Stage) -> None:
    """Ask for one page, and wait until its trace is stored."""
    trace_id = _first_page(run, stage).trace_id
    if trace_id is None:
        raise IncidentError(f"The clinic answers but traces nothing; {stage.last_words()}")
    backend = stage.backend
    assert backend is not None
    spans = wait_until(
        lambda: backend.spans(trace_id),
        what="the first trace to be stored",
        deadline_s=TRACE_DEADLINE_S,
        pause=run.pause,
    )
    run.console.step(f"One page took {count_db_spans(spans):,} SQL statements. Its trace:")
    run.console.step(run.stack.trace_link(trace_id))


def _first_page(run: Run, stage: Stage) -> Page:
    """Ask for a page; raise IncidentError with the end of the service's log if it has none."""
    try:
        with ClinicClient(run.stack.clinic.address) as clinic:
            return clinic.stories(clinic.listing()[1][0])
    except ClinicError as error:
        raise IncidentError(f"{error} {stage.last_words()}") from error
