"""Test that spans of psycopg and asyncpg tell summary, values and place, on a PostgreSQL."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import psycopg
import pytest
from opentelemetry.instrumentation.asyncpg import AsyncPGInstrumentor
from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

import otel_nplusone.asyncpg
import otel_nplusone.psycopg
from harness.parts.postgres import Postgres
from otel_nplusone.live import NPlusOneSpanProcessor

pytestmark = pytest.mark.postgres

TIMES = 6


@pytest.fixture
def url(postgres: Postgres) -> str:
    url = postgres.create_database().replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE cat (id int PRIMARY KEY, name text)")
        connection.execute("INSERT INTO cat SELECT n, 'Minka' FROM generate_series(1, 9) AS n")
    return url


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def provider(exporter: InMemorySpanExporter) -> TracerProvider:
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(NPlusOneSpanProcessor(SimpleSpanProcessor(exporter)))
    return provider


@pytest.fixture(params=["before the instrumentation", "after the instrumentation"])
def helped(request: pytest.FixtureRequest, provider: TracerProvider) -> Iterator[None]:
    """Instrument both drivers, and describe them, in either order."""
    steps: list[Callable[[], object]] = [
        lambda: PsycopgInstrumentor().instrument(tracer_provider=provider),
        lambda: AsyncPGInstrumentor().instrument(tracer_provider=provider),
    ]
    helpers: list[Callable[[], object]] = [
        otel_nplusone.psycopg.instrument,
        otel_nplusone.asyncpg.instrument,
    ]
    is_before = request.param.startswith("before")
    for step in (*helpers, *steps) if is_before else (*steps, *helpers):
        step()
    yield
    undo = [otel_nplusone.psycopg.uninstrument, otel_nplusone.asyncpg.uninstrument]
    instrumentors = [PsycopgInstrumentor().uninstrument, AsyncPGInstrumentor().uninstrument]
    for one in (*instrumentors, *undo) if is_before else (*undo, *instrumentors):
        one()


def get_cat(connection: Any, number: int) -> Any:
    return connection.execute("SELECT name FROM cat WHERE id = %s", (number,)).fetchone()


def with_psycopg(url: str) -> None:
    with psycopg.connect(url) as connection:
        for number in range(1, 1 + TIMES):
            get_cat(connection, number)


async def get_cat_async(connection: Any, number: int) -> Any:
    cursor = await connection.execute("SELECT name FROM cat WHERE id = %s", (number,))
    return await cursor.fetchone()


def with_async_psycopg(url: str) -> None:
    async def run() -> None:
        async with await psycopg.AsyncConnection.connect(url) as connection:
            for number in range(1, 1 + TIMES):
                await get_cat_async(connection, number)

    asyncio.run(run())


async def fetch_cat(connection: Any, number: int) -> Any:
    return await connection.fetchrow("SELECT name FROM cat WHERE id = $1", number)


def with_asyncpg(url: str) -> None:
    async def run() -> None:
        connection = await asyncpg.connect(url)
        for number in range(1, 1 + TIMES):
            await fetch_cat(connection, number)
        await connection.close()

    asyncio.run(run())


async def fetch_prepared(statement: Any, number: int) -> Any:
    return await statement.fetchval(number)


def with_prepared_asyncpg(url: str) -> None:
    async def run() -> None:
        connection = await asyncpg.connect(url)
        statement = await connection.prepare("SELECT name FROM cat WHERE id = $1")
        for number in range(1, 1 + TIMES):
            await fetch_prepared(statement, number)
        await connection.close()

    asyncio.run(run())


@pytest.mark.usefixtures("helped")
@pytest.mark.parametrize(
    ("send", "helper"),
    [
        (with_psycopg, "get_cat"),
        (with_async_psycopg, "get_cat_async"),
        (with_asyncpg, "fetch_cat"),
        (with_prepared_asyncpg, "fetch_prepared"),
    ],
)
def test_spans_are_told_in_either_order(
    send: Callable[[str], None],
    helper: str,
    url: str,
    provider: TracerProvider,
    exporter: InMemorySpanExporter,
) -> None:
    tracer = provider.get_tracer("test")

    with tracer.start_as_current_span("GET /cats", kind=SpanKind.SERVER):
        send(url)

    spans = [span for span in exporter.get_finished_spans() if span.name == "SELECT cat"]
    told = [dict(span.attributes or {}) for span in spans]
    assert len(told) == TIMES
    assert {one["db.query.summary"] for one in told} == {"SELECT cat"}
    assert len({one["nplusone.values_hash"] for one in told}) == TIMES
    assert [("code.file.path" in one) for one in told] == [False] * 4 + [True] * 2
    assert told[-1]["code.file.path"] == str(Path(__file__))
    assert told[-1]["code.function.name"] == f"{__name__}.{helper}"
    assert f" {helper} ← " in str(told[-1]["nplusone.code.path"])
    root = exporter.get_finished_spans()[-1]
    assert (root.attributes or {})["nplusone.repeats"] == TIMES


@pytest.mark.usefixtures("helped")
def test_composed_statements_and_failing_ones_are_the_programs_own(
    url: str, provider: TracerProvider, exporter: InMemorySpanExporter
) -> None:
    composed = psycopg.sql.SQL("SELECT name FROM {} WHERE id = %s")

    with psycopg.connect(url) as connection:
        found = connection.execute(composed.format(psycopg.sql.Identifier("cat")), (1,)).fetchone()
        with pytest.raises(psycopg.errors.UndefinedTable):
            connection.execute("SELECT name FROM nowhere WHERE id = %s", (1,))

    assert found == ("Minka",)
    names = [span.name for span in exporter.get_finished_spans()]
    assert names[-2:] == ["SELECT cat", "SELECT nowhere"]


@pytest.mark.usefixtures("helped")
def test_a_fault_of_ours_does_not_reach_the_program(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr("otel_nplusone._live.described.summarize", fail)

    with_psycopg(url)
    with_asyncpg(url)
