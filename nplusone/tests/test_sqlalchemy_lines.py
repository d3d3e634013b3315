"""Test what works on every line of SQLAlchemy that is supported: 1.4, 2.0 and 2.1.

`make test` runs it on the pinned one, `make test-sqlalchemy20` and `make test-sqlalchemy14` on the
others; so it keeps to what all of them have.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sqlalchemy import Column, ForeignKey, Integer, create_engine, select
from sqlalchemy.orm import Session, declarative_base, relationship
from sqlalchemy.pool import StaticPool

from otel_nplusone._testing.growth import assert_constant_queries
from otel_nplusone._testing.recorder import record_queries
from otel_nplusone.errors import TooManyQueriesError
from otel_nplusone.live import NPlusOneSpanProcessor
from otel_nplusone.sqlalchemy import instrument

SHELVES = 6

Base: Any = declarative_base()


class Shelf(Base):  # type: ignore[misc]  # the base of 1.4 has no type
    __tablename__ = "shelf"
    id: Any = Column(Integer, primary_key=True)
    books = relationship("Book")


class Book(Base):  # type: ignore[misc]  # the base of 1.4 has no type
    __tablename__ = "book"
    id: Any = Column(Integer, primary_key=True)
    shelf_id: Any = Column(ForeignKey("shelf.id"))


@pytest.fixture
def engine() -> Iterator[Any]:
    engine = create_engine("sqlite://", poolclass=StaticPool)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Shelf(id=number, books=[Book()]) for number in range(1, 1 + SHELVES)])
        session.commit()
    yield engine
    engine.dispose()


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def provider(
    engine: Any, exporter: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> Iterator[TracerProvider]:
    """Make a provider whose traces have the engine's statements, described and counted."""
    monkeypatch.setenv("OTEL_SEMCONV_STABILITY_OPT_IN", "database,http")
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(NPlusOneSpanProcessor(SimpleSpanProcessor(exporter)))
    instrumentor = SQLAlchemyInstrumentor()
    instrumentor.instrument(engine=engine, tracer_provider=provider, skip_dep_check=True)
    instrument(engine)
    yield provider
    instrumentor.uninstrument()


def count_books(engine: Any) -> int:
    with Session(engine) as session:
        return sum(len(shelf.books) for shelf in session.execute(select(Shelf)).scalars())


def test_lazy_load_is_found_with_its_line_and_relationship(
    engine: Any, provider: TracerProvider, exporter: InMemorySpanExporter
) -> None:
    with provider.get_tracer("test").start_as_current_span("GET /shelves"):
        assert count_books(engine) == SHELVES

    *_, last, root = exporter.get_finished_spans()
    told, found = dict(last.attributes or {}), dict(root.attributes or {})
    assert last.name == "SELECT book"
    assert told["code.file.path"] == __file__
    assert str(told["code.function.name"]).endswith("count_books.<locals>.<genexpr>")
    assert told["nplusone.relationship"] == "Shelf.books"
    assert (found["nplusone.class"], found["nplusone.repeats"]) == ("n_plus_one", SHELVES)


def test_statements_are_recorded_with_their_relationship(engine: Any) -> None:
    with record_queries(engine) as seen:
        count_books(engine)

    assert len(seen) == 1 + SHELVES
    assert seen[-1].place.endswith("loading Shelf.books")


def test_growth_is_an_error(engine: Any) -> None:
    def keep(rows: int) -> None:
        with Session(engine) as session:
            session.query(Shelf).delete()
            session.add_all([Shelf(id=number, books=[Book()]) for number in range(1, 1 + rows)])
            session.commit()

    with pytest.raises(TooManyQueriesError, match="3 for 2 rows, 10 for 9"):
        assert_constant_queries(lambda: count_books(engine), keep, (2, 9), engine=engine)


def test_nothing_of_it_needs_greenlet(tmp_path: Path) -> None:
    """Work without greenlet: SQLAlchemy 2.1 does not install it, and its asyncio fails then."""
    program = (
        "import sys; sys.modules['greenlet'] = None;"
        "import otel_nplusone.sqlalchemy, otel_nplusone._testing.recorder;"
        "import otel_nplusone.pytest_plugin;"
        "from sqlalchemy import create_engine, text;"
        "engine = create_engine('sqlite://');"
        "otel_nplusone.sqlalchemy.instrument(engine);"
        "seen = otel_nplusone._testing.recorder.record_queries(engine);"
        "queries = seen.__enter__();"
        "engine.connect().execute(text('SELECT 1'));"
        "print(len(queries), queries[0].caller)"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert done.stdout == "1 None\n", done.stderr


def test_without_greenlet_a_program_runs_on_and_is_told_that_sql_leaves_no_spans() -> None:
    program = (
        "import sys; sys.modules['greenlet'] = None;"
        "from otel_nplusone._run.engines import instrument_newer_sqlalchemy;"
        "instrument_newer_sqlalchemy(); print('runs on')"
    )
    environment = os.environ | {"OTEL_TRACES_EXPORTER": "nplusone"}
    is_newer = tuple(map(int, sqlalchemy.__version__.split(".")[:2])) >= (2, 1)

    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True
    )

    assert done.stdout == "runs on\n", done.stderr
    assert ("SQL leaves no spans" in done.stderr) == is_newer
