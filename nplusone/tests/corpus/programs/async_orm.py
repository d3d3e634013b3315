"""Run SQLAlchemy's asynchronous sessions over aiosqlite."""

import asyncio
import os
import tempfile
import time
from contextlib import chdir

from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor
from sqlalchemy import create_engine, event, func, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from nplusone.tests.corpus.programs.shop import Customer, fill
from nplusone.tests.corpus.recording import Recorder

_QUERY_S = 0.005


async def _name(engine: AsyncEngine, number: int) -> str | None:
    async with AsyncSession(engine) as session:
        name: str | None = await session.scalar(select(Customer.name).where(Customer.id == number))
        return name


async def _run(recorder: Recorder, url: str) -> None:
    engine = create_async_engine(url, pool_size=8)
    SQLAlchemyInstrumentor().instrument(
        engine=engine.sync_engine, tracer_provider=recorder.provider, skip_dep_check=True
    )
    # Each connection of aiosqlite has a thread of its own, in which SQLite sleeps.
    event.listen(engine.sync_engine, "connect", _add_slow)
    with recorder.request("async_gather", "/names"):
        await asyncio.gather(*(_slow_name(engine, number) for number in range(1, 8)))
    with recorder.request("async_loop", "/names"):
        for number in range(1, 8):
            await _name(engine, number)
    with recorder.request("async_one", "/names"):
        async with AsyncSession(engine) as session:
            await session.scalars(select(Customer.name).where(Customer.id.in_(range(1, 8))))
    await engine.dispose()


def _add_slow(connection: object, _record: object) -> None:
    connection.create_function("slow", 1, _slow)  # type: ignore[attr-defined]  # aiosqlite's


def _slow(value: object) -> object:
    time.sleep(_QUERY_S)
    return value


async def _slow_name(engine: AsyncEngine, number: int) -> str | None:
    async with AsyncSession(engine) as session:
        statement = select(func.slow(Customer.name)).where(Customer.id == number)
        name: str | None = await session.scalar(statement)
        return name


def main() -> None:
    """Record all cases of this program."""
    os.environ["OTEL_SEMCONV_STABILITY_OPT_IN"] = "database,http"
    recorder = Recorder("shop-async")
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        engine = create_engine("sqlite:///shop.db")
        fill(engine, orders=20)
        engine.dispose()
        asyncio.run(_run(recorder, "sqlite+aiosqlite:///shop.db"))


if __name__ == "__main__":
    main()
