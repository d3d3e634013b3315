"""Judge whether the incident and its fix were seen in the spans; pure.

The numbers of spans are judged, as they are the same on every machine. CPU is only warned about.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from incident.replay.measure import Phase, SpanCounts

# DB spans of a request at the median: of an incident, and after its fix.
LEAST_BEFORE = 200
MOST_AFTER = 3
BUSY_CPU_PERCENT = 60


@dataclass(frozen=True, slots=True)
class Verdict:
    """Hold why a run does not show what it should, and what else to know about it."""

    reasons: Sequence[str]
    warnings: Sequence[str]

    @property
    def exit_code(self) -> int:
        return 1 if self.reasons else 0


def judge(before: Phase, after: Phase, *, totals: SpanCounts, disagreements: int) -> Verdict:
    """Judge a run by its spans; `disagreements` are traces counted differently on both ends."""
    return Verdict(
        [
            *_wrong_number_of_db_spans(before, after),
            *_lost_spans(before, after, totals),
            *_disagreements(disagreements),
        ],
        [*_idle(before), *_failures(before, after)],
    )


def _wrong_number_of_db_spans(before: Phase, after: Phase) -> list[str]:
    reasons = []
    if (seen := before.db_spans_per_trace.p50) < LEAST_BEFORE:
        reasons.append(
            f"{before.strategy} left {seen:g} DB spans per request at the median; "
            f"the incident has at least {LEAST_BEFORE}."
        )
    if (seen := after.db_spans_per_trace.p50) > MOST_AFTER:
        reasons.append(
            f"{after.strategy} left {seen:g} DB spans per request at the median; "
            f"a fix leaves at most {MOST_AFTER}."
        )
    return reasons


def _lost_spans(before: Phase, after: Phase, totals: SpanCounts) -> list[str]:
    counted = (
        (f"under {before.strategy}", before.spans),
        (f"under {after.strategy}", after.spans),
        ("in the whole run", totals),
    )
    return [
        f"{spans.created:,} spans were created {when}, {spans.stored:,} stored and "
        f"{spans.dropped:,} dropped; all should have been stored."
        for when, spans in counted
        if spans.created != spans.stored or spans.dropped
    ]


def _disagreements(traces: int) -> list[str]:
    if not traces:
        return []
    return [f"{traces:,} traces hold more or fewer DB spans than the service counted statements."]


def _idle(phase: Phase) -> list[str]:
    cpu = phase.service_cpu_percent_of_core
    if cpu is None or cpu >= BUSY_CPU_PERCENT:
        return []
    return [
        f"The service used {cpu:.0f} % of a core under {phase.strategy}, where the incident keeps "
        "one busy: is something else using this machine, or are there too few --users?"
    ]


def _failures(*phases: Phase) -> list[str]:
    return [
        f"{phase.failures:,} of {phase.requests:,} requests failed under {phase.strategy}."
        for phase in phases
        if phase.failures
    ]
