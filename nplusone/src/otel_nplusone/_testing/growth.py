"""Fail a test whose number of SQL statements grows with the number of rows."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from otel_nplusone._testing.recorder import SeenQueries, record_queries
from otel_nplusone.errors import TooManyQueriesError, UsageError

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine
    from sqlalchemy.ext.asyncio import AsyncEngine

SIZES = (2, 20)


def assert_constant_queries(
    call: Callable[[], object],
    setup: Callable[[int], object],
    sizes: tuple[int, int] = SIZES,
    *,
    engine: "Engine | AsyncEngine | None" = None,
) -> None:
    """Make a few rows, call, make more rows, call; raise TooManyQueriesError if statements grew.

    A fixed number in a test is right until somebody adds a column to the page; what must not
    happen is that it depends on the data. Statements that are sent once only at the larger size
    are not growth, and neither are those of the first call alone (a connection's first words).

    setup: called with the number of rows that there are to be; its statements do not count.
    engine: count those of this engine; without it, those of every engine in the process.
    """
    __tracebackhide__ = True  # pytest shows the test's line, not this one
    small, large = sizes
    if not 0 <= small < large:
        raise UsageError(f"sizes={sizes!r}: expected a smaller and a larger number of rows")
    few = _record(call, setup, small, engine)
    many = _record(call, setup, large, engine)
    grown = _grown(few, many)
    if grown:
        raise TooManyQueriesError(
            f"The number of SQL statements grows with the rows: {len(few)} for {small} rows, "
            f"{len(many)} for {large}.\n" + "\n".join(grown)
        )


def _record(
    call: Callable[[], object],
    setup: Callable[[int], object],
    size: int,
    engine: "Engine | AsyncEngine | None",
) -> SeenQueries:
    setup(size)
    with record_queries(engine) as seen:
        call()
    return seen


def _grown(few: SeenQueries, many: SeenQueries) -> list[str]:
    """Describe each statement that was sent more than once, and more often than before."""
    before = {statement: len(group) for statement, group in few.by_statement().items()}
    return [
        f"  {before.get(statement, 0)} → {len(group)} × {statement}\n      from {group[-1].place}"
        for statement, group in many.by_statement().items()
        if len(group) > max(1, before.get(statement, 0))
    ]
