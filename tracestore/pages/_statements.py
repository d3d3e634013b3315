"""The distinct statements of a trace: what the waterfall's runs come to when added up.

The classic N+1 of two levels is not one run but many: a statement for the outer loop stands
between the runs of the inner one. Here they are one line.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tracestore.pages._waterfall import RUN_LENGTH, WaterfallSpan


@dataclass(frozen=True, slots=True)
class Statement:
    """All spans of a trace with one service, one name and one statement text."""

    service: str
    name: str
    text: str
    count: int
    total_nano: int


def distinct_statements(spans: Iterable[WaterfallSpan]) -> list[Statement]:
    """Each distinct statement with its count and total time, the most time first."""
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
    """One statement that one span has sent again and again."""

    statement: Statement
    parent: str  # the name of that span; empty where it is not there

    @property
    def mean_nano(self) -> int:
        return self.statement.total_nano // self.statement.count


def find_repetitions(spans: Sequence[WaterfallSpan]) -> list[Repetition]:
    """What the page's headline is made of: statements repeated below one parent, longest first.

    The one place where a trace's page asks what is wrong with the trace.
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
