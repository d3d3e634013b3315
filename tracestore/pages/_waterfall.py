"""Lay out a trace's spans as the rows of a waterfall.

An N+1 is hundreds of equal statements, one after another. A row for each would bury the trace;
folded into one row they are the first thing that a reader sees:

    GET /success-stories                           ████████████████████████████████
      SELECT clinic                                ▏
      SELECT appointment                            ▎
      SELECT cat × 51 · 192 ms · 10.1 %             ▐▐▐▐▐▐▐▐▐     (opens into 51 rows)
      SELECT appointment                                     ▎
      SELECT cat × 48 · 180 ms · 9.5 %                        ▐▐▐▐▐▐▐▐▐

A run is RUN_LENGTH or more siblings of the same service, name and statement text, next to each
other in order of their start. A pool's `connect` spans have no statement: they neither count nor
break a run, and fold among themselves.

The usual N+1 has two loops, which break it into many runs. The folding "alike", the default of the
page, makes one row of equal siblings wherever they are, with or without a statement (HTTP calls
repeat too):

    GET /success-stories                           ████████████████████████████████
      SELECT clinic                                ▏
      SELECT appointment × 10 · 24 ms · 1.3 %       ▎        ▎        ▎        ▎
      SELECT cat × 480 · 1.90 s · 83 %              ▐▐▐▐▐▐▐▐ ▐▐▐▐▐▐▐▐ ▐▐▐▐▐▐▐▐ ▐▐▐
"""

import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Folding = Literal["alike", "runs", "none"]
FOLDINGS: tuple[Folding, ...] = ("alike", "runs", "none")
RUN_LENGTH = 5


@dataclass(frozen=True, slots=True)
class WaterfallSpan:
    """Hold what the waterfall needs of a span; `statement` is None if the span has none."""

    span_id: str
    parent_span_id: str
    service: str
    name: str
    start_nano: int
    end_nano: int
    statement: str | None = None
    is_error: bool = False

    @property
    def duration_nano(self) -> int:
        return max(self.end_nano - self.start_nano, 0)

    @property
    def is_connect(self) -> bool:
        return self.name == "connect" and self.statement is None


@dataclass(frozen=True, slots=True)
class SpanRow:
    """Show one span."""

    span: WaterfallSpan
    depth: int


@dataclass(frozen=True, slots=True)
class RunRow:
    """Show a run as one row; `rows` are those that it opens into."""

    members: tuple[WaterfallSpan, ...]
    rows: tuple[SpanRow, ...]
    depth: int

    @property
    def name(self) -> str:
        return self.members[0].name

    @property
    def service(self) -> str:
        return self.members[0].service

    @property
    def statement(self) -> str | None:
        return self.members[0].statement

    @property
    def count(self) -> int:
        return len(self.members)

    @property
    def total_nano(self) -> int:
        return sum(span.duration_nano for span in self.members)

    @property
    def error_count(self) -> int:
        return sum(span.is_error for span in self.members)


Row = SpanRow | RunRow


@dataclass(frozen=True, slots=True)
class Waterfall:
    """Hold a laid-out trace. Its times enclose all spans; shares are of the root's duration."""

    rows: tuple[Row, ...]
    children: "Children"
    root: WaterfallSpan
    start_nano: int
    end_nano: int

    @property
    def duration_nano(self) -> int:
        return max(self.end_nano - self.start_nano, 0)

    def share(self, nano: int) -> float:
        """Return a duration as a share of the root's; above 1 if spans ran in parallel."""
        return nano / (self.root.duration_nano or self.duration_nano or 1)


def lay_out(spans: Sequence[WaterfallSpan], folding: Folding = "runs") -> Waterfall:
    """Order a trace's spans (at least one) into rows: parents before children, equals folded."""
    children, tops = children_of(spans)
    return Waterfall(
        rows=tuple(_rows(tops, children, folding)),
        children=children,
        root=tops[0],
        start_nano=min(span.start_nano for span in spans),
        end_nano=max(max(span.end_nano, span.start_nano) for span in spans),
    )


Children = Mapping[str, Sequence[WaterfallSpan]]


def children_of(spans: Sequence[WaterfallSpan]) -> tuple[Children, list[WaterfallSpan]]:
    """Return the children by parent, and the top spans: roots, then orphans, by start.

    Spans that are parents of one another in a circle have no top: the earliest becomes one.
    """
    ids = {span.span_id for span in spans}
    children: dict[str, list[WaterfallSpan]] = defaultdict(list)
    tops = []
    for span in sorted(spans, key=lambda span: (span.start_nano, -span.end_nano, span.span_id)):
        if span.parent_span_id in ids:
            children[span.parent_span_id].append(span)
        else:
            tops.append(span)
    tops.sort(key=lambda span: (bool(span.parent_span_id), span.start_nano))
    reached = {row.span.span_id for row in _plain_rows(tops, children, depth=0)}
    for span in sorted(spans, key=lambda span: span.start_nano):
        if span.span_id not in reached:
            children[span.parent_span_id].remove(span)
            tops.append(span)
            reached.update(row.span.span_id for row in _plain_rows([span], children, depth=0))
    return children, tops


def _rows(tops: Sequence[WaterfallSpan], children: Children, folding: Folding) -> Iterator[Row]:
    """Yield rows depth first, without recursion: a chain of calls may be thousands deep."""
    todo: list[Iterator[tuple[WaterfallSpan, ...]]] = [_fold_tops(tops, folding)]
    while todo:
        group = next(todo[-1], None)
        if group is None:
            todo.pop()
            continue
        depth = len(todo) - 1
        if len(group) > 1:
            yield RunRow(group, tuple(_plain_rows(group, children, depth=depth + 1)), depth)
        else:
            yield SpanRow(group[0], depth)
            todo.append(iter(fold(children.get(group[0].span_id, ()), folding)))


def _fold_tops(
    tops: Sequence[WaterfallSpan], folding: Folding
) -> Iterator[tuple[WaterfallSpan, ...]]:
    """Fold the top spans; orphans are siblings only if they miss the same parent."""
    siblings: dict[str, list[WaterfallSpan]] = defaultdict(list)
    for span in tops:
        siblings[span.parent_span_id].append(span)
    for spans in siblings.values():
        yield from fold(spans, folding)


def _plain_rows(
    tops: Sequence[WaterfallSpan], children: Children, *, depth: int
) -> Iterator[SpanRow]:
    todo = [iter(tops)]
    while todo:
        span = next(todo[-1], None)
        if span is None:
            todo.pop()
            continue
        yield SpanRow(span, depth + len(todo) - 1)
        todo.append(iter(children.get(span.span_id, ())))


def fold(
    siblings: Sequence[WaterfallSpan], folding: Folding = "runs"
) -> list[tuple[WaterfallSpan, ...]]:
    """Group siblings, in order of their start: RUN_LENGTH or more equals, or single spans."""
    if folding == "none":
        return [(span,) for span in siblings]
    groups = _alike(siblings) if folding == "alike" else _runs(siblings)
    split = (
        [group] if len(group) >= RUN_LENGTH else [(span,) for span in group] for group in groups
    )
    return sorted(itertools.chain.from_iterable(split), key=lambda group: group[0].start_nano)


def _runs(siblings: Sequence[WaterfallSpan]) -> Iterator[tuple[WaterfallSpan, ...]]:
    connects = tuple(span for span in siblings if span.is_connect)
    if connects:
        yield connects
    others = (span for span in siblings if not span.is_connect)
    for _, group in itertools.groupby(others, key=_run_key):
        yield tuple(group)


def _alike(siblings: Sequence[WaterfallSpan]) -> Iterator[tuple[WaterfallSpan, ...]]:
    groups: dict[tuple[str, str, str | None], list[WaterfallSpan]] = defaultdict(list)
    for span in siblings:
        groups[span.service, span.name, span.statement].append(span)
    for group in groups.values():
        yield tuple(group)


def _run_key(span: WaterfallSpan) -> tuple[str, ...]:
    if span.statement is None:
        return ("", span.span_id)  # equal to nothing else
    return (span.service, span.name, span.statement)
