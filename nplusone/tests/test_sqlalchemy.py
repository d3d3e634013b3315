"""Test what otel_nplusone.sqlalchemy tells on DB spans."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor
from opentelemetry.instrumentation.utils import suppress_instrumentation
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, Tracer
from sqlalchemy import Engine, bindparam, create_engine, insert, select, text, update
from sqlalchemy.orm import Session

from nplusone.tests.shop import Book, Shelf, make_shop
from otel_nplusone._core.detect import find_n_plus_one
from otel_nplusone._core.model import Trace
from otel_nplusone._live.described import ValuesHash
from otel_nplusone._live.sdk_spans import to_model
from otel_nplusone.live import NPlusOneSpanProcessor
from otel_nplusone.sqlalchemy import instrument, uninstrument


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def provider(exporter: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch) -> TracerProvider:
    monkeypatch.setenv("OTEL_SEMCONV_STABILITY_OPT_IN", "database,http")
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return provider


@pytest.fixture
def tracer(provider: TracerProvider) -> Tracer:
    return provider.get_tracer("test")


@pytest.fixture
def engine(provider: TracerProvider) -> Iterator[Engine]:
    engine = make_shop()
    yield from _instrumented(engine, provider)


@pytest.fixture
def file_engine(provider: TracerProvider, tmp_path: Path) -> Iterator[Engine]:
    yield from _instrumented(create_engine(f"sqlite:///{tmp_path}/shop.db"), provider)


def _instrumented(engine: Engine, provider: TracerProvider) -> Iterator[Engine]:
    instrumentor = SQLAlchemyInstrumentor()
    instrumentor.instrument(engine=engine, tracer_provider=provider, skip_dep_check=True)
    instrument(engine)
    yield engine
    instrumentor.uninstrument()
    engine.dispose()


def _statements(exporter: InMemorySpanExporter) -> Sequence[ReadableSpan]:
    return [
        span
        for span in exporter.get_finished_spans()
        if span.attributes is not None and "db.query.text" in span.attributes
    ]


def _values(exporter: InMemorySpanExporter, key: str) -> list[object]:
    return [(span.attributes or {}).get(key) for span in _statements(exporter)]


def test_span_is_named_by_verb_and_table(engine: Engine, exporter: InMemorySpanExporter) -> None:
    with Session(engine) as session:
        session.scalars(select(Shelf)).all()

    (span,) = _statements(exporter)
    assert span.name == "SELECT shelf"
    assert span.attributes is not None
    assert span.attributes["db.query.summary"] == "SELECT shelf"
    assert span.attributes["db.operation.name"] == "SELECT"


def test_namespace_of_sqlite_is_the_files_name_without_its_folder(
    file_engine: Engine, exporter: InMemorySpanExporter
) -> None:
    with file_engine.connect() as connection:
        connection.execute(text("SELECT 1"))

    assert _values(exporter, "db.namespace") == ["shop.db"]


def test_equal_values_have_one_hash_and_others_another(
    engine: Engine, exporter: InMemorySpanExporter
) -> None:
    with engine.connect() as connection:
        for key in (1, 2, 1):
            connection.execute(select(Shelf.id).where(Shelf.id == key))

    first, second, third = _values(exporter, "nplusone.values_hash")
    assert first == third
    assert first != second


def test_hash_of_a_value_differs_from_engine_to_engine_and_is_not_the_value(
    engine: Engine, file_engine: Engine, exporter: InMemorySpanExporter
) -> None:
    for one in (engine, file_engine):
        with one.connect() as connection:
            connection.execute(text("SELECT :value"), {"value": 4711})

    hashes = _values(exporter, "nplusone.values_hash")
    assert len(set(hashes)) == len(hashes)
    assert "4711" not in str([dict(span.attributes or {}) for span in _statements(exporter)])


def test_statement_without_values_has_no_hash(
    engine: Engine, exporter: InMemorySpanExporter
) -> None:
    with engine.connect() as connection:
        connection.execute(text("SELECT 1"))

    assert _values(exporter, "nplusone.values_hash") == [None]


def test_batch_has_no_hash(engine: Engine, exporter: InMemorySpanExporter) -> None:
    with engine.begin() as connection:
        connection.execute(insert(Shelf), [{"id": 101}, {"id": 102}])

    assert _values(exporter, "nplusone.values_hash") == [None]


def test_values_that_cannot_be_hashed_have_a_hash_all_the_same() -> None:
    one, other = ({"ids": [1, 2]}, {"ids": [1, 3]})

    hashed = ValuesHash()
    assert hashed(one) == hashed(one)
    assert hashed(one) != hashed(other)


def test_location_is_told_from_the_fifth_repeat_on(
    engine: Engine, exporter: InMemorySpanExporter, tracer: Tracer
) -> None:
    with tracer.start_as_current_span("request"), Session(engine) as session:
        for key in range(1, 7):
            session.scalars(select(Book).where(Book.id == key)).one()

    here = "test_location_is_told_from_the_fifth_repeat_on"
    functions = _values(exporter, "code.function.name")
    assert functions[:4] == [None] * 4
    assert [str(function).rpartition(".")[2] for function in functions[4:]] == [here, here]
    assert _values(exporter, "code.file.path")[4:] == [__file__, __file__]
    line = _values(exporter, "code.line.number")[4]
    assert isinstance(line, int)
    assert "session.scalars" in Path(__file__).read_text().splitlines()[line - 1]


def test_repeats_of_another_trace_do_not_count(
    engine: Engine, exporter: InMemorySpanExporter, tracer: Tracer
) -> None:
    for _ in range(2):
        with tracer.start_as_current_span("request"), engine.connect() as connection:
            for key in range(4):
                connection.execute(select(Book.id).where(Book.id == key))

    assert set(_values(exporter, "code.function.name")) == {None}


def test_lazy_load_names_its_relationship(
    engine: Engine, exporter: InMemorySpanExporter, tracer: Tracer
) -> None:
    with tracer.start_as_current_span("request"), Session(engine) as session:
        assert [len(shelf.books) for shelf in session.scalars(select(Shelf))] == [1] * 6

    assert _values(exporter, "nplusone.relationship")[1:] == [None] * 4 + ["Shelf.books"] * 2


def test_lazy_load_by_key_names_its_relationship(
    engine: Engine, exporter: InMemorySpanExporter, tracer: Tracer
) -> None:
    with tracer.start_as_current_span("request"), Session(engine) as session:
        assert [book.shelf.id for book in session.scalars(select(Book))] == [1, 2, 3, 4, 5, 6]

    assert _values(exporter, "nplusone.relationship")[-1] == "Book.shelf"


def test_statement_of_the_application_has_no_relationship(
    engine: Engine, exporter: InMemorySpanExporter, tracer: Tracer
) -> None:
    with tracer.start_as_current_span("request"), Session(engine) as session:
        for key in range(1, 7):
            session.get_one(Book, key)

    assert set(_values(exporter, "nplusone.relationship")) == {None}


def test_suppressed_instrumentation_is_left_alone(
    engine: Engine, exporter: InMemorySpanExporter
) -> None:
    with suppress_instrumentation(), engine.connect() as connection:
        assert connection.scalar(text("SELECT 1")) == 1

    assert exporter.get_finished_spans() == ()


def test_engine_that_is_described_twice_counts_once(
    engine: Engine, exporter: InMemorySpanExporter, tracer: Tracer
) -> None:
    instrument(engine)

    with tracer.start_as_current_span("request"), engine.connect() as connection:
        for key in range(4):
            connection.execute(select(Book.id).where(Book.id == key))

    assert set(_values(exporter, "code.function.name")) == {None}


def test_uninstrumented_engine_has_its_spans_left_alone(
    engine: Engine, exporter: InMemorySpanExporter
) -> None:
    uninstrument(engine)
    uninstrument(engine)

    with engine.connect() as connection:
        connection.execute(select(Shelf.id).where(Shelf.id == 1))

    assert _values(exporter, "nplusone.values_hash") == [None]


@pytest.mark.parametrize(
    ("rows", "found"), [(1, ["row_by_row_write"]), (3, [])], ids=["a row each", "batches"]
)
def test_executemany_again_and_again_is_a_batch_if_it_has_several_rows(
    engine: Engine, provider: TracerProvider, tracer: Tracer, rows: int, found: list[str]
) -> None:
    marked = InMemorySpanExporter()
    provider.add_span_processor(NPlusOneSpanProcessor(SimpleSpanProcessor(marked)))
    move = update(Book.__table__).where(Book.id == bindparam("book")).values(shelf_id=1)  # type: ignore[arg-type]  # a Table
    with tracer.start_as_current_span("POST /books", kind=SpanKind.SERVER), engine.begin() as to:
        for _ in range(6):
            to.execute(move, [{"book": number} for number in range(1, rows + 1)])

    spans = marked.get_finished_spans()
    live = [(span.attributes or {}).get("nplusone.class") for span in spans]
    scanned = find_n_plus_one(Trace("", tuple(to_model(span, span.context) for span in spans)))
    assert list(filter(None, live)) == found
    assert [finding.what.repeat_class.value for finding in scanned] == found
