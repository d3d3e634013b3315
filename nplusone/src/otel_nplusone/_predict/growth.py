"""Fit how a request grows with its rows, and say at which size it passes a limit.

    duration(rows) = duration at the middle + slope · Δ + bend/2 · Δ²        Δ = rows - the middle's

The slope is Theil and Sen's: the median of the slopes between two requests. A least-squares line
would follow the few requests that a garbage collection or a cold cache has made slow, and those
are on one side alone; this one bears 29 % of them. The bend comes from within the loops: where the
gap after a repeat grows from repeat to repeat, the request grows with the square of its rows.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from statistics import median
from typing import Self

from otel_nplusone._predict.interval import Interval, ordered

MOST_POINTS = 128
_SURE = 1.96
_LARGEST = 1e12


@dataclass(frozen=True, slots=True)
class Line:
    """Hold y = middle's y + slope · (x - middle's x), fitted by Theil and Sen."""

    x: float
    y: float
    slope: Interval
    residual: float

    def at(self, x: float) -> Interval:
        """Return y where x is this, as far as the slope is known."""
        delta = x - self.x
        ends = (self.y + self.slope.low * delta, self.y + self.slope.high * delta)
        return ordered(min(ends), self.y + self.slope.mid * delta, max(ends))

    def plus(self, repeats: "Line", each: Interval, bend: Interval) -> "Line":
        """Add the repeats at this line's middle, each of which takes so long there."""
        n = repeats.at(self.x).mid
        slopes = (
            own + repeats.slope.mid * (one + more * n / 2)
            for own, one, more in zip(self.slope.ends, each.ends, bend.ends, strict=True)
        )
        return Line(self.x, self.y + n * each.mid, ordered(*slopes), self.residual)

    @property
    def intercept(self) -> float:
        """Return y where x is 0."""
        return self.y - self.slope.mid * self.x


def fit(points: Sequence[tuple[float, float]]) -> Line | None:
    """Fit a line; None where all points have one x."""
    slopes = sorted(
        (b[1] - a[1]) / (b[0] - a[0]) for a, b in combinations(points, 2) if a[0] != b[0]
    )
    if not slopes:
        return None
    # Kendall's variance of the number of slopes below the true one (Sen 1968).
    count = len(points)
    wrong = _SURE * math.sqrt(count * (count - 1) * (2 * count + 5) / 18) / 2
    middle = len(slopes) / 2
    low = slopes[max(0, math.floor(middle - wrong))]
    high = slopes[min(len(slopes) - 1, math.ceil(middle + wrong))]
    slope = median(slopes)
    x = median(point[0] for point in points)
    y = median(point[1] - slope * (point[0] - x) for point in points)
    residual = median(abs(p[1] - y - slope * (p[0] - x)) for p in points)
    return Line(x, y, ordered(low, slope, high), residual)


@dataclass(frozen=True, slots=True)
class Growth:
    """Say how a request grows with its rows.

    `counted` names what a row is: what the statement before the loop returned, or a repeat. The
    sizes are those that were seen; `repeats` is repeats = a + b · rows.
    """

    counted: str
    smallest: float
    largest: float
    repeats: Line
    duration: Line
    bend_ns: Interval
    limit_ns: float

    def duration_ns(self, rows: float) -> Interval:
        """Return how long a request of this size takes."""
        line, delta = self.duration.at(rows), rows - self.duration.x
        bends = [bend * delta * delta / 2 for bend in self.bend_ns.ends]
        return ordered(
            max(0.0, line.low + bends[0]),
            max(0.0, line.mid + bends[1]),
            max(0.0, line.high + bends[2]),
        )

    @property
    def rows_at_limit(self) -> Interval | None:
        """Return at which size a request passes the limit; None where it does not grow."""
        mid = self._passes("mid")
        if mid == math.inf:
            return None
        return ordered(self._passes("high"), mid, self._passes("low"))

    def _passes(self, end: str) -> float:
        """Return the least size that takes longer than the limit, inf where none does."""
        low, high = 0.0, max(1.0, self.duration.x)
        while self._takes(high, end) <= self.limit_ns:
            low, high = high, high * 2
            if high > _LARGEST:
                return math.inf
        while high - low > max(0.5, low * 1e-6):
            middle = (low + high) / 2
            low, high = (
                (low, middle) if self._takes(middle, end) > self.limit_ns else (middle, high)
            )
        return float(math.ceil(high))

    def _takes(self, rows: float, end: str) -> float:
        return float(getattr(self.duration_ns(rows), end))

    def mended(self, duration: Line) -> Self:
        """Return how the mended request grows: without a loop there is no bend."""
        return replace(self, duration=duration, bend_ns=Interval(0.0, 0.0, 0.0))
