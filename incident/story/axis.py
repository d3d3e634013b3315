"""Draw what curves stand on: their axes, the phases behind them, and the marks of what happened."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from incident.story.drawing import Anchor, Box, Line, Look, Room, Shape, Text
from incident.story.story import Story
from incident.story.words import clock

NAMES_Y, TOP = 30, 38
TICK_STEPS_S = (5, 10, 30, 60, 120, 300, 600, 1800, 3600)
MOST_TICKS = 7
# Pixels per letter, and what a phase's name has room in: a page that is not wide, and a phone.
LETTER_PX, WIDE_PX, NARROW_PX = 7.5, 640, 350
_ROUND = (1, 2, 2.5, 3, 4, 5, 6, 8, 10)


@dataclass(frozen=True, slots=True)
class Axis:
    """Place values at heights: 0 at the bottom of a linear axis, a power of ten on another."""

    low: float
    high: float
    height: float
    write: Callable[[float], str]
    log: bool = False

    def y(self, value: float) -> float:
        """Return how far from the top a value is drawn."""
        if self.log:
            share = math.log(max(value, self.low) / self.low) / math.log(self.high / self.low)
        else:
            share = value / self.high
        return TOP + self.height * (1 - min(1, share))

    def ticks(self) -> list[float]:
        """Return the values that have a line across."""
        if self.log:
            decades = round(math.log10(self.high / self.low))
            return [self.low * 10**power for power in range(decades + 1)]
        return [0, self.high / 2, self.high]


def round_up(value: float) -> float:
    """Return the next value at which an axis may end."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in _ROUND if step * power >= value * 0.999)


def phases(story: Story, axis: Axis, whole_s: float) -> Iterator[Shape]:
    """Yield the shades and the names of the phases."""
    for index, seen in enumerate(story.phases if not story.standing else ()):
        begun = seen.begun.at_s / whole_s
        width = (whole_s if seen.ended_s is None else seen.ended_s) / whole_s - begun
        if index % 2 == 0:
            height = axis.height + TOP - NAMES_Y + 12
            yield Box(x=begun, y=NAMES_Y - 12, width=width, height=height, look="shade")
        middle, name, short = begun + width / 2, seen.begun.title, str(index + 1)
        if width * WIDE_PX < len(name) * LETTER_PX:
            name = short
        if width * WIDE_PX >= len(name) * LETTER_PX:
            yield Text(x=middle, y=NAMES_Y, text=name, anchor="middle", room="wide")
        if width * NARROW_PX >= len(short) * LETTER_PX:
            yield Text(x=middle, y=NAMES_Y, text=short, anchor="middle", room="narrow")


def grid(axis: Axis, whole_s: float) -> Iterator[Shape]:
    """Yield the lines across, and the minutes below."""
    for value in axis.ticks():
        yield Line(points=[(0, axis.y(value)), (1, axis.y(value))], look="grid")
    step_s = next((one for one in TICK_STEPS_S if whole_s / one <= MOST_TICKS), whole_s)
    for tick in range(int(whole_s // step_s) + 1):
        at = tick * step_s / whole_s
        anchor: Anchor = "start" if at == 0 else "end" if at > 0.97 else "middle"
        yield Text(x=at, y=TOP + axis.height + 14, text=clock(tick * step_s), anchor=anchor)


def values(axis: Axis) -> Iterator[Shape]:
    """Yield the values of the lines across."""
    # Within the drawing, above its lines: the left margin of a phone is needed for the curve.
    # The highest stands below its line: above is the name of the phase.
    *others, highest = axis.ticks()[0 if axis.log else 1 :]
    for value in others:
        yield Text(x=0, y=axis.y(value) - 3, dx=2, text=axis.write(value))
    yield Text(x=0, y=axis.y(highest) + 12, dx=2, text=axis.write(highest))


def marks(story: Story, axis: Axis, whole_s: float) -> Iterator[Shape]:
    """Yield a line for each switch and each alert."""
    bottom = TOP + axis.height
    for index, switch in enumerate(story.switches):
        at = switch.at_s / whole_s
        yield Line(points=[(at, TOP), (at, bottom)], look="ink", dashed=True)
        if axis.log:
            # Neighbours stand on lines of their own.
            text, y = f"{switch.what} {switch.now}", bottom - 6 - index % 3 * 14
            yield _mark_text(at, y, text, "ink", room="wide")
    for alert in story.alerts:
        at = alert.at_s / whole_s
        yield Line(points=[(at, TOP), (at, bottom)], look="bad", thick=2)
        if axis.log:
            text = "alert" if alert.firing else "alert over"
            yield _mark_text(at, bottom - 50, text, "bad", room="any")


def _mark_text(at: float, y: float, text: str, look: Look, *, room: Room) -> Text:
    late = at > 0.85
    return Text(
        x=at,
        y=y,
        text=text,
        look=look,
        anchor="end" if late else "start",
        dx=-4 if late else 4,
        room=room,
    )
