"""Tell a figure by its lowest, its likeliest and its highest value."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

# Two standard errors: 19 of 20 samples.
_SURE = 1.96


@dataclass(frozen=True, slots=True)
class Interval:
    """Hold a figure that is not exactly known; low ≤ mid ≤ high."""

    low: float
    mid: float
    high: float

    @property
    def is_exact(self) -> bool:
        """Tell whether the figure is known."""
        return self.low == self.high

    @property
    def ends(self) -> tuple[float, float, float]:
        """Return low, mid and high."""
        return self.low, self.mid, self.high

    def times(self, factor: float) -> "Interval":
        """Return it in another unit."""
        return Interval(self.low * factor, self.mid * factor, self.high * factor)

    def __contains__(self, value: float) -> bool:
        """Tell whether a measured value lies in it."""
        return self.low <= value <= self.high


def ordered(low: float, mid: float, high: float) -> Interval:
    """Return an interval whose ends never pass its middle."""
    return Interval(min(low, mid), mid, max(mid, high))


def exactly(value: float) -> Interval:
    """Return an interval of one value."""
    return Interval(value, value, value)


Three = tuple[Sequence[float], Sequence[float], Sequence[float]]


def quantile(values: Three, part: float) -> Interval:
    """Return a quantile of what may be low, mid and high, with what a sample may be wrong by.

    The ends are order statistics: of n values, the quantile lies between the ranks np ± 1.96
    √(np(1-p)) in 19 of 20 samples, whatever the distribution is.
    """
    low, mid, high = map(sorted, values)
    count = len(mid)
    wrong = _SURE * math.sqrt(count * part * (1 - part))
    return ordered(
        low[_rank(count * part - wrong, count)],
        mid[_rank(count * part, count)],
        high[_rank(count * part + wrong, count)],
    )


def _rank(position: float, count: int) -> int:
    """Return the index of a rank, counted from 1: the least with as many at or below it."""
    return min(max(math.ceil(position) - 1, 0), count - 1)


def times(before: Sequence[float], after: Three) -> Interval:
    """Return how many times the requests fit into the time: the ratio of the sums, with its error.

    The highest ratio comes from the lowest times.
    """
    fast, mid, slow = (_ratio(before, one) for one in after)
    return ordered(slow[0] - slow[1], mid[0], fast[0] + fast[1])


def _ratio(before: Sequence[float], after: Sequence[float]) -> tuple[float, float]:
    """Return the ratio of two sums, and twice its standard error (Cochran, Sampling Techniques)."""
    whole, part = sum(before), sum(after)
    if part <= 0:
        return 1.0, 0.0
    ratio = whole / part
    count = len(before)
    if count < 2:
        return ratio, 0.0
    spread = sum((x - ratio * y) ** 2 for x, y in zip(before, after, strict=True))
    error = math.sqrt(spread * count / (count - 1)) / part
    return ratio, min(_SURE * error, ratio / 2)
