"""Compare two replays: which differences exceed the spread of their repetitions, and which do not.

A difference counts if the ranges of both sides lie apart, and their medians further apart than the
wider of the two ranges. Of two equal services, repeated three times each, it errs in 4 % of cases.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from incident.errors import RecordError
from incident.story import outcome
from incident.story.events import Begun
from incident.story.outcome import Measure, Spread
from incident.story.story import Story
from incident.story.words import change, listed, milliseconds, number

# What must be the same for two replays to be two measurements of one thing.
_PLAYED = ("target", "dataset", "seed", "before", "fix", "visitors_per_second", "loop")
_HEADINGS = {
    "Differences that exceed their spread": True,
    "Within the spread": False,
    "Measured once: no spread to judge by": None,
}


@dataclass(frozen=True, slots=True)
class Difference:
    """Hold one figure of both replays; `exceeds` is None where there is no spread to judge by."""

    what: str
    unit: str
    a: Spread
    b: Spread
    exceeds: bool | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Hold the differences of two replays, and what was not the same when they were played."""

    differences: list[Difference]
    played_differently: list[str]

    def document(self) -> dict[str, Any]:
        """Return the comparison for programs."""
        return asdict(self)


def compare(a: Story, b: Story) -> Comparison:
    """Compare what both replays have measured; raise RecordError if that is nothing."""
    found = [*_repeated(a, b), *_exact(a, b), *_capacities(a, b)]
    if not found:
        raise RecordError("The two replays have measured nothing that could be compared.")
    return Comparison(found, list(_played_differently(a, b)))


def exceeds(a: Spread, b: Spread) -> bool | None:
    """Return whether two spreads differ by more than they spread; None of single values."""
    if min(a.count, b.count) < 2:
        return None
    apart = a.high < b.low or b.high < a.low
    return apart and abs(a.mid - b.mid) > max(a.width, b.width)


def _repeated(a: Story, b: Story) -> Iterator[Difference]:
    for strategy in dict.fromkeys(one.strategy for one in a.repetitions):
        for measure in outcome.REPEATED:
            one, other = (outcome.repeated(side, strategy, measure) for side in (a, b))
            if one is not None and other is not None:
                yield _difference(f"{strategy}: {measure.label}", measure, one, other)


def _difference(what: str, measure: Measure, a: Spread, b: Spread) -> Difference:
    return Difference(what, measure.unit, a, b, exceeds(a, b))


def _exact(a: Story, b: Story) -> Iterator[Difference]:
    """Yield the statements per request of each phase: they do not spread, so any change counts."""
    for seen in a.phases:
        other = b.phase(seen.begun.name)
        if seen.figures is None or other is None or other.figures is None:
            continue
        values = [one.statements_per_request.get("p50") for one in (seen.figures, other.figures)]
        if values[0] is not None and values[1] is not None:
            was, now = (outcome.spread([value]) for value in values if value is not None)
            what = f"{seen.begun.title}: {outcome.STATEMENTS.label}"
            yield Difference(what, "", was, now, was.mid != now.mid)


def _capacities(a: Story, b: Story) -> Iterator[Difference]:
    for strategy in dict.fromkeys(one.strategy for one in a.capacities):
        one, other = (outcome.capacity(side, strategy) for side in (a, b))
        if one is not None and other is not None:
            was, now = outcome.spread([one.rate]), outcome.spread([other.rate])
            yield Difference(f"{strategy}: capacity, visitors/s", "", was, now, exceeds(was, now))


def _played_differently(a: Story, b: Story) -> Iterator[str]:
    if a.begun is None or b.begun is None:
        return
    one, other = _conditions(a.begun), _conditions(b.begun)
    for name in dict.fromkeys([*one, *other]):
        if one.get(name) != other.get(name):
            yield f"{name}: {one.get(name, 'unknown')} and {other.get(name, 'unknown')}"


def _conditions(begun: Begun) -> dict[str, Any]:
    return {
        **{name.replace("_", " "): getattr(begun, name) for name in _PLAYED},
        **begun.machine,
        **begun.versions,
    }


def as_text(found: Comparison) -> str:
    """Return the comparison for a terminal: what differs first, then what does not."""
    parts = []
    for heading, verdict in _HEADINGS.items():
        rows = [_row(one) for one in found.differences if one.exceeds is verdict]
        if rows:
            parts.append("\n".join([heading, *_aligned(rows)]))
    if not any(one.exceeds for one in found.differences):
        parts.insert(0, "No difference exceeds its spread.")
    if found.played_differently:
        parts.append(f"Not played alike: {listed(found.played_differently)}.")
    return "\n\n".join(parts)


def _row(one: Difference) -> tuple[str, ...]:
    return one.what, _side(one, one.a), _side(one, one.b), _by_how_much(one.a.mid, one.b.mid)


def _aligned(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
        yield f"  {'  '.join(cells)}".rstrip()


def _side(one: Difference, spread: Spread) -> str:
    write = milliseconds if one.unit == "ms" else number
    if spread.count == 1:
        return write(spread.mid)
    return f"{write(spread.mid)} ({write(spread.low)} to {write(spread.high)})"


def _by_how_much(a: float, b: float) -> str:
    said = change(a, b)
    # What is the same to the eye may still be more than the spread.
    return f"{(b / a - 1) * 100:+.1f} %" if said == "the same" and a != b else said
