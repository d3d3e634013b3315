"""Fail a test whose number of SQL statements grows with the number of rows."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Generator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from otel_nplusone._testing.recorder import record_queries, record_spans
from otel_nplusone._testing.seen import SeenQueries
from otel_nplusone.errors import TooManyQueriesError, UsageError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from sqlalchemy.engine import Engine
    from sqlalchemy.ext.asyncio import AsyncEngine

SIZES = (2, 20)
# What is to be awaited, of a measurement that has callables of both kinds.
Steps = Generator[Awaitable[object], None, None]


def assert_constant_queries(
    call: Callable[[], object],
    setup: Callable[[int], object],
    sizes: tuple[int, int] = SIZES,
    *,
    engine: "Engine | AsyncEngine | None" = None,
    provider: "TracerProvider | None" = None,
) -> Any:
    """Make a few rows, call, make more rows, call; raise TooManyQueriesError if statements grew.

    A fixed number in a test is right until somebody adds a column to the page; what must not
    happen is that it depends on the data. Statements that are sent once only at the larger size
    are not growth, and neither are those of the first call alone (a connection's first words).

    call, setup: functions or coroutine functions. Within a running event loop there is something
        to await: `await assert_constant_queries(page, make_cats)`.
    setup: called with the number of rows that there are to be; its statements do not count.
    engine: count those of this engine of SQLAlchemy.
    provider: count those that this provider's spans tell of, of any library. Without either,
        those of all of SQLAlchemy's engines and Django's connections in the process.
    """
    __tracebackhide__ = True  # pytest shows the test's line, not this one
    small, large = sizes
    if not 0 <= small < large:
        raise UsageError(f"sizes={sizes!r}: expected a smaller and a larger number of rows")

    def record() -> AbstractContextManager[SeenQueries]:
        return record_spans(provider) if provider is not None else record_queries(engine)

    steps = _steps(call, setup, (small, large), record)
    for awaitable in steps:
        awaited = _await_all(steps, awaitable)
        return awaited if _is_in_a_loop() else asyncio.run(awaited)
    return None


def _steps(
    call: Callable[[], object],
    setup: Callable[[int], object],
    sizes: tuple[int, int],
    record: Callable[[], AbstractContextManager[SeenQueries]],
) -> Steps:
    """Measure; yield each awaitable, to be gone on with when it has been awaited."""
    __tracebackhide__ = True
    seen = []
    for size in sizes:
        yield from _if_awaitable(setup(size))
        with record() as queries:
            yield from _if_awaitable(call())
        seen.append(queries)
    few, many = seen
    grown = _grown(few, many)
    if grown:
        raise TooManyQueriesError(
            f"The number of SQL statements grows with the rows: {len(few)} for {sizes[0]} rows, "
            f"{len(many)} for {sizes[1]}.\n" + "\n".join(grown)
        )


def _if_awaitable(result: object) -> Steps:
    if inspect.isawaitable(result):
        yield result


async def _await_all(steps: Steps, first: Awaitable[object]) -> None:
    __tracebackhide__ = True
    await first
    for awaitable in steps:
        await awaitable


def _is_in_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _grown(few: SeenQueries, many: SeenQueries) -> list[str]:
    """Describe each statement that was sent more than once, and more often than before."""
    before = {statement: len(group) for statement, group in few.by_statement().items()}
    return [
        f"  {before.get(statement, 0)} → {len(group)} × {statement}\n      from {group[-1].place}"
        for statement, group in many.by_statement().items()
        if len(group) > max(1, before.get(statement, 0))
    ]
