"""Draw the waterfall of one request, with what repeats folded into one row."""

from collections.abc import Iterator, Sequence

from incident.story import events as ev
from incident.story.drawing import Box, Drawing, Look, Shape, Text
from incident.story.words import counted, milliseconds, number

# A trace that does not repeat itself may have thousands of rows; the trace's own page has them all.
MOST_ROWS = 40
ROW_PX, BAR_PX, AXIS_PX = 34, 10, 22
# The least that is seen, as a share of the width.
LEAST_WIDTH = 0.004


def waterfall(trace: ev.Trace) -> Drawing:
    """Return the waterfall of a trace, the time from left to right."""
    bars = trace.bars[:MOST_ROWS]
    left_out = len(trace.bars) - len(bars)
    rows = len(bars) + (1 if left_out else 0)
    return Drawing(
        name=f"waterfall-{trace.which}",
        title=f"Waterfall of a request {trace.which} the fix",
        description=f"{counted(trace.spans, 'span')} in {milliseconds(trace.duration_ms)}. "
        + "; ".join(f"{_name(bar)}, {milliseconds(bar.duration_ms)}" for bar in bars)
        + ("." if bars else ""),
        height=rows * ROW_PX + AXIS_PX,
        shapes=[*_axis(trace, rows), *_rows(trace, bars), *_rest(left_out, len(bars))],
    )


def _axis(trace: ev.Trace, rows: int) -> Iterator[Shape]:
    y = rows * ROW_PX + 14
    yield Text(x=0, y=y, text="0")
    yield Text(x=0.5, y=y, text=milliseconds(trace.duration_ms / 2), anchor="middle")
    yield Text(x=1, y=y, text=milliseconds(trace.duration_ms), anchor="end")


def _rows(trace: ev.Trace, bars: Sequence[ev.Bar]) -> Iterator[Shape]:
    whole_ms = trace.duration_ms or 1
    for row, bar in enumerate(bars):
        top = row * ROW_PX
        start = min(max(bar.start_ms / whole_ms, 0), 1 - LEAST_WIDTH)
        width = min(max(bar.duration_ms / whole_ms, LEAST_WIDTH), 1 - start)
        yield Text(
            x=0,
            y=top + 13,
            dx=12 * min(bar.depth, 8),
            text=_name(bar),
            look="ink",
            bold=bar.count > 1,
        )
        yield Text(x=1, y=top + 13, text=milliseconds(bar.duration_ms), anchor="end")
        yield Box(x=0, y=top + 19, width=1, height=BAR_PX, look="shade")
        look: Look = "db" if bar.is_db else "plain"
        yield Box(x=start, y=top + 19, width=width, height=BAR_PX, look=look)


def _name(bar: ev.Bar) -> str:
    name = bar.name if len(bar.name) <= 36 else f"{bar.name[:35]}…"
    return f"{name} × {number(bar.count)}" if bar.count > 1 else name


def _rest(left_out: int, rows: int) -> Iterator[Shape]:
    if left_out:
        text = f"… and {counted(left_out, 'more row')}, on the page of the trace"
        yield Text(x=0, y=rows * ROW_PX + 13, text=text)
