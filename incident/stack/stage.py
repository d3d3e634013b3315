"""Bringing the stack up, part by part, until a first visitor has left a first trace."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlencode

import urllib3

from harness import ports
from harness.clients.backend import Backend, count_db_spans
from harness.waiting import wait_until
from incident.errors import IncidentError
from incident.replay.load import CLINICS, STORIES
from incident.replay.probe import cpu_of_family
from incident.stack import commands as stack
from incident.stack import flags
from incident.stack.counters import CounterSource, TracestoreCounters
from incident.stack.run import Run
from incident.stack.settings import JAEGER, Settings

START_DEADLINE_S = 60
TRACE_DEADLINE_S = 20
TIMEOUT_S = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """The running stack: its service, since when it is watched, its traces and its counters.

    `settled_s` is longer than the service takes to let its counters be seen: counts that have
    not changed for so long are final.
    """

    service_cpu_s: Callable[[], float]
    last_words: Callable[[], str]
    since_ns: int
    backend: Backend
    counters: CounterSource
    settled_s: float = 2.0


def set_up(run: Run) -> Stage:
    """Seed, start the trace backend and the service under naive, and ask for a first page."""
    settings, processes = run.settings, run.processes
    run.console.step("Seeding the clinics, unless they are there already.")
    seeding = processes.start(stack.seed(settings, os.environ))
    parts = _start_backend(run)
    processes.finish(seeding, run.pause)

    run.console.step("Starting the clinic, its Success Stories read by naive.")
    flags.set_strategy(settings.flags_file, "naive")
    since_ns = time.time_ns()
    service = processes.start(stack.service(settings, os.environ, parts))
    _wait_for(run, f"{parts.tracestore_address}/healthz")
    _wait_for(run, f"{settings.trace_ui.address}/api/v3/services")
    _wait_for(run, f"{settings.clinic.address}/readyz")

    stage = Stage(
        service_cpu_s=partial(cpu_of_family, service.pid),
        last_words=lambda: f"{service.log} ends with:\n{service.last_words()}",
        since_ns=since_ns,
        backend=Backend(settings.trace_ui.address, stack.SERVICE_NAME),
        counters=TracestoreCounters(parts.tracestore_address, stack.SERVICE_NAME),
    )
    show_first_trace(run, stage)
    return stage


def _start_backend(run: Run) -> stack.Parts:
    """Start tracestore for traces and metrics, or for metrics alone beside a Jaeger."""
    settings, processes = run.settings, run.processes
    if settings.backend != JAEGER:
        parts = stack.Parts(settings.trace_ui.number, settings.otlp.number)
    else:
        parts = stack.Parts(ports.unused(), ports.unused())
        binary = stack.jaeger_binary(os.environ)
        processes.start(stack.jaeger(settings, os.environ, binary))
    processes.start(stack.tracestore(settings, os.environ, parts))
    return parts


def trace_link(settings: Settings, trace_id: str) -> str:
    """Return the address of a trace's page."""
    return f"{settings.trace_ui.address}/trace/{trace_id}"


def _wait_for(run: Run, url: str) -> None:
    wait_until(
        answers(url), what=f"an answer of {url}", deadline_s=START_DEADLINE_S, pause=run.pause
    )


def answers(url: str) -> Callable[[], bool]:
    """Return a question for whether an address answers with success."""

    def ask() -> bool:
        try:
            return _get(url).status == 200
        except urllib3.exceptions.HTTPError:
            return False

    return ask


def show_first_trace(run: Run, stage: Stage) -> None:
    """Ask for one page, and wait until its trace is stored."""
    settings = run.settings
    clinics = _require(stage, f"{settings.clinic.address}{CLINICS}").json()["clinics"]
    if not clinics:
        raise IncidentError(
            f"{settings.clinic_database} holds no clinic: remove it, and it is seeded again."
        )
    query = urlencode({"clinic": clinics[0]["name"]})
    page = _require(stage, f"{settings.clinic.address}{STORIES}?{query}")
    trace_id = page.headers["traceresponse"].split("-")[1]
    spans = wait_until(
        lambda: stage.backend.spans(trace_id),
        what="the first trace to be stored",
        deadline_s=TRACE_DEADLINE_S,
        pause=run.pause,
    )
    run.console.step(f"One page took {count_db_spans(spans):,} SQL statements. Its trace:")
    run.console.step(trace_link(settings, trace_id))


def _require(stage: Stage, url: str) -> urllib3.BaseHTTPResponse:
    """Get a page of the service; raise IncidentError with the end of its log if it has none."""
    try:
        page = _get(url)
        answer = f"was answered with {page.status}"
    except urllib3.exceptions.HTTPError as error:
        page, answer = None, f"was not answered: {error}"
    if page is None or page.status != 200:
        raise IncidentError(f"{url} {answer}; {stage.last_words()}")
    return page


def _get(url: str) -> urllib3.BaseHTTPResponse:
    # A connection of its own, left behind by nothing: the stack may be stopped at any time.
    with urllib3.PoolManager(num_pools=1) as http:
        return http.request("GET", url, retries=False, timeout=TIMEOUT_S)
