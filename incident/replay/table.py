"""Put the figures into words and columns, for a terminal of 80 columns; pure."""

import re
import textwrap
from collections.abc import Iterable

from incident.replay.measure import Phase, SpanCounts
from incident.replay.report import machine
from incident.story.words import change as change
from incident.story.words import milliseconds as milliseconds

LABEL, COLUMN, CHANGE = 28, 14, 20
WIDTH = LABEL + 2 * COLUMN + CHANGE


def table(before: Phase, after: Phase, *, totals: SpanCounts) -> str:
    """Return both phases side by side, with what changed."""
    return "\n".join(
        [
            _row("", before.strategy, after.strategy, "with the fix"),
            "-" * WIDTH,
            *_requests(before, after),
            *_statements(before, after),
            *_machine(before, after),
            *_spans(before, after, totals),
        ]
    )


def meaning(before: Phase, after: Phase, *, users: int) -> str:
    """Return what the figures say, in words."""
    statements = after.statements_per_request.p50
    text = (
        f"Under {before.strategy} one page takes {before.statements_per_request.p50:,.0f} SQL "
        "statements. "
        f"{users} visitors kept the service at {before.service_cpu_percent_of_core:.0f} % of one "
        f"core and this machine of {machine()['cores']} cores at "
        f"{before.machine_cpu_percent:.0f} %; a page took {milliseconds(before.latency_ms.p50)}, "
        f"/healthz {milliseconds(before.healthz_ms.p50)}, {_failed(before.failures)}. "
        f"Under {after.strategy}, on the same running service and for the same visitors, a page "
        f"takes {statements:,.0f} statement{'' if statements == 1 else 's'} and "
        f"{milliseconds(after.latency_ms.p50)}, /healthz {milliseconds(after.healthz_ms.p50)}. "
        "The number of statements is the whole difference."
    )
    # A figure and its unit stay on one line.
    tied = re.sub(r"(\d) (s|ms|%)(?=\W|$)", "\\1\N{NO-BREAK SPACE}\\2", text)
    return textwrap.fill(tied, width=WIDTH).replace("\N{NO-BREAK SPACE}", " ")


def _requests(before: Phase, after: Phase) -> Iterable[str]:
    yield _row("requests", f"{before.requests:,}", f"{after.requests:,}")
    yield _row("failures", f"{before.failures:,}", f"{after.failures:,}")
    rates = before.requests_per_second, after.requests_per_second
    yield _row("requests/s", f"{rates[0]:.1f}", f"{rates[1]:.1f}", change(*rates))
    for label, slow, fast in (
        ("Success Stories p50", before.latency_ms.p50, after.latency_ms.p50),
        ("Success Stories p95", before.latency_ms.p95, after.latency_ms.p95),
        ("Success Stories p99", before.latency_ms.p99, after.latency_ms.p99),
        ("/healthz p50", before.healthz_ms.p50, after.healthz_ms.p50),
        ("/healthz max", before.healthz_ms.max, after.healthz_ms.max),
    ):
        yield _row(label, milliseconds(slow), milliseconds(fast), change(slow, fast))


def _statements(before: Phase, after: Phase) -> Iterable[str]:
    for label, many, few in (
        (
            "SQL statements per request",
            before.statements_per_request.p50,
            after.statements_per_request.p50,
        ),
        ("DB spans per trace", before.db_spans_per_trace.p50, after.db_spans_per_trace.p50),
        ("SQL statements per minute", before.sql_per_minute, after.sql_per_minute),
    ):
        yield _row(label, f"{many:,.0f}", f"{few:,.0f}", change(many, few))


def _machine(before: Phase, after: Phase) -> Iterable[str]:
    for label, busy, idle in (
        (
            "service CPU, of one core",
            before.service_cpu_percent_of_core,
            after.service_cpu_percent_of_core,
        ),
        ("machine CPU", before.machine_cpu_percent, after.machine_cpu_percent),
    ):
        if busy is not None and idle is not None:
            yield _row(label, f"{busy:.0f} %", f"{idle:.0f} %", change(busy, idle))


def _spans(before: Phase, after: Phase, totals: SpanCounts) -> Iterable[str]:
    yield _row("", "", "", "whole run")
    columns = before.spans, after.spans, totals
    yield _row("spans created", *(f"{spans.created:,}" for spans in columns))
    yield _row("spans stored", *(f"{spans.stored:,}" for spans in columns))
    yield _row("spans dropped", *(f"{spans.dropped:,}" for spans in columns))


def _row(label: str, before: str, after: str, last: str = "") -> str:
    return f"{label:<{LABEL}}{before:>{COLUMN}}{after:>{COLUMN}}{last:>{CHANGE}}".rstrip()


def _failed(failures: int) -> str:
    if failures:
        return f"and {failures:,} requests failed"
    return "and not one request failed: an alert on errors would have stayed silent"
