"""Test assert_constant_queries for coroutines, and for libraries other than SQLAlchemy."""

import asyncio
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from nplusone.tests.live_service import ONE
from nplusone.tests.shop import Book, Shelf, fill, make_shop
from otel_nplusone.errors import MissingExtraError, TooManyQueriesError

Check = Callable[..., Any]


@pytest.fixture
def engine() -> Iterator[Engine]:
    engine = make_shop()
    yield engine
    engine.dispose()


async def read_lazily(engine: Engine) -> int:
    await asyncio.sleep(0)
    with Session(engine) as session:
        return sum(len(shelf.books) for shelf in session.scalars(select(Shelf)))


async def read_at_once(engine: Engine) -> int:
    await asyncio.sleep(0)
    with Session(engine) as session:
        return len(session.scalars(select(Book)).all())


async def fill_later(engine: Engine, shelves: int) -> None:
    await asyncio.sleep(0)
    fill(engine, shelves)


def test_growth_within_a_running_loop_is_awaited(
    engine: Engine, assert_constant_queries: Check
) -> None:
    async def test() -> None:
        await assert_constant_queries(
            lambda: read_lazily(engine), lambda size: fill_later(engine, size)
        )

    with pytest.raises(TooManyQueriesError, match="3 for 2 rows, 21 for 20"):
        asyncio.run(test())


def test_constant_number_within_a_running_loop_passes(
    engine: Engine, assert_constant_queries: Check
) -> None:
    rows: list[int] = []

    async def page() -> None:
        rows.append(await read_at_once(engine))

    async def test() -> None:
        await assert_constant_queries(page, lambda size: fill(engine, size))

    asyncio.run(test())

    assert rows == [2, 20]


def test_coroutines_are_run_where_no_loop_runs(
    engine: Engine, assert_constant_queries: Check
) -> None:
    with pytest.raises(TooManyQueriesError, match="3 for 2 rows, 21 for 20"):
        assert_constant_queries(lambda: read_lazily(engine), lambda size: fill(engine, size))


def test_only_one_of_the_two_need_be_a_coroutine(
    engine: Engine, assert_constant_queries: Check
) -> None:
    rows: list[int] = []

    def page() -> None:
        with Session(engine) as session:
            rows.append(len(session.scalars(select(Book)).all()))

    assert_constant_queries(page, lambda size: fill_later(engine, size))

    assert rows == [2, 20]


def test_growth_is_seen_by_spans_of_any_library(assert_constant_queries: Check) -> None:
    provider = TracerProvider(shutdown_on_exit=False)
    tracer = provider.get_tracer("a driver")
    sizes: list[int] = []

    def page() -> None:
        tracer.start_span("connect").end()
        for _ in range(sizes[-1]):
            tracer.start_span("SELECT", attributes={"db.query.text": ONE}).end()

    with pytest.raises(TooManyQueriesError, match="2 for 2 rows, 20 for 20"):
        assert_constant_queries(page, sizes.append, provider=provider)


def test_suite_without_anything_that_sends_statements_is_told_what_to_install(
    assert_constant_queries: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("otel_nplusone._testing.recorder._has_sqlalchemy", lambda: False)
    monkeypatch.delitem(sys.modules, "django.conf", raising=False)

    with pytest.raises(MissingExtraError, match="pip install"):
        assert_constant_queries(lambda: None, lambda _size: None)
