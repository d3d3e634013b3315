"""Compare two traces: what there is more of, what vanished, what is new.

Ids and times differ between requests, so spans are compared in kinds: statements by their text,
other spans by their name, each within its service.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from tracestore.pages._waterfall import WaterfallSpan, lay_out

# Service, name, and the text of a statement.
Kind = tuple[str, str, str | None]
Change = Literal["vanished", "new", "fewer", "more", "same"]


@dataclass(frozen=True, slots=True)
class Amount:
    """Count the spans of a kind, and add up their time."""

    count: int = 0
    total_nano: int = 0


@dataclass(frozen=True, slots=True)
class Difference:
    """Compare one kind of span; `statement` is None for spans that are not statements."""

    service: str
    name: str
    statement: str | None
    before: Amount
    after: Amount

    @property
    def change(self) -> Change:
        if not self.after.count:
            return "vanished"
        if not self.before.count:
            return "new"
        if self.after.count == self.before.count:
            return "same"
        return "fewer" if self.after.count < self.before.count else "more"


@dataclass(frozen=True, slots=True)
class Side:
    """Sum up one trace."""

    service: str
    name: str
    start_nano: int
    duration_nano: int
    span_count: int
    statement_count: int
    distinct_count: int
    error_count: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """Hold both traces and their differences, those with the most time first."""

    before: Side
    after: Side
    services: Sequence[Difference]
    statements: Sequence[Difference]
    spans: Sequence[Difference]

    @property
    def times_faster(self) -> float:
        """Return the first duration divided by the second; below 1 if the second is slower."""
        return self.before.duration_nano / (self.after.duration_nano or 1)

    @property
    def is_worse(self) -> bool:
        """Tell whether the second trace sends more statements, or takes longer.

        Only then is a new statement a warning: a fix is often one statement in place of many.
        """
        return self.after.statement_count > self.before.statement_count or self.times_faster < 0.95

    @property
    def most_repeated(self) -> Difference | None:
        """Return the statement that the first trace repeats most and the second repeats less."""
        repeated = [
            difference
            for difference in self.statements
            if difference.before.count > 1 and difference.after.count < difference.before.count
        ]
        return max(repeated, key=lambda difference: difference.before.count, default=None)

    @property
    def longest_nano(self) -> int:
        """Return the longest total of any kind, the full length of a bar."""
        amounts = (
            amount.total_nano
            for difference in (*self.statements, *self.spans)
            for amount in (difference.before, difference.after)
        )
        return max(amounts, default=0) or 1


def compare(before: Sequence[WaterfallSpan], after: Sequence[WaterfallSpan]) -> Comparison:
    """Compare the spans of two traces, each of at least one span."""
    sides = [[_statements(spans), _others(spans)] for spans in (before, after)]
    return Comparison(
        before=_side(before),
        after=_side(after),
        services=_differences(before, after, lambda span: (span.service, "", None)),
        statements=_differences(sides[0][0], sides[1][0], _kind),
        spans=_differences(sides[0][1], sides[1][1], _kind),
    )


def _kind(span: WaterfallSpan) -> Kind:
    return span.service, span.name, span.statement


def _statements(spans: Sequence[WaterfallSpan]) -> list[WaterfallSpan]:
    return [span for span in spans if span.statement is not None]


def _others(spans: Sequence[WaterfallSpan]) -> list[WaterfallSpan]:
    return [span for span in spans if span.statement is None]


def _side(spans: Sequence[WaterfallSpan]) -> Side:
    waterfall = lay_out(spans, "none")
    statements = _statements(spans)
    return Side(
        service=waterfall.root.service,
        name=waterfall.root.name,
        start_nano=waterfall.root.start_nano,
        duration_nano=waterfall.root.duration_nano or waterfall.duration_nano,
        span_count=len(spans),
        statement_count=len(statements),
        distinct_count=len({_kind(span) for span in statements}),
        error_count=sum(span.is_error for span in spans),
    )


def _differences(
    before: Sequence[WaterfallSpan],
    after: Sequence[WaterfallSpan],
    key: Callable[[WaterfallSpan], Kind],
) -> list[Difference]:
    amounts = [_amounts(spans, key) for spans in (before, after)]
    differences = [
        Difference(*kind, amounts[0].get(kind, Amount()), amounts[1].get(kind, Amount()))
        for kind in dict.fromkeys([*amounts[0], *amounts[1]])
    ]
    return sorted(differences, key=lambda d: -max(d.before.total_nano, d.after.total_nano))


def _amounts(
    spans: Sequence[WaterfallSpan], key: Callable[[WaterfallSpan], Kind]
) -> dict[Kind, Amount]:
    counts = Counter(key(span) for span in spans)
    totals: dict[Kind, int] = defaultdict(int)
    for span in spans:
        totals[key(span)] += span.duration_nano
    return {kind: Amount(count, totals[kind]) for kind, count in counts.items()}
