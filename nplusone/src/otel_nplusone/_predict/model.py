"""Define what is predicted. Everything here is frozen; docs/reference/predict.md has the rules."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from otel_nplusone._predict.counting import Loop, Repair, statements_at
from otel_nplusone._predict.growth import Growth
from otel_nplusone._predict.interval import Interval

DEFAULT_LIMIT_NS = 1_000_000_000


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
    grows; None where all requests that were seen have one size. `loops` are the route's findings as
    most requests have them, and `rest` is what they send besides.
    """

    repair: Repair
    mends: tuple[str, ...]
    statements: Interval
    p50_ns: Interval
    p95_ns: Interval
    capacity: Interval
    growth: Growth | None = None
    loops: tuple[Loop, ...] = ()
    rest: int = 0

    def statements_at(
        self, keys: Mapping[str, int], statements: Mapping[str, int] = MappingProxyType({})
    ) -> Interval:
        """Count for a request of another size, by the fingerprints of the route's findings.

        keys: the different values that each asks for.
        statements: how often each repeats, of those that this repair does not mend.
        """
        return statements_at(self.repair, self.rest, self.loops, self.mends, keys, statements)


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
