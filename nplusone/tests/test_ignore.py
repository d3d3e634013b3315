"""Test that ignore() leaves out of all findings what is sent within it."""

import asyncio
from collections.abc import Iterator

import pytest
from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sqlalchemy import text

from nplusone.tests.live_service import Service
from nplusone.tests.shop import make_shop
from nplusone.tests.traces import Drawing
from otel_nplusone import ignore
from otel_nplusone._core.detect import count_statements, find_n_plus_one
from otel_nplusone._core.ignoring import ignored_because
from otel_nplusone._testing.recorder import record_queries
from otel_nplusone._testing.span_findings import record_findings
from otel_nplusone.errors import UsageError
from otel_nplusone.sqlalchemy import instrument

SELECT = "SELECT cat.name FROM cat WHERE cat.id = ?"


@pytest.fixture
def service() -> Service:
    return Service()


def test_a_request_says_nothing_of_what_is_ignored(service: Service) -> None:
    with service.request(), ignore("six rows at most"):
        service.queries(6)

    assert service.marks == [{}]
    assert {(s.attributes or {})["nplusone.ignored"] for s in service.spans[:6]} == {
        "six rows at most"
    }


def test_what_is_sent_next_to_it_counts(service: Service) -> None:
    with service.request():
        with ignore("six rows at most"):
            service.queries(6)
        service.queries(7)

    (mark,) = service.marks
    assert (mark["repeats"], mark["statements"]) == (7, 13)


def test_a_scan_passes_it_over_and_counts_it() -> None:
    drawing = Drawing()
    request = drawing.server()
    for number in range(6):
        drawing.sql(request, SELECT, nplusone__ignored="why", nplusone__values_hash=str(number))

    assert find_n_plus_one(drawing.trace()) == []
    assert count_statements(drawing.trace()) == 6


def test_findings_of_a_test_pass_it_over() -> None:
    provider = TracerProvider(shutdown_on_exit=False)
    tracer = provider.get_tracer("test")

    with record_findings(provider) as found, tracer.start_as_current_span("t"), ignore("known"):
        for number in range(6):
            sql = f"SELECT name FROM cat WHERE id = {number}"
            tracer.start_span("SELECT", attributes={"db.query.text": sql}).end()

    assert not found


def test_counts_of_a_test_pass_it_over() -> None:
    engine = make_shop()
    with record_queries(engine) as seen, engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        with ignore("known"):
            connection.execute(text("SELECT 2"))

    assert [query.sql for query in seen] == ["SELECT 1"]


@pytest.fixture
def exporter() -> Iterator[InMemorySpanExporter]:
    yield InMemorySpanExporter()
    SQLAlchemyInstrumentor().uninstrument()


def test_sqlalchemys_spans_tell_it_without_our_processor(exporter: InMemorySpanExporter) -> None:
    engine, provider = make_shop(), TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    SQLAlchemyInstrumentor().instrument(
        engine=engine, tracer_provider=provider, skip_dep_check=True
    )
    instrument(engine)

    with engine.connect() as connection, ignore("known"):
        connection.execute(text("SELECT 1"))

    assert (exporter.get_finished_spans()[-1].attributes or {})["nplusone.ignored"] == "known"


def test_it_decorates_functions_and_coroutine_functions() -> None:
    @ignore("known")
    def plain() -> str:
        return ignored_because()

    @ignore("awaited")
    async def waiting() -> str:
        await asyncio.sleep(0)
        return ignored_because()

    assert (plain(), asyncio.run(waiting()), ignored_because()) == ("known", "awaited", "")


def test_it_ends_with_an_error_and_nests() -> None:
    with pytest.raises(ZeroDivisionError), ignore("outer"):
        with ignore("inner"):
            assert ignored_because() == "inner"
        assert ignored_because() == "outer"
        raise ZeroDivisionError
    assert ignored_because() == ""


@pytest.mark.parametrize("why", ["", "  ", None])
def test_a_reason_has_to_be_given(why: str) -> None:
    with pytest.raises(UsageError, match="say why"):
        ignore(why)
