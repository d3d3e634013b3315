"""Define what is predicted. Everything here is frozen; docs/reference/predict.md has the rules."""

from dataclasses import dataclass
from enum import StrEnum

from otel_nplusone._predict.growth import Growth
from otel_nplusone._predict.interval import Interval

DEFAULT_LIMIT_NS = 1_000_000_000


class Repair(StrEnum):
    """Name what takes the place of the repeats."""

    ROWS = "rows"
    JOIN = "join"
    SELECT_IN = "select_in"
    ONCE = "once"

    @property
    def says(self) -> str:
        """Return what it is, in a few words."""
        return _SAYS[self]


_SAYS = {
    Repair.ROWS: "plain rows, in one statement",
    Repair.JOIN: "entities, joined to the query before",
    Repair.SELECT_IN: "entities, by lists of keys",
    Repair.ONCE: "each value asked for once",
}


@dataclass(frozen=True, slots=True)
class Figures:
    """Hold what one request costs: how many statements and calls, and how long it takes."""

    statements: Interval
    p50_ns: Interval
    p95_ns: Interval


@dataclass(frozen=True, slots=True)
class Prediction:
    """Say what a repair brings to its route.

    `mends` are the fingerprints of the findings that it does away with. `capacity` is how many
    times the requests a worker answers in the same time. `growth` says how the mended request
    grows; None where all requests that were seen have one size.
    """

    repair: Repair
    mends: tuple[str, ...]
    statements: Interval
    p50_ns: Interval
    p95_ns: Interval
    capacity: Interval
    growth: Growth | None = None


@dataclass(frozen=True, slots=True)
class Outlook:
    """Hold the predictions for one route, and what they start from.

    `requests` were seen and `sampled` of them are held; `in_flight` is how many of them ran at a
    time on average. `before` has what was measured; its intervals tell how sure a sample is of a
    median. `growth` is None where all requests have one size. `notes` say what the figures do not.
    """

    service: str
    route: str
    requests: int
    sampled: int
    in_flight: float
    before: Figures
    predictions: tuple[Prediction, ...]
    growth: Growth | None
    notes: tuple[str, ...] = ()

    def of(self, fingerprint: str) -> tuple[Prediction, ...]:
        """Return what mending this finding alone brings."""
        return tuple(one for one in self.predictions if one.mends == (fingerprint,))

    @property
    def together(self) -> tuple[Prediction, ...]:
        """Return what mending every finding of the route brings; of one finding, the same."""
        most = max((len(one.mends) for one in self.predictions), default=0)
        return tuple(one for one in self.predictions if len(one.mends) == most)
