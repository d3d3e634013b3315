"""Add up the distinct statements of a trace.

An N+1 of two levels is not one run in the waterfall but many: a statement of the outer loop stands
between the runs of the inner one. Here they are one line.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tracestore.pages._waterfall import RUN_LENGTH, WaterfallSpan


@dataclass(frozen=True, slots=True)
class Statement:
    """Add up the spans of a trace with the same service, name and statement text."""

    service: str
    name: str
    text: str
    count: int
    total_nano: int


def distinct_statements(spans: Iterable[WaterfallSpan]) -> list[Statement]:
    """Return each distinct statement with its count and total time, the longest first."""
    durations: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for span in spans:
        if span.statement is not None:
            durations[span.service, span.name, span.statement].append(span.duration_nano)
    statements = [
        Statement(*key, count=len(nanos), total_nano=sum(nanos)) for key, nanos in durations.items()
    ]
    return sorted(statements, key=lambda s: (-s.total_nano, s.service, s.name, s.text))


@dataclass(frozen=True, slots=True)
class Repetition:
    """Describe a statement that one span sent several times."""

    statement: Statement
    parent: str  # the name of that span; empty if the span is missing

    @property
    def mean_nano(self) -> int:
        return self.statement.total_nano // self.statement.count


def find_repetitions(spans: Sequence[WaterfallSpan]) -> list[Repetition]:
    """Return the statements that are repeated below one parent, the longest first.

    The page's headline shows one if the detector finds no fault, as with a loader's chunks.
    """
    names = {span.span_id: span.name for span in spans}
    by_parent: dict[str, list[WaterfallSpan]] = defaultdict(list)
    for span in spans:
        if span.statement is not None:
            by_parent[span.parent_span_id].append(span)
    found = [
        Repetition(statement, names.get(parent, ""))
        for parent, children in by_parent.items()
        for statement in distinct_statements(children)
        if statement.count >= RUN_LENGTH
    ]
    return sorted(found, key=lambda repetition: -repetition.statement.total_nano)
