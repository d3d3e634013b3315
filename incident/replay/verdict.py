"""Whether the incident and its fix were seen in the spans; pure.

The numbers of spans are judged, as they are the same on every machine. CPU is only warned about.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from incident.replay.measure import Phase, SpanCounts

INCIDENT_DB_SPANS = 200
FIXED_DB_SPANS = 3
BUSY_CPU_PERCENT = 60


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why the run does not show what it should, if so, and what else to know about it."""

    reasons: Sequence[str]
    warnings: Sequence[str]

    @property
    def exit_code(self) -> int:
        return 1 if self.reasons else 0


def judge(naive: Phase, core: Phase, *, totals: SpanCounts, disagreements: int) -> Verdict:
    """Judge a run by its spans; `disagreements` are traces counted differently on both ends."""
    return Verdict(
        [
            *_wrong_number_of_db_spans(naive, core),
            *_lost_spans(naive, core, totals),
            *_disagreements(disagreements),
        ],
        [*_idle(naive), *_failures(naive, core)],
    )


def _wrong_number_of_db_spans(naive: Phase, core: Phase) -> list[str]:
    reasons = []
    if (seen := naive.db_spans_per_trace.p50) < INCIDENT_DB_SPANS:
        reasons.append(
            f"naive left {seen:g} DB spans per request at the median; "
            f"the incident has at least {INCIDENT_DB_SPANS}."
        )
    if (seen := core.db_spans_per_trace.p50) > FIXED_DB_SPANS:
        reasons.append(
            f"core left {seen:g} DB spans per request at the median; "
            f"fixed means at most {FIXED_DB_SPANS}."
        )
    return reasons


def _lost_spans(naive: Phase, core: Phase, totals: SpanCounts) -> list[str]:
    counted = {"under naive": naive.spans, "under core": core.spans, "in the whole run": totals}
    return [
        f"{spans.created:,} spans were created {when}, {spans.stored:,} stored and "
        f"{spans.dropped:,} dropped; all should have been stored."
        for when, spans in counted.items()
        if spans.created != spans.stored or spans.dropped
    ]


def _disagreements(traces: int) -> list[str]:
    if not traces:
        return []
    return [
        f"{traces:,} traces hold another number of DB spans than the service counted statements."
    ]


def _idle(naive: Phase) -> list[str]:
    if (cpu := naive.service_cpu_percent_of_core) >= BUSY_CPU_PERCENT:
        return []
    return [
        f"The service used {cpu:.0f} % of a core under naive, where the incident keeps one busy: "
        "is something else using this machine, or are there too few --users?"
    ]


def _failures(*phases: Phase) -> list[str]:
    return [
        f"{phase.failures:,} of {phase.requests:,} requests failed under {phase.name}."
        for phase in phases
        if phase.failures
    ]
