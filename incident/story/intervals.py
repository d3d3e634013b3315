"""Draw predictions and what was measured on one scale: 1 is what was expected."""

import math
from collections.abc import Iterator, Sequence

from incident.story.drawing import Anchor, Box, Dot, Drawing, Line, Look, Shape, Text
from incident.story.outcome import Checked
from incident.story.words import times

ROW_PX, AXIS_PX = 40, 24
LEAST_WIDTH = 0.006
MOST_FACTOR = 1_000


def intervals(checks: Sequence[Checked]) -> Drawing | None:
    """Return each interval with the measured value in or next to it; None without a measurement."""
    shown = [one for one in checks if one.expected.mid > 0 and (one.measured or 0) > 0]
    if not shown:
        return None
    reach = min(MOST_FACTOR, max([2.0, *(value for one in shown for value in _reaches(one))]))
    inside = sum(one.inside is True for one in shown)
    return Drawing(
        name="predictions",
        title="Predictions and measurements",
        description=f"Of {len(shown)} measured values {inside} lie in their interval. "
        + "; ".join(_words(one) for one in shown)
        + ".",
        height=len(shown) * ROW_PX + AXIS_PX,
        shapes=[*_axis(len(shown), reach), *_rows(shown, reach)],
    )


def _reaches(one: Checked) -> Iterator[float]:
    """Yield how far from the middle each end lies, as a factor of at least 1."""
    for value in (one.expected.low, one.expected.high, one.measured):
        if value:
            yield max(value / one.expected.mid, one.expected.mid / value)


def _x(factor: float, reach: float) -> float:
    share = math.log(factor) / math.log(reach) if factor > 0 else -1
    return 0.5 + 0.47 * max(-1, min(1, share))


def _words(one: Checked) -> str:
    where = "in the interval" if one.inside else "outside of the interval"
    return f"{one.strategy}, {one.measure.label}: {where}"


def _axis(rows: int, reach: float) -> Iterator[Shape]:
    bottom = rows * ROW_PX
    for factor, text in (
        (1 / reach, f"1/{times(reach)}"),
        (1.0, "as expected"),
        (reach, f"{times(reach)} times"),
    ):
        x = _x(factor, reach)
        yield Line(points=[(x, 0), (x, bottom)], look="grid")
        anchor: Anchor = "middle" if factor == 1 else "start" if factor < 1 else "end"
        yield Text(x=x, y=bottom + 16, text=text, anchor=anchor)


def _rows(shown: Sequence[Checked], reach: float) -> Iterator[Shape]:
    for row, one in enumerate(shown):
        top, mid = row * ROW_PX, one.expected.mid
        low, high = _x(one.expected.low / mid, reach), _x(one.expected.high / mid, reach)
        yield Text(x=0, y=top + 13, text=f"{one.strategy}: {one.measure.label}", look="ink")
        width = max(high - low, LEAST_WIDTH)
        yield Box(x=(low + high - width) / 2, y=top + 20, width=width, height=12, look="band")
        look: Look = "plain" if one.inside else "bad"
        measured = (one.measured or 0) / mid
        yield Dot(x=_x(measured, reach), y=top + 26, look=look, hollow=not one.inside)
