"""The waterfall's rows: pure functions from spans to what the page draws.

An N+1 is hundreds of equal statements, one after the other. Drawn one a row they bury the trace;
folded into a row of their own they are the first thing that is seen:

    GET /success-stories                           ████████████████████████████████
      SELECT clinic                                ▏
      SELECT appointment                            ▎
      SELECT cat × 51 · 192 ms · 10.1 %             ▐▐▐▐▐▐▐▐▐     (opens into 51 rows)
      SELECT appointment                                     ▎
      SELECT cat × 48 · 180 ms · 9.5 %                        ▐▐▐▐▐▐▐▐▐

A run is RUN_LENGTH or more siblings, next to each other in order of their start, of one service,
one name and one statement text. A pool's `connect` spans carry no statement: they neither count
nor break a run, and are folded among themselves.
"""

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

RUN_LENGTH = 5

# Segments of a bar that are closer than this share of the trace are drawn as one.
_MIN_GAP = 0.002


@dataclass(frozen=True, slots=True)
class WaterfallSpan:
    """What the waterfall needs of a span; `statement` is None for what is no statement."""

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
    """A row of one span."""

    span: WaterfallSpan
    depth: int


@dataclass(frozen=True, slots=True)
class RunRow:
    """A row that stands for a run; `rows` are what it opens into."""

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
    """A trace laid out. The times span all spans; shares are of the root's duration."""

    rows: tuple[Row, ...]
    root: WaterfallSpan
    start_nano: int
    end_nano: int

    @property
    def duration_nano(self) -> int:
        return max(self.end_nano - self.start_nano, 0)

    def share(self, nano: int) -> float:
        """A duration as a share of the root's; above 1 where spans ran side by side."""
        return nano / (self.root.duration_nano or self.duration_nano or 1)

    def segments(self, spans: Iterable[WaterfallSpan]) -> list[tuple[float, float]]:
        """Where the spans lie on the time axis, as (start, width) from 0 to 1."""
        length = self.duration_nano or 1
        merged: list[list[float]] = []
        for span in sorted(spans, key=lambda span: span.start_nano):
            start = (span.start_nano - self.start_nano) / length
            end = start + span.duration_nano / length
            if merged and start - merged[-1][1] < _MIN_GAP:
                merged[-1][1] = max(merged[-1][1], end)
            else:
                merged.append([start, end])
        return [(start, end - start) for start, end in merged]


def lay_out(spans: Sequence[WaterfallSpan]) -> Waterfall:
    """Order a trace's spans (at least one) into rows, parents before children, runs folded."""
    children, tops = _children(spans)
    return Waterfall(
        rows=tuple(_rows(tops, children)),
        root=tops[0],
        start_nano=min(span.start_nano for span in spans),
        end_nano=max(max(span.end_nano, span.start_nano) for span in spans),
    )


Children = Mapping[str, Sequence[WaterfallSpan]]


def _children(spans: Sequence[WaterfallSpan]) -> tuple[Children, list[WaterfallSpan]]:
    """Children by parent, and the spans to begin with: roots, then orphans, by start.

    Parents that form a circle hang on nothing: the circle is cut before its earliest span.
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


def _rows(tops: Sequence[WaterfallSpan], children: Children) -> Iterator[Row]:
    """Depth first without recursion: a chain of calls may be thousands deep."""
    todo: list[Iterator[tuple[WaterfallSpan, ...]]] = [_fold_tops(tops)]
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
            todo.append(iter(fold(children.get(group[0].span_id, ()))))


def _fold_tops(tops: Sequence[WaterfallSpan]) -> Iterator[tuple[WaterfallSpan, ...]]:
    """Orphans are siblings only where they miss the same parent."""
    siblings: dict[str, list[WaterfallSpan]] = defaultdict(list)
    for span in tops:
        siblings[span.parent_span_id].append(span)
    for spans in siblings.values():
        yield from fold(spans)


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


def fold(siblings: Sequence[WaterfallSpan]) -> list[tuple[WaterfallSpan, ...]]:
    """Siblings, in order of their start, as groups: runs of RUN_LENGTH or more, else single."""
    connects = [span for span in siblings if span.is_connect]
    others = (span for span in siblings if not span.is_connect)
    groups = [tuple(connects)] if connects else []
    groups += [tuple(group) for _, group in itertools.groupby(others, key=_run_key)]
    split = (
        [group] if len(group) >= RUN_LENGTH else [(span,) for span in group] for group in groups
    )
    return sorted(itertools.chain.from_iterable(split), key=lambda group: group[0].start_nano)


def _run_key(span: WaterfallSpan) -> tuple[str, ...]:
    if span.statement is None:
        return ("", span.span_id)  # equal to nothing else
    return (span.service, span.name, span.statement)
