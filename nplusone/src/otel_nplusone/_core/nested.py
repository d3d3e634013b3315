"""Find patterns of several statements that repeat together.

    for order in orders:              A B A B A B A B A B   period 2, five rounds
        order.customer   # A
        order.lines      # B

A period is at most MOST_STATEMENTS long. A shorter period comes before its multiples: `A B A B`
is two rounds of `A B`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import eq

MOST_STATEMENTS = 8


@dataclass(frozen=True, slots=True)
class Pattern:
    """Hold the members in the order of a round, and how often the round was repeated."""

    members: tuple[int, ...]
    rounds: int


def find_patterns(sequence: Sequence[int], min_rounds: int) -> list[Pattern]:
    """Find the patterns in which each member belongs to one pattern only.

    `sequence` names each statement by a number. Runs of the same pattern add up.
    """
    found: list[Pattern] = []
    taken: set[int] = set()
    for period in range(2, MOST_STATEMENTS + 1):
        rounds = _rounds(sequence, period, min_rounds)
        for members, count in sorted(rounds.items(), key=lambda item: (-item[1], item[0])):
            if taken.isdisjoint(members):
                taken.update(members)
                found.append(Pattern(members, count))
    return found


def _rounds(sequence: Sequence[int], period: int, min_rounds: int) -> dict[tuple[int, ...], int]:
    """Return each pattern of this period, its first statement leading, and its rounds."""
    equal = bytes(map(eq, sequence, sequence[period:]))
    least = b"\1" * (max(min_rounds - 1, 1) * period)
    rounds: dict[tuple[int, ...], int] = {}
    start = equal.find(least)
    while start >= 0:
        end = equal.find(b"\0", start)
        end = len(equal) if end < 0 else end
        members = tuple(sequence[start : start + period])
        if not _has_shorter_period(members):
            members = _turned(members)
            rounds[members] = rounds.get(members, 0) + (end - start) // period + 1
        start = equal.find(least, end)
    return rounds


def _turned(members: tuple[int, ...]) -> tuple[int, ...]:
    return min(members[turn:] + members[:turn] for turn in range(len(members)))


def _has_shorter_period(members: tuple[int, ...]) -> bool:
    size = len(members)
    return any(
        size % period == 0 and members == members[:period] * (size // period)
        for period in range(1, size)
    )
