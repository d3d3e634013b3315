"""Count what a request sends if its repeats are mended: the counting rule, which is exact.

    rows        a statement for each level of the loop, or one in all, or one with the query before
    join        none: the rows come with the query before the loop
    select_in   one for each 500 different keys, as SQLAlchemy sends them; or one in all
    once        one for each different value

What does not repeat is sent as before.
"""

import math
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from otel_nplusone._predict.interval import Interval, exactly, ordered

CHUNK = 500


class Repair(StrEnum):
    """Name what takes the place of the repeats."""

    ROWS = "rows"
    JOIN = "join"
    SELECT_IN = "select_in"
    ONCE = "once"


class Loop(NamedTuple):
    """Hold what one finding sends in a request.

    `statements` repeat, for `keys` different values. `sent` are the statements of one round.
    `is_sql` says that they can be joined, `has_source` that a statement comes before the loop, and
    `leads` are those before it if none of them repeats.
    """

    fingerprint: str
    statements: int
    keys: int
    sent: int
    is_sql: bool
    has_source: bool
    leads: int

    @property
    def chunks(self) -> int:
        """Return how many lists of keys it takes."""
        return self.sent * max(1, math.ceil(self.keys / CHUNK))


def statements_after(repair: Repair, rest: int, loops: Sequence[Loop]) -> Interval:
    """Count what is sent in place of these loops, with the rest of the request."""
    if not loops:
        return exactly(rest)
    levels = rest + sum(loop.sent for loop in loops)
    chunks = rest + sum(loop.chunks for loop in loops)
    if repair is Repair.ONCE:
        return exactly(rest + sum(loop.keys for loop in loops))
    if repair is Repair.SELECT_IN:
        return Interval(levels, chunks, chunks)
    if not all(loop.is_sql for loop in loops):
        return Interval(levels, levels, chunks)
    joined = rest if all(loop.has_source for loop in loops) else rest + 1
    # At best the query before the loop is joined to those before itself.
    merged = joined - max(0, max(loop.leads for loop in loops) - 1)
    return ordered(max(1, merged), max(1, joined), joined if repair is Repair.JOIN else levels)


def statements_at(
    repair: Repair,
    rest: int,
    loops: Sequence[Loop],
    mends: Sequence[str],
    keys: Mapping[str, int],
    statements: Mapping[str, int],
) -> Interval:
    """Count for another size: `keys` and `statements` by fingerprint; as they were, by default."""
    sized = [
        loop._replace(
            keys=keys.get(loop.fingerprint, loop.keys),
            statements=statements.get(loop.fingerprint, loop.statements),
        )
        for loop in loops
    ]
    kept = rest + sum(loop.statements for loop in sized if loop.fingerprint not in mends)
    return statements_after(repair, kept, [one for one in sized if one.fingerprint in mends])
