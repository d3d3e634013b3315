"""The critical path: which spans a trace's end has waited for, and when.

Walked backwards from the root's end: of a span's children the one that ended last, before the
point that is reached, was waited for; then the one that ended last before that one began. What
lies between them is the span's own. A child that ran beside a longer one is not on the path.

    root   ├──┤                    ├─┤      own time
      a       ├──────┤                      waited for
      b          ├─────────────────┤        ended later: it is, and a only until b began
"""

from collections.abc import Iterator
from dataclasses import dataclass

from tracestore.pages._waterfall import Children, WaterfallSpan


@dataclass(frozen=True, slots=True)
class PathSegment:
    """A stretch of time that belongs to one span."""

    span: WaterfallSpan
    start_nano: int
    end_nano: int


@dataclass(slots=True)
class _Frame:
    """A span that is being walked: what of it is still to be told, and its children."""

    span: WaterfallSpan
    start_nano: int
    reached_nano: int
    children: Iterator[WaterfallSpan]


def critical_path(root: WaterfallSpan, children: Children) -> list[PathSegment]:
    """The segments that lead to the root's end, from the last to the first; they fill it."""
    segments: list[PathSegment] = []
    stack = [_frame(root, root.start_nano, max(root.end_nano, root.start_nano), children)]
    while stack:
        frame = stack[-1]
        child = next(frame.children, None)
        if child is None:
            _add(segments, frame.span, frame.start_nano, frame.reached_nano)
            stack.pop()
            continue
        start = max(child.start_nano, frame.start_nano)
        if start < child.end_nano <= frame.reached_nano:
            _add(segments, frame.span, child.end_nano, frame.reached_nano)
            frame.reached_nano = start
            stack.append(_frame(child, start, child.end_nano, children))
    return segments


def _frame(span: WaterfallSpan, start: int, end: int, children: Children) -> _Frame:
    last_first = sorted(children.get(span.span_id, ()), key=lambda child: -child.end_nano)
    return _Frame(span, start, end, iter(last_first))


def _add(segments: list[PathSegment], span: WaterfallSpan, start: int, end: int) -> None:
    if start < end:
        segments.append(PathSegment(span, start, end))
