"""Find the critical path: which spans the end of a trace waited for, and when.

The walk goes backwards from the root's end. A span waited for the child that ended last before the
point that is reached, then for the one that ended last before that child began. The time between
them is the span's own. A child that ran in parallel with a longer one is not on the path.

    root   ├──┤                    ├─┤      own time
      a       ├──────┤                      on the path until b began
      b          ├─────────────────┤        on the path
"""

from collections.abc import Iterator
from dataclasses import dataclass

from tracestore.pages._waterfall import Children, WaterfallSpan


@dataclass(frozen=True, slots=True)
class PathSegment:
    """Assign a stretch of time to one span."""

    span: WaterfallSpan
    start_nano: int
    end_nano: int


@dataclass(slots=True)
class _Frame:
    """Hold a span on the walk: the time that is left of it, and its other children."""

    span: WaterfallSpan
    start_nano: int
    reached_nano: int
    children: Iterator[WaterfallSpan]


def critical_path(root: WaterfallSpan, children: Children) -> list[PathSegment]:
    """Return the segments that fill the root's time, from the last to the first."""
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
