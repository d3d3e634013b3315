"""The figures in words and columns, for a terminal of 80 columns; pure."""

import re
import textwrap
from collections.abc import Iterable

from incident.replay.measure import Phase, SpanCounts
from incident.replay.report import machine

LABEL, COLUMN, CHANGE = 28, 14, 20
WIDTH = LABEL + 2 * COLUMN + CHANGE


def table(naive: Phase, core: Phase, *, totals: SpanCounts) -> str:
    """Return both phases side by side, with what core changed."""
    return "\n".join(
        [
            _row("", naive.name, core.name, "with the fix"),
            "-" * WIDTH,
            *_requests(naive, core),
            *_statements(naive, core),
            *_machine(naive, core),
            *_spans(naive, core, totals),
        ]
    )


def meaning(naive: Phase, core: Phase, *, users: int) -> str:
    """Return what the figures say, in words."""
    statements = core.statements_per_request.p50
    text = (
        f"Under naive one page takes {naive.statements_per_request.p50:,.0f} SQL statements. "
        f"{users} visitors kept the service at {naive.service_cpu_percent_of_core:.0f} % of one "
        f"core and this machine of {machine()['cores']} cores at "
        f"{naive.machine_cpu_percent:.0f} %; a page took {milliseconds(naive.latency_ms.p50)}, "
        f"/healthz {milliseconds(naive.healthz_ms.p50)}, {_failed(naive.failures)}. "
        f"Under core, on the same running service and for the same visitors, a page takes "
        f"{statements:,.0f} statement{'' if statements == 1 else 's'} and "
        f"{milliseconds(core.latency_ms.p50)}, /healthz {milliseconds(core.healthz_ms.p50)}. "
        "The number of statements is the whole difference."
    )
    # A figure and its unit stay on one line.
    tied = re.sub(r"(\d) (s|ms|%)(?=\W|$)", "\\1\N{NO-BREAK SPACE}\\2", text)
    return textwrap.fill(tied, width=WIDTH).replace("\N{NO-BREAK SPACE}", " ")


def milliseconds(value: float) -> str:
    """Write a time in the unit that it is read best in."""
    if value >= 10_000:
        return f"{value / 1000:.1f} s"
    if value >= 1000:
        return f"{value / 1000:.2f} s"
    return f"{value:.0f} ms" if value >= 10 else f"{value:.1f} ms"


def change(before: float, after: float) -> str:
    """Say by which factor a figure changed."""
    if not before or not after:
        return ""
    factor = max(before, after) / min(before, after)
    if factor < 1.05:
        return "the same"
    shown = f"{factor:,.0f}" if factor >= 10 else f"{factor:.1f}"
    return f"{shown}x {'more' if after > before else 'less'}"


def _requests(naive: Phase, core: Phase) -> Iterable[str]:
    yield _row("requests", f"{naive.requests:,}", f"{core.requests:,}")
    yield _row("failures", f"{naive.failures:,}", f"{core.failures:,}")
    rates = naive.requests_per_second, core.requests_per_second
    yield _row("requests/s", f"{rates[0]:.1f}", f"{rates[1]:.1f}", change(*rates))
    for label, slow, fast in (
        ("Success Stories p50", naive.latency_ms.p50, core.latency_ms.p50),
        ("Success Stories p95", naive.latency_ms.p95, core.latency_ms.p95),
        ("Success Stories p99", naive.latency_ms.p99, core.latency_ms.p99),
        ("/healthz p50", naive.healthz_ms.p50, core.healthz_ms.p50),
        ("/healthz max", naive.healthz_ms.max, core.healthz_ms.max),
    ):
        yield _row(label, milliseconds(slow), milliseconds(fast), change(slow, fast))


def _statements(naive: Phase, core: Phase) -> Iterable[str]:
    for label, many, few in (
        (
            "SQL statements per request",
            naive.statements_per_request.p50,
            core.statements_per_request.p50,
        ),
        ("DB spans per trace", naive.db_spans_per_trace.p50, core.db_spans_per_trace.p50),
        ("SQL statements per minute", naive.sql_per_minute, core.sql_per_minute),
    ):
        yield _row(label, f"{many:,.0f}", f"{few:,.0f}", change(many, few))


def _machine(naive: Phase, core: Phase) -> Iterable[str]:
    for label, busy, idle in (
        (
            "service CPU, of one core",
            naive.service_cpu_percent_of_core,
            core.service_cpu_percent_of_core,
        ),
        ("machine CPU", naive.machine_cpu_percent, core.machine_cpu_percent),
    ):
        yield _row(label, f"{busy:.0f} %", f"{idle:.0f} %", change(busy, idle))


def _spans(naive: Phase, core: Phase, totals: SpanCounts) -> Iterable[str]:
    yield _row("", "", "", "whole run")
    columns = naive.spans, core.spans, totals
    yield _row("spans created", *(f"{spans.created:,}" for spans in columns))
    yield _row("spans stored", *(f"{spans.stored:,}" for spans in columns))
    yield _row("spans dropped", *(f"{spans.dropped:,}" for spans in columns))


def _row(label: str, naive: str, core: str, last: str = "") -> str:
    return f"{label:<{LABEL}}{naive:>{COLUMN}}{core:>{COLUMN}}{last:>{CHANGE}}".rstrip()


def _failed(failures: int) -> str:
    if failures:
        return f"and {failures:,} requests failed"
    return "and not one request failed: an alert on errors would have stayed silent"
