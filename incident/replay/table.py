"""Put the figures into words and columns, for a terminal of 80 columns; pure."""

import textwrap
from collections.abc import Iterable, Sequence

from incident.replay.measure import Phase, SpanCounts
from incident.replay.report import machine
from incident.replay.watch import RECENT_S
from incident.story.events import Cost, Sample
from incident.story.words import change as change
from incident.story.words import milliseconds as milliseconds
from incident.story.words import tied

LABEL, COLUMN, CHANGE = 28, 14, 20
LEAST_FOR_P99 = 200
WIDTH = LABEL + 2 * COLUMN + CHANGE


def table(before: Phase, after: Phase, *, totals: SpanCounts, costs: Sequence[Cost] = ()) -> str:
    """Return both phases side by side, with what changed.

    costs: what telemetry costs each of their strategies, where it was measured.
    """
    return "\n".join(
        [
            _row("", before.strategy, after.strategy, "with the fix"),
            "-" * WIDTH,
            *_requests(before, after),
            *_statements(before, after),
            *_machine(before, after),
            *_telemetry(before, after, costs),
            *_spans(before, after, totals),
        ]
    )


def meaning(before: Phase, after: Phase, *, users: int, costs: Sequence[Cost] = ()) -> str:
    """Return what the figures say, in three paragraphs, and one on what telemetry costs."""
    few = after.statements_per_request.p50
    told = (
        f"Under {before.strategy} one page takes {before.statements_per_request.p50:,.0f} SQL "
        f"statements. {users} visitors kept the service at "
        f"{before.service_cpu_percent_of_core:.0f} % of one core, of which one Python process can "
        f"use about 100 %, and this machine of {machine()['cores']} cores at "
        f"{before.machine_cpu_percent:.0f} %, with the visitors and the traces.",
        f"A page took {milliseconds(before.latency_ms.p50)} at the median. A trace shows less: "
        f"{milliseconds(before.waited_ms.p50)} passed in waiting for a free thread, before the "
        f"span begins, and {milliseconds(before.service_ms.p50)} in the service. /healthz waits "
        f"in the same queue: {milliseconds(before.healthz_ms.p50)}, {_failed(before.failures)}.",
        f"Under {after.strategy}, on the same running service and for the same visitors, a page "
        f"takes {few:,.0f} statement{'' if few == 1 else 's'} and "
        f"{milliseconds(after.latency_ms.p50)}, /healthz {milliseconds(after.healthz_ms.p50)}. "
        "The number of statements is the whole difference.",
        *_observer(before, costs),
    )
    filled = (textwrap.fill(tied(paragraph), width=WIDTH) for paragraph in told)
    return "\n\n".join(filled).replace("\N{NO-BREAK SPACE}", " ")


def slowest(phase: Phase) -> str:
    """Return what the slowest trace shows, and what its visitor had waited before it."""
    return (
        f"{milliseconds(phase.slowest_service_ms)} in the service, after "
        f"{milliseconds(phase.slowest_waited_ms)} of waiting"
    )


def status(
    strategy: str, samples: Sequence[Sample], *, users: int, answered: bool
) -> tuple[str, ...]:
    """Return how the last seconds were, the most important first.

    samples: the last ones, of which the last holds their rates. answered: whether any page was.
    """
    latest = samples[-1]
    waiting = f"{strategy}: {latest.waiting} of {users} visitors wait"
    if not answered:
        return (f"{waiting} for their first page",)
    # None where the service runs elsewhere.
    seen = [one.service_cpu_percent_of_core for one in samples]
    known = [percent for percent in seen if percent is not None]
    cpu = (f"CPU {sum(known) / len(known):.0f} % of a core",) if known else ()
    p50 = "nobody answered" if latest.p50_ms is None else f"p50 {milliseconds(latest.p50_ms)}"
    return (
        f"{waiting}; last {RECENT_S:g} s: {p50}",
        f"{latest.sql_per_minute:,.0f} SQL/min",
        f"{latest.requests_per_second:.1f} requests/s",
        *cpu,
    )


def _requests(before: Phase, after: Phase) -> Iterable[str]:
    yield _row("requests", f"{before.requests:,}", f"{after.requests:,}")
    yield _row("failures", f"{before.failures:,}", f"{after.failures:,}")
    rates = before.requests_per_second, after.requests_per_second
    yield _row("requests/s", f"{rates[0]:.1f}", f"{rates[1]:.1f}", change(*rates))
    for label, slow, fast in (
        ("Success Stories p50", before.latency_ms.p50, after.latency_ms.p50),
        ("  waiting, before its span", before.waited_ms.p50, after.waited_ms.p50),
        ("  in the service, its span", before.service_ms.p50, after.service_ms.p50),
        ("Success Stories p95", before.latency_ms.p95, after.latency_ms.p95),
        *_p99(before, after),
        ("/healthz p50", before.healthz_ms.p50, after.healthz_ms.p50),
        ("/healthz max", before.healthz_ms.max, after.healthz_ms.max),
    ):
        yield _row(label, milliseconds(slow), milliseconds(fast), change(slow, fast))


def _p99(before: Phase, after: Phase) -> Iterable[tuple[str, float, float]]:
    """Yield the row of p99, which of few requests is but the slowest of them."""
    if min(before.requests, after.requests) >= LEAST_FOR_P99:
        yield ("Success Stories p99", before.latency_ms.p99, after.latency_ms.p99)


def _statements(before: Phase, after: Phase) -> Iterable[str]:
    for label, many, few in (
        (
            "SQL statements per request",
            before.statements_per_request.p50,
            after.statements_per_request.p50,
        ),
        *_db_spans(before, after),
        ("SQL statements per minute", before.sql_per_minute, after.sql_per_minute),
    ):
        yield _row(label, f"{many:,.0f}", f"{few:,.0f}", change(many, few))


def _db_spans(before: Phase, after: Phase) -> Iterable[tuple[str, float, float]]:
    """Yield the row of DB spans, unless there are as many as statements, as there should be."""
    if any(one.db_spans_per_trace.p50 != one.statements_per_request.p50 for one in (before, after)):
        yield ("DB spans per trace", before.db_spans_per_trace.p50, after.db_spans_per_trace.p50)


def _machine(before: Phase, after: Phase) -> Iterable[str]:
    for label, busy, idle in (
        (
            "CPU of the service, one core",
            before.service_cpu_percent_of_core,
            after.service_cpu_percent_of_core,
        ),
        (
            f"CPU of all {machine()['cores']} cores",
            before.machine_cpu_percent,
            after.machine_cpu_percent,
        ),
    ):
        if busy is not None and idle is not None:
            yield _row(label, f"{busy:.0f} %", f"{idle:.0f} %", change(busy, idle))


def _telemetry(before: Phase, after: Phase, costs: Sequence[Cost]) -> Iterable[str]:
    """Yield what the service computes for one page, with telemetry and without."""
    by_strategy = {cost.strategy: cost for cost in costs}
    if before.strategy not in by_strategy or after.strategy not in by_strategy:
        return
    many, few = by_strategy[before.strategy], by_strategy[after.strategy]
    for label, slow, fast in (
        ("CPU of one page", many.with_ms, few.with_ms),
        ("  with telemetry off", many.without_ms, few.without_ms),
    ):
        yield _row(label, milliseconds(slow), milliseconds(fast), change(slow, fast))


def _observer(before: Phase, costs: Sequence[Cost]) -> Iterable[str]:
    for cost in costs:
        if cost.strategy == before.strategy and cost.with_ms > cost.without_ms:
            share = 100 * (1 - cost.without_ms / cost.with_ms)
            yield (
                f"Watching has its price: of the {milliseconds(cost.with_ms)} of CPU that a page "
                f"takes under {before.strategy}, {share:.0f} % are telemetry, a span for each "
                f"statement. With telemetry off the page takes {milliseconds(cost.without_ms)}, "
                "and the incident is the same one, a few visitors later."
            )


def _spans(before: Phase, after: Phase, totals: SpanCounts) -> Iterable[str]:
    yield _row("", "", "", "whole run")
    columns = before.spans, after.spans, totals
    if all(spans == SpanCounts(spans.created, spans.created, 0) for spans in columns):
        yield _row("spans, all of them stored", *(f"{spans.created:,}" for spans in columns))
        return
    yield _row("spans created", *(f"{spans.created:,}" for spans in columns))
    yield _row("spans stored", *(f"{spans.stored:,}" for spans in columns))
    yield _row("spans dropped", *(f"{spans.dropped:,}" for spans in columns))


def _row(label: str, before: str, after: str, last: str = "") -> str:
    return f"{label:<{LABEL}}{before:>{COLUMN}}{after:>{COLUMN}}{last:>{CHANGE}}".rstrip()


def _failed(failures: int) -> str:
    if failures:
        return f"and {failures:,} requests failed"
    return "and not one request failed: an alert on errors would have stayed silent"
