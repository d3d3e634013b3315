"""Draw how the figures of a replay went: latency, requests, SQL and CPU along one time axis."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from incident.story import events as ev
from incident.story.drawing import Anchor, Box, Drawing, Line, Look, Room, Shape, Text
from incident.story.story import Story
from incident.story.words import clock, milliseconds, number

# A curve has at most so many points: more are not seen, and a live page draws them again and again.
MOST_POINTS = 240
LEAST_SECONDS = 10.0
LEGEND_Y, NAMES_Y, TOP = 12, 30, 38
AXIS_HEIGHT = 20
TICK_STEPS_S = (5, 10, 30, 60, 120, 300, 600, 1800, 3600)
MOST_TICKS = 7
# Pixels per letter, and what a phase's name has room in: a page that is not wide, and a phone.
LETTER_PX, WIDE_PX, NARROW_PX = 7.5, 640, 350

Value = Callable[[ev.Sample], float | None]


@dataclass(frozen=True, slots=True)
class Curve:
    """Say what of a sample is drawn, how it looks, and what it is called."""

    label: str
    value: Value
    look: Look
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Axis:
    """Map values to heights: 0 at the bottom of a linear axis, a power of ten on a logarithmic."""

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


LATENCY = (
    Curve("p95", lambda one: one.p95_ms, "p95"),
    Curve("p50", lambda one: one.p50_ms, "p50"),
    Curve("/healthz", lambda one: one.healthz_ms, "health", dashed=True),
)
RATE = (Curve("requests/s", lambda one: one.requests_per_second, "plain"),)
SQL = (Curve("SQL statements per minute", lambda one: one.sql_per_minute, "plain"),)
CPU = (
    Curve("service, % of a core", lambda one: one.service_cpu_percent_of_core, "p50"),
    Curve("machine, %", lambda one: one.machine_cpu_percent, "health", dashed=True),
)


def curves(story: Story) -> list[Drawing]:
    """Return the curves so far; none without a sample."""
    if not story.samples:
        return []
    return [
        _drawing(story, "latency", "How long an answer takes", LATENCY, _log_axis(story)),
        _drawing(story, "requests", "Requests answered each second", RATE, _axis(story, RATE)),
        _drawing(story, "sql", "SQL statements each minute", SQL, _axis(story, SQL)),
        _drawing(story, "cpu", "How busy the processors are", CPU, _axis(story, CPU, least=100)),
    ]


def end_s(story: Story) -> float:
    """Return the moment at which the time axis ends."""
    return max(story.now_s, LEAST_SECONDS)


def _drawing(story: Story, name: str, title: str, drawn: Sequence[Curve], axis: Axis) -> Drawing:
    whole_s = end_s(story)
    return Drawing(
        name=name,
        title=title,
        description=_description(story, drawn, axis),
        height=TOP + axis.height + AXIS_HEIGHT,
        shapes=[
            *_phases(story, axis, whole_s),
            *_grid(axis, whole_s),
            *_marks(story, axis, whole_s),
            *(line for curve in drawn for line in _curve(story, curve, axis, whole_s)),
            *_values(axis),
            *_legend(drawn),
        ],
    )


def _description(story: Story, drawn: Sequence[Curve], axis: Axis) -> str:
    parts = []
    for curve in drawn:
        values = [value for one in story.samples if (value := curve.value(one)) is not None]
        if values:
            low, high, last = (
                axis.write(value) for value in (min(values), max(values), values[-1])
            )
            parts.append(f"{curve.label}: from {low} to {high}, {last} at the end")
    return f"{clock(story.now_s)} minutes. {'; '.join(parts) or 'No value yet'}."


def _log_axis(story: Story) -> Axis:
    values = [
        value
        for one in story.samples
        for curve in LATENCY
        if (value := curve.value(one)) is not None and value > 0
    ] or [1.0]
    low = math.floor(math.log10(max(min(values), 0.1)))
    high = max(low + 1, math.ceil(math.log10(max(values))))
    return Axis(10.0**low, 10.0**high, 180, _tick_ms, log=True)


def _tick_ms(value: float) -> str:
    # 1,000 ms is 1 s on an axis, and 1.00 s in a table.
    return milliseconds(value).replace(".00 s", " s").replace(".0 s", " s").replace(".0 ms", " ms")


def _axis(story: Story, drawn: Sequence[Curve], *, least: float = 1) -> Axis:
    highest = max(
        (value for one in story.samples for curve in drawn if (value := curve.value(one))),
        default=0,
    )
    return Axis(0, _round_up(max(highest, least)), 84, number)


def _round_up(value: float) -> float:
    power = 10.0 ** math.floor(math.log10(value))
    return next(
        step * power for step in (1, 2, 2.5, 3, 4, 5, 6, 8, 10) if step * power >= value * 0.999
    )


def _phases(story: Story, axis: Axis, whole_s: float) -> Iterator[Shape]:
    for index, seen in enumerate(story.phases):
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


def _grid(axis: Axis, whole_s: float) -> Iterator[Shape]:
    for value in axis.ticks():
        yield Line(points=[(0, axis.y(value)), (1, axis.y(value))], look="grid")
    step_s = next((one for one in TICK_STEPS_S if whole_s / one <= MOST_TICKS), whole_s)
    for tick in range(int(whole_s // step_s) + 1):
        at = tick * step_s / whole_s
        anchor: Anchor = "start" if at == 0 else "end" if at > 0.97 else "middle"
        yield Text(x=at, y=TOP + axis.height + 14, text=clock(tick * step_s), anchor=anchor)


def _values(axis: Axis) -> Iterator[Shape]:
    # Within the drawing, above its lines: the left margin of a phone is needed for the curve.
    # The highest stands below its line: above is the name of the phase.
    *others, highest = axis.ticks()[0 if axis.log else 1 :]
    for value in others:
        yield Text(x=0, y=axis.y(value) - 3, dx=2, text=axis.write(value))
    yield Text(x=0, y=axis.y(highest) + 12, dx=2, text=axis.write(highest))


def _marks(story: Story, axis: Axis, whole_s: float) -> Iterator[Shape]:
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


def _curve(story: Story, curve: Curve, axis: Axis, whole_s: float) -> Iterator[Line]:
    for run in _runs(story.samples, curve.value):
        points = [(at_s / whole_s, axis.y(value)) for at_s, value in run]
        # A single value is a dot: a line from it to itself, with round ends.
        yield Line(
            points=points if len(points) > 1 else points * 2,
            look=curve.look,
            thick=2,
            dashed=curve.dashed and len(points) > 1,
        )


def _runs(samples: Sequence[ev.Sample], value: Value) -> Iterator[list[tuple[float, float]]]:
    """Yield the stretches in which there are values, with few enough points.

    Of neighbours that share a point the highest is drawn: a peak is never lost.
    """
    size = math.ceil(len(samples) / MOST_POINTS)
    run: list[tuple[float, float]] = []
    for start in range(0, len(samples), size):
        some = [
            (v, one.at_s) for one in samples[start : start + size] if (v := value(one)) is not None
        ]
        if some:
            highest, at_s = max(some)
            run.append((at_s, highest))
        elif run:
            yield run
            run = []
    if run:
        yield run


def _legend(drawn: Sequence[Curve]) -> Iterator[Text]:
    dx = 0.0
    for curve in drawn:
        text = f"{'- -' if curve.dashed else '––'} {curve.label}"
        yield Text(x=0, y=LEGEND_Y, dx=dx, text=text, look=curve.look, bold=True)
        dx += (len(text) + 3) * LETTER_PX
