"""Measure a clinic that answers at an address, whoever has started it, as far as it lets us."""

import json
import socket
import time
from collections.abc import Callable
from functools import partial
from urllib.parse import urlsplit

from harness.clients.backend import Backend
from harness.clients.clinic import CLINICS, ClinicClient
from harness.errors import BackendError, ClinicError, DeadlinePassed
from harness.waiting import wait_until
from incident.errors import IncidentError
from incident.stack.commands import SERVICE_NAME
from incident.stack.run import Run
from incident.stack.stage import TRACE_DEADLINE_S, Stage

# A clinic looks at its flags every half second; a busy machine gives it time later.
FOLLOWS_DEADLINE_S = 8.0
# A service that starts again refuses for a moment; one that is gone does for longer.
GONE_S = 3.0
CONNECT_TIMEOUT_S = 5.0


def attach(run: Run, *strategies: str) -> Stage:
    """Find the clinic and its traces; say in a sentence each what cannot be done with them.

    Tries whether the clinic follows the flags of this run's folder: if so, the last of the
    strategies is in force then. Raises IncidentError if no clinic answers.
    """
    url = run.stack.clinic.address
    run.console.step(f"Looking for the clinic at {url}.")
    name = _first_clinic(url)
    with ClinicClient(url) as clinic:
        try:
            page = clinic.stories(name)
            in_force = page.strategy or ""
            follows = _follows(run, lambda: clinic.stories(name).strategy, in_force, strategies)
        except ClinicError as error:
            raise IncidentError(str(error)) from error
    backend = _backend(run, page.trace_id)
    return Stage(
        service_cpu_s=None,
        last_words=lambda: f"See the log of the clinic at {url}.",
        since_ns=time.time_ns(),
        backend=backend,
        counters=None,
        in_force=None if follows else in_force,
        require=require_it_answers(url, run.pause),
        notes=tuple(_left_out(run, follows=follows, in_force=in_force, traces=backend is not None)),
    )


def require_it_answers(url: str, pause: Callable[[float], None]) -> Callable[[], None]:
    """Return what raises IncidentError once the clinic has refused connections for GONE_S."""
    parts = urlsplit(url)
    place = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)

    def accepts() -> bool:
        try:
            socket.create_connection(place, timeout=CONNECT_TIMEOUT_S).close()
        except OSError:
            return False
        return True

    def require() -> None:
        try:
            wait_until(accepts, what="it to come back", deadline_s=GONE_S, pause=pause)
        except DeadlinePassed as error:
            raise IncidentError(
                f"The clinic at {url} has stopped to answer: it took no connection for "
                f"{GONE_S:g} s."
            ) from error

    return require


def _first_clinic(url: str) -> str:
    """Return the name of a clinic; raise IncidentError unless this project's clinic answers."""
    try:
        with ClinicClient(url) as clinic:
            page = clinic.get(CLINICS)
    except ClinicError as error:
        raise IncidentError(
            f"Nothing answers at {url}: start the clinic there (`make serve`), or name another "
            "address with --target."
        ) from error
    try:
        names = [clinic["name"] for clinic in json.loads(page.body)["clinics"]]
    except (ValueError, KeyError, TypeError):
        names = []
    if page.statements is None or not names:
        raise IncidentError(
            f"What answers at {url} is not a clinic with data: {CLINICS} was answered with "
            f"{page.status} and without a list of clinics. Name another address with --target."
        )
    return str(names[0])


def _follows(
    run: Run, read: Callable[[], str | None], in_force: str, strategies: tuple[str, ...]
) -> bool:
    """Return whether the clinic reads by what this run's flags file says, and leave it so."""
    other = next((one for one in strategies if one != in_force), "core")
    other = other if other != in_force else "naive"
    run.switch(*strategies, other)  # an unknown one is refused
    for strategy in (other, strategies[-1]):
        run.switch(strategy)
        try:
            wait_until(
                partial(_reads_by, read, strategy),
                what="the clinic to follow",
                deadline_s=FOLLOWS_DEADLINE_S,
                pause=run.pause,
            )
        except DeadlinePassed:
            return False
    return True


def _reads_by(read: Callable[[], str | None], strategy: str) -> bool:
    return read() == strategy


def _backend(run: Run, trace_id: str | None) -> Backend | None:
    """Return the trace backend if it has the page's trace, or None."""
    backend = Backend(run.stack.trace_ui.address, SERVICE_NAME)
    if trace_id is None:
        return None
    try:
        wait_until(
            lambda: backend.spans(trace_id),
            what="the first trace to be stored",
            deadline_s=TRACE_DEADLINE_S,
            pause=run.pause,
        )
    except (BackendError, DeadlinePassed):
        return None
    return backend


def _left_out(run: Run, *, follows: bool, in_force: str, traces: bool) -> list[str]:
    url = run.stack.clinic.address
    told = [
        f"CPU is not measured: {url} may be another machine.",
        "Workers stay as many as they are: they are changed by a signal to a process of this run.",
        "The data are the clinic's own: --dataset is for clinics that the replay starts.",
        "Lost spans are not counted: the clinic's own counters are not read from here.",
    ]
    if not follows:
        told.append(
            f"The clinic goes on reading its pages by {in_force}: it does not follow "
            f"{run.folder.flags_file} (name the folder of its flags with --var)."
        )
    if not traces:
        told.append(
            f"Traces are not read: {run.stack.trace_ui.address} has none of this clinic (name its "
            "backend with --traces-url)."
        )
    return told
