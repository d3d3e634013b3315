"""Plot the traces of a range: duration over time, and when a feature flag was switched.

Larger dots have more spans. The page's script colours those that the detector finds fault with.

The scale of durations is logarithmic: a trace before a fix takes a hundred times as long as one
after it, and both should be visible.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tracestore.pages._switches import Switch
from tracestore.store.search import TraceSummary

_MIN_RADIUS, _MAX_RADIUS = 3.5, 13.0


@dataclass(frozen=True, slots=True)
class Dot:
    """Place a trace: `x` and `y` from 0 to 100, `y` downwards as in SVG; radius in pixels."""

    trace: TraceSummary
    x: float
    y: float
    radius: float


@dataclass(frozen=True, slots=True)
class Tick:
    """Place a line across the plot."""

    y: float
    nano: int


@dataclass(frozen=True, slots=True)
class SwitchLine:
    """Place a line from top to bottom where a flag was switched."""

    x: float
    switch: Switch


@dataclass(frozen=True, slots=True)
class Scatter:
    """Hold the dots, small ones on top, the lines for 1 ms, 10 ms and so on, and the switches."""

    dots: Sequence[Dot]
    ticks: Sequence[Tick]
    switches: Sequence[SwitchLine]
    start_nano: int
    end_nano: int


def scatter(traces: Sequence[TraceSummary], switches: Sequence[Switch] = ()) -> Scatter:
    """Plot at least one trace; the switches lie between the first and the last."""
    starts = [trace.start_time_unix_nano for trace in traces]
    low, high = _decades(traces)
    most = max(trace.span_count for trace in traces)

    def height(nano: int) -> float:
        return 100 * (high - math.log10(max(nano, 1))) / (high - low)

    dots = [
        Dot(
            trace,
            x=_share(trace.start_time_unix_nano, min(starts), max(starts)),
            y=height(max(trace.duration_nano, 10**low)),
            radius=_radius(trace.span_count, most),
        )
        for trace in traces
    ]
    return Scatter(
        dots=sorted(dots, key=lambda dot: -dot.radius),
        ticks=[Tick(height(10**exponent), 10**exponent) for exponent in range(low, high + 1)],
        switches=[
            SwitchLine(_share(switch.at_nano, min(starts), max(starts)), switch)
            for switch in switches
        ],
        start_nano=min(starts),
        end_nano=max(starts),
    )


def _decades(traces: Sequence[TraceSummary]) -> tuple[int, int]:
    """Return the powers of ten below and above the durations."""
    durations = [max(trace.duration_nano, 1000) for trace in traces]
    low = math.floor(math.log10(min(durations)))
    return low, max(math.ceil(math.log10(max(durations))), low + 1)


def _share(value: int, low: int, high: int) -> float:
    return 50.0 if low == high else 100 * (value - low) / (high - low)


def _radius(spans: int, most: int) -> float:
    """Make the area proportional to the number of spans."""
    return max(_MIN_RADIUS, _MAX_RADIUS * math.sqrt(spans / most))
