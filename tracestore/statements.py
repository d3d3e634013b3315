"""The distinct statements of a trace: what the waterfall's runs come to when added up.

The classic N+1 of two levels is not one run but many: a statement for the outer loop stands
between the runs of the inner one. Here they are one line.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from tracestore.waterfall import WaterfallSpan


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
