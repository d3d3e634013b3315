"""Do all who count agree? `incident reconcile`: the service, the trace backend, the database.

Loads the clinic under naive, waits until nothing changes any more, and compares statement by
statement. Any difference is a failure: a count that is nearly right cannot be trusted either.
"""

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from harness.interrupts import Interrupts
from harness.processes import Processes
from harness.waiting import wait_until
from incident.console import Console
from incident.reconcile import rounds
from incident.reconcile.counts import (
    DatabaseCounts,
    PrometheusCounts,
    ServiceCounts,
    SpanCounts,
    TracestoreCounts,
)
from incident.reconcile.ledger import Ledger, balance
from incident.stack import commands as stack
from incident.stack import compose, flags, surroundings
from incident.stack.run import Run
from incident.stack.settings import COMPOSE, Settings
from incident.stack.stage import Stage, set_up

STATEMENTS = 20_000
SETTLE_DEADLINE_S = 120
MAX_TEXT = 90
_COLUMNS = re.compile(r"\b(SELECT) .*? (FROM)\b")
ROLE = "clinic"
# Inside its container the database's superuser needs no password.
PSQL = ("docker", "compose", "exec", "-T", "db", "psql", "-U", "postgres", "-d", "clinic")


@dataclass(frozen=True, slots=True)
class Sources:
    """Who is asked; the service's counts begin where its process did, hence `before`."""

    service: ServiceCounts
    before: Mapping[str, int]
    spans: SpanCounts
    database: DatabaseCounts | None
    settled_s: float

    def service_counts(self) -> Mapping[str, int]:
        now = self.service.counts()
        grown = {digest: count - self.before.get(digest, 0) for digest, count in now.items()}
        return {digest: count for digest, count in grown.items() if count}


def run(settings: Settings, console: Console, *, statements: int = STATEMENTS) -> int:
    """Load, count, compare and print; return 0 if all agree, else 1."""
    with (
        surroundings.sole_use(settings.folder),
        Interrupts() as interrupts,
        Processes(settings.logs, impatient=lambda: interrupts.impatient) as processes,
    ):
        surroundings.check(settings)
        flags.seed(settings.flags_file, settings.flags_template)
        run = Run(settings=settings, console=console, processes=processes, interrupts=interrupts)
        with flags.put_back(settings.flags_file), _stage(run) as (stage, sources):
            ledger = reconcile(run, stage, sources, statements=statements)
    show(console, ledger)
    return 0 if ledger.agrees else 1


def reconcile(run: Run, stage: Stage, sources: Sources, *, statements: int) -> Ledger:
    """Send at least so many statements, and compare the counts once they stand still."""
    settings = run.settings
    run.console.step(f"Sending {statements:,} statements, {settings.users} visitors at a time.")
    requests, sent = rounds.send(
        settings.clinic.address, statements=statements, users=settings.users, pause=run.pause
    )
    run.console.step(f"{requests} pages say that they sent {sent:,}. Waiting for the last spans.")
    _settle(run, stage, sources)
    database = sources.database.counts() if sources.database else None
    return balance(sources.service_counts(), sources.spans.counts(), database)


def show(console: Console, ledger: Ledger) -> None:
    """Print the counts per statement, and what the database counted beside them."""
    console.result(f"{'service':>9} {'spans':>9} {'database':>9} {'differ':>7}  statement")
    for line in (*ledger.lines, ledger.total):
        database = "–" if line.database is None else f"{line.database:,}"
        text = _shortened(line.statement)
        console.result(
            f"{line.service:>9,} {line.spans:>9,} {database:>9} {line.difference:>7,}  {text}"
        )
    for reason, count in ledger.accounted.items():
        console.result(f"{'':>9} {'':>9} {count:>9,} {'':>7}  (accounted for: {reason})")
    if not ledger.agrees:
        console.step("The counts differ: `make doctor` says which part loses them.")


def _shortened(statement: str) -> str:
    """Leave out the columns, which tell nobody anything, and what is too long then."""
    text = _COLUMNS.sub(r"\1 … \2", statement)
    return text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 1]}…"


def _settle(run: Run, stage: Stage, sources: Sources) -> None:
    """Wait until service and spans have said the same twice; differences are shown, not awaited."""
    seen: list[object] = []

    def still() -> bool:
        seen.append((stage.counters.counters(), sources.service_counts(), sources.spans.counts()))
        if len(seen) > 1 and seen[-1] == seen[-2]:
            return True
        run.pause(sources.settled_s)
        return False

    wait_until(
        still, what="the counts to stand still", deadline_s=SETTLE_DEADLINE_S, pause=run.pause
    )


@contextmanager
def _stage(run: Run) -> Iterator[tuple[Stage, Sources]]:
    settings = run.settings
    if settings.target == COMPOSE:
        with compose.visitors_at_rest(settings):
            stage = compose.attach(run)
            service = PrometheusCounts(settings.prometheus.address, stack.SERVICE_NAME)
            yield stage, _sources(run, stage, service, DatabaseCounts(PSQL, ROLE, settings.project))
        return
    _make_room(settings)
    stage = set_up(run)
    embedded = TracestoreCounts(settings.trace_ui.address, stack.SERVICE_NAME)
    yield stage, _sources(run, stage, embedded, None)


def _sources(
    run: Run, stage: Stage, service: ServiceCounts, database: DatabaseCounts | None
) -> Sources:
    """Take the counts of now as where to begin, when those of the first page have arrived."""
    run.pause(stage.settled_s)
    since_ns = time.time_ns()
    if database is not None:
        database.reset()
    return Sources(
        service, service.counts(), SpanCounts(stage.backend, since_ns), database, stage.settled_s
    )


def _make_room(settings: Settings) -> None:
    for path in settings.folder.glob(f"{settings.trace_database.name}*"):
        path.unlink()
