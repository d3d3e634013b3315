"""Compare the counts of the service, the trace backend and the database: `incident reconcile`.

Loads the clinic under the slowest strategy, waits until nothing changes any more, and compares
statement by statement. Any difference is a failure: a count that is nearly right cannot be trusted.
"""

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

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
from incident.stack import compose
from incident.stack.commands import SERVICE_NAME
from incident.stack.places import Folder, Stack
from incident.stack.run import Run, begin
from incident.stack.stage import Stage, set_up

STATEMENTS = 20_000
SETTLE_DEADLINE_S = 120
MAX_TEXT = 90
_COLUMNS = re.compile(r"\b(SELECT) .*? (FROM)\b")
ROLE = "clinic"
# The one that sends most statements.
STRATEGY = "naive"
# Inside its container the database's superuser needs no password.
PSQL = ("docker", "compose", "exec", "-T", "db", "psql", "-U", "postgres", "-d", "clinic")


@dataclass(frozen=True, slots=True)
class Sources:
    """Name who is asked; `before` is what the service had counted until then."""

    service: ServiceCounts
    before: Mapping[str, int]
    spans: SpanCounts
    database: DatabaseCounts | None
    settled_s: float

    def service_counts(self) -> Mapping[str, int]:
        now = self.service.counts()
        grown = {digest: count - self.before.get(digest, 0) for digest, count in now.items()}
        return {digest: count for digest, count in grown.items() if count}

    def ledger(self) -> Ledger:
        """Put the counts of now side by side."""
        database = self.database.counts() if self.database else None
        return balance(self.service_counts(), self.spans.counts(), database)


def run(
    stack: Stack, folder: Folder, console: Console, *, statements: int = STATEMENTS, users: int
) -> int:
    """Load, count, compare and print; return 0 if all agree, else 1."""
    with begin(stack, folder, console) as run, _stage(run) as (stage, sources):
        console.step(f"Sending {statements:,} statements, {users} visitors at a time.")
        address = stack.clinic.address
        requests, sent = rounds.send(address, statements=statements, users=users, pause=run.pause)
        console.step(f"{requests} pages say that they sent {sent:,}. Waiting for the last spans.")
        _settle(run, stage, sources)
        ledger = sources.ledger()
    show(console, ledger)
    return 0 if ledger.agrees else 1


def show(console: Console, ledger: Ledger) -> None:
    """Print the counts per statement, and what else the database counted."""
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
        console.step("The counts differ: `make doctor` names the part that loses them.")


def _shortened(statement: str) -> str:
    """Leave out the columns, and cut what is still too long."""
    text = _COLUMNS.sub(r"\1 … \2", statement)
    return text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 1]}…"


def _settle(run: Run, stage: Stage, sources: Sources) -> None:
    """Wait until service and spans stand still; a difference between them is not waited out."""
    seen: list[object] = []
    counters = stage.counters
    assert counters is not None  # both targets have them

    def still() -> bool:
        seen.append((counters.counters(), sources.service_counts(), sources.spans.counts()))
        if len(seen) > 1 and seen[-1] == seen[-2]:
            return True
        run.pause(sources.settled_s)
        return False

    wait_until(
        still, what="the counts to stand still", deadline_s=SETTLE_DEADLINE_S, pause=run.pause
    )


@contextmanager
def _stage(run: Run) -> Iterator[tuple[Stage, Sources]]:
    stack = run.stack
    if stack.in_containers:
        with compose.visitors_at_rest(stack):
            stage = compose.attach(run, STRATEGY)
            service = PrometheusCounts(stack.prometheus.address, SERVICE_NAME)
            yield stage, _sources(run, stage, service, DatabaseCounts(PSQL, ROLE, stack.project))
        return
    stage = set_up(run, STRATEGY)
    embedded = TracestoreCounts(stack.trace_ui.address, SERVICE_NAME)
    yield stage, _sources(run, stage, embedded, None)


def _sources(
    run: Run, stage: Stage, service: ServiceCounts, database: DatabaseCounts | None
) -> Sources:
    """Begin to count once the figures of the first page have arrived."""
    assert stage.backend is not None  # both targets have one
    run.pause(stage.settled_s)
    since_ns = time.time_ns()
    if database is not None:
        database.reset()
    return Sources(
        service, service.counts(), SpanCounts(stage.backend, since_ns), database, stage.settled_s
    )
