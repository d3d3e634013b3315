"""Draw how the figures of a replay went: latency, requests, SQL and CPU along one time axis."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from incident.story import events as ev
from incident.story.axis import LETTER_PX, TOP, Axis, grid, marks, phases, round_up, values
from incident.story.drawing import Drawing, Line, Look, Text
from incident.story.story import Story
from incident.story.words import clock, milliseconds, number

# More points of a curve are not seen, and a live page draws them again and again.
MOST_POINTS = 240
LEAST_SECONDS = 10.0
LEGEND_Y = 12
AXIS_HEIGHT = 20

Value = Callable[[ev.Sample], float | None]


@dataclass(frozen=True, slots=True)
class Curve:
    """Say what of a sample is drawn, how it looks, and what it is called."""

    label: str
    value: Value
    look: Look
    dashed: bool = False


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
            *phases(story, axis, whole_s),
            *grid(axis, whole_s),
            *marks(story, axis, whole_s),
            *(line for curve in drawn for line in _curve(story, curve, axis, whole_s)),
            *values(axis),
            *_legend(drawn),
        ],
    )


def _description(story: Story, drawn: Sequence[Curve], axis: Axis) -> str:
    parts = []
    for curve in drawn:
        found = [value for one in story.samples if (value := curve.value(one)) is not None]
        if found:
            low, high = axis.write(min(found)), axis.write(max(found))
            last = axis.write(found[-1])
            parts.append(f"{curve.label}: from {low} to {high}, {last} at the end")
    return f"{clock(story.now_s)} minutes. {'; '.join(parts) or 'No value yet'}."


def _log_axis(story: Story) -> Axis:
    found = [
        value
        for one in story.samples
        for curve in LATENCY
        if (value := curve.value(one)) is not None and value > 0
    ] or [1.0]
    low = math.floor(math.log10(max(min(found), 0.1)))
    high = max(low + 1, math.ceil(math.log10(max(found))))
    return Axis(10.0**low, 10.0**high, 180, _tick_ms, log=True)


def _tick_ms(value: float) -> str:
    # 1,000 ms is 1 s on an axis, and 1.00 s in a table.
    return milliseconds(value).replace(".00 s", " s").replace(".0 s", " s").replace(".0 ms", " ms")


def _axis(story: Story, drawn: Sequence[Curve], *, least: float = 1) -> Axis:
    highest = max(
        (value for one in story.samples for curve in drawn if (value := curve.value(one))),
        default=0,
    )
    return Axis(0, round_up(max(highest, least)), 84, number)


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
        shared = samples[start : start + size]
        some = [(found, one.at_s) for one in shared if (found := value(one)) is not None]
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
