"""The scatter plot of a list of traces: duration over time, the larger a dot the more spans.

Durations lie on a logarithmic scale: of a fix and of what it fixed, one takes a hundred times
as long as the other, and both are to be seen.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tracestore.store.search import TraceSummary

_MIN_RADIUS, _MAX_RADIUS = 3.5, 13.0


@dataclass(frozen=True, slots=True)
class Dot:
    """A trace in the plot: `x` and `y` from 0 to 100, `y` downwards as in SVG; radius in pixels."""

    trace: TraceSummary
    x: float
    y: float
    radius: float


@dataclass(frozen=True, slots=True)
class Tick:
    """A line across the plot."""

    y: float
    nano: int


@dataclass(frozen=True, slots=True)
class Scatter:
    """All dots, the small ones on top, and the lines for 1 ms, 10 ms, …"""

    dots: Sequence[Dot]
    ticks: Sequence[Tick]
    start_nano: int
    end_nano: int


def scatter(traces: Sequence[TraceSummary]) -> Scatter:
    """Place at least one trace."""
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
        start_nano=min(starts),
        end_nano=max(starts),
    )


def _decades(traces: Sequence[TraceSummary]) -> tuple[int, int]:
    """The powers of ten that the durations lie between."""
    durations = [max(trace.duration_nano, 1000) for trace in traces]
    low = math.floor(math.log10(min(durations)))
    return low, max(math.ceil(math.log10(max(durations))), low + 1)


def _share(value: int, low: int, high: int) -> float:
    return 50.0 if low == high else 100 * (value - low) / (high - low)


def _radius(spans: int, most: int) -> float:
    """An area in proportion to the spans."""
    return max(_MIN_RADIUS, _MAX_RADIUS * math.sqrt(spans / most))
