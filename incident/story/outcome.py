"""Compute what a story comes to: ratios with their spread, predictions that held; pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from incident.story import events as ev
from incident.story.story import PhaseSeen, Story


@dataclass(frozen=True, slots=True)
class Measure:
    """Name a figure; `less` is whether less of it is better."""

    name: str
    label: str
    unit: str
    less: bool = True


STATEMENTS = Measure("statements", "SQL statements per request", "")
P50 = Measure("p50_ms", "p50", "ms")
P95 = Measure("p95_ms", "p95", "ms")
RATE = Measure("requests_per_second", "requests/s", "", less=False)
CAPACITY = Measure("capacity_ratio", "capacity, fix ÷ before", "times")
REPEATED = (STATEMENTS, P50, P95, RATE)
SERVICE_P50 = Measure("service_p50_ms", "p50 in the service", "ms")
SERVICE_P95 = Measure("service_p95_ms", "p95 in the service", "ms")
# What is predicted, by its name in the prediction. Traces know the service's time alone: nothing
# tells how long a visitor waits before a span begins.
PREDICTED = {
    "statements": STATEMENTS,
    "p50_ms": SERVICE_P50,
    "p95_ms": SERVICE_P95,
    "capacity_ratio": CAPACITY,
}


@dataclass(frozen=True, slots=True)
class Spread:
    """Hold the median of a few values, with the least and the most of them."""

    low: float
    mid: float
    high: float
    count: int

    @property
    def width(self) -> float:
        """Return how far the values lie apart."""
        return self.high - self.low


@dataclass(frozen=True, slots=True)
class Ratio:
    """Say by which factor the fix is better; one factor for each pair of repetitions."""

    measure: Measure
    spread: Spread
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Checked:
    """Hold a prediction with what was measured; `measured` is None if nothing was."""

    strategy: str
    measure: Measure
    expected: ev.Range
    measured: float | None

    @property
    def inside(self) -> bool | None:
        """Return whether the measured value lies in the interval; None if there is none."""
        if self.measured is None:
            return None
        return self.expected.low <= self.measured <= self.expected.high


def spread(values: Sequence[float]) -> Spread:
    """Return the spread of at least one value."""
    return Spread(min(values), median(values), max(values), len(values))


def repeated(story: Story, strategy: str, measure: Measure) -> Spread | None:
    """Return what the repetitions of a strategy came to; None if there are none."""
    values = [
        value
        for one in story.repetitions
        if one.strategy == strategy and (value := getattr(one, measure.name))
    ]
    return spread(values) if values else None


def capacity(story: Story, strategy: str) -> ev.Capacity | None:
    """Return the latest search for a strategy's highest rate."""
    return next((one for one in reversed(story.capacities) if one.strategy == strategy), None)


def ratios(story: Story) -> list[Ratio]:
    """Return by which factor the fix is better, for each measure repeated on both sides.

    Repetitions are paired by their number: a busy machine slows both of a pair.
    """
    if story.begun is None:
        return []
    before, fix = story.begun.before, story.begun.fix
    return [
        *(one for measure in REPEATED if (one := _ratio(story, before, fix, measure))),
        *_capacity_ratio(story, before, fix),
    ]


def _ratio(story: Story, before: str, fix: str, measure: Measure) -> Ratio | None:
    slow, quick = (
        {one.number: getattr(one, measure.name) for one in story.repetitions if one.strategy == of}
        for of in (before, fix)
    )
    pairs = [(slow[number], quick[number]) for number in slow if slow[number] and quick.get(number)]
    if not pairs:
        return None
    factors = [was / now if measure.less else now / was for was, now in pairs]
    return Ratio(
        measure,
        spread(factors),
        median(was for was, _ in pairs),
        median(now for _, now in pairs),
    )


def _capacity_ratio(story: Story, before: str, fix: str) -> Iterable[Ratio]:
    was, now = capacity(story, before), capacity(story, fix)
    if was is not None and now is not None and was.rate:
        yield Ratio(CAPACITY, spread([now.rate / was.rate]), was.rate, now.rate)


def checked(story: Story) -> list[Checked]:
    """Return each prediction next to what was measured of the same strategy."""
    return [
        Checked(one.strategy, measure, getattr(one, name), _measured(story, one, measure))
        for one in story.predictions
        for name, measure in PREDICTED.items()
    ]


def _measured(story: Story, prediction: ev.Prediction, measure: Measure) -> float | None:
    if measure is CAPACITY:
        before = story.begun.before if story.begun else ""
        found = list(_capacity_ratio(story, before, prediction.strategy))
        return found[0].spread.mid if found else None
    several = repeated(story, prediction.strategy, measure)
    if several is not None:
        return several.mid
    seen = measured_in(story, lambda one: one.strategy == prediction.strategy)
    return None if seen is None else _of_phase(seen, measure)


def waited_ms(story: Story, trace: ev.Trace) -> float:
    """Return what the visitor of a trace had waited before it began; 0 where that is not known."""
    seen = story.phase(trace.phase)
    figures = seen.figures if seen else None
    if figures is None or figures.slowest_trace_id != trace.trace_id:
        return 0.0
    return figures.slowest_waited_ms


def measured_in(story: Story, wanted: Callable[[ev.Figures], bool]) -> ev.Figures | None:
    """Return the figures of the latest phase that is wanted and had requests."""
    found = [seen.figures for seen in story.phases if seen.figures is not None]
    return next((one for one in reversed(found) if one.requests and wanted(one)), None)


def _of_phase(figures: ev.Figures, measure: Measure) -> float | None:
    if measure is STATEMENTS:
        return figures.statements_per_request.get("p50")
    return figures.service_ms.get("p50" if measure is SERVICE_P50 else "p95")


def worst(story: Story) -> PhaseSeen | None:
    """Return the phase in which the strategy of the incident was slowest for everybody."""
    before = story.begun.before if story.begun else ""
    slow = [
        (seen.figures.latency_ms["p50"], number, seen)
        for number, seen in enumerate(story.phases)
        if seen.figures is not None
        and seen.figures.strategy == before
        and seen.begun.audience_percent == 100
        and "p50" in seen.figures.latency_ms
    ]
    launch = [seen for _, _, seen in slow if seen.begun.name == "launch"]
    if launch:
        return launch[0]
    return max(slow)[2] if slow else None
