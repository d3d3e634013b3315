"""Run programs on SQLAlchemy's ORM, with the stable semantic conventions."""

import io
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import chdir, contextmanager

from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor
from opentelemetry.trace import SpanKind
from sqlalchemy import Engine, create_engine, event, insert, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, joinedload, selectinload

from nplusone.tests.corpus.programs.shop import Customer, Line, Order, Setting, fill
from nplusone.tests.corpus.recording import Recorder

_NETWORK_S = 0.012


def main() -> None:
    """Record all cases of this program."""
    os.environ["OTEL_SEMCONV_STABILITY_OPT_IN"] = "database,http"
    recorder = Recorder("shop")
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        engine = create_engine("sqlite:///shop.db", connect_args={"timeout": 0})
        fill(engine, orders=2_600)
        SQLAlchemyInstrumentor().instrument(
            engine=engine, tracer_provider=recorder.provider, skip_dep_check=True
        )
        _faults(recorder, engine)
        _writes(recorder, engine)
        _near_misses(recorder, engine)
        _locked(recorder, engine)
        engine.dispose()


def _orders(session: Session, count: int) -> list[Order]:
    return list(session.scalars(select(Order).order_by(Order.id).limit(count)))


def _customers_of(engine: Engine, count: int) -> list[str]:
    with Session(engine) as session:
        return [order.customer.name for order in _orders(session, count)]


@contextmanager
def _over_network(engine: Engine) -> Iterator[None]:
    """Let each statement take as long as one over a network does; inside its span."""

    def wait(*arguments: object) -> None:
        time.sleep(_NETWORK_S)

    event.listen(engine, "before_cursor_execute", wait)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", wait)


def _faults(recorder: Recorder, engine: Engine) -> None:
    nowhere = io.StringIO()
    with recorder.request("orm_many_to_one", "/orders"):
        _customers_of(engine, 12)
    with recorder.request("orm_over_network", "/orders"), _over_network(engine):
        _customers_of(engine, 12)
    with (
        recorder.case("orm_missing_root", lambda span: span.kind is not SpanKind.SERVER),
        recorder.server("/orders"),
    ):
        _customers_of(engine, 12)
    with recorder.request("orm_in_serializers", "/orders"), Session(engine) as session:
        for order in _orders(session, 9):
            with recorder.internal("serialize order"):
                print(*(line.product for line in order.lines), file=nowhere)
    with recorder.request("orm_between_spans", "/orders"), Session(engine) as session:
        for number, order in enumerate(_orders(session, 7)):
            with recorder.internal(f"render {order.customer.name}"):
                session.execute(text(f"SELECT name AS column_{number} FROM setting"))
    with recorder.request("orm_nested", "/orders"), Session(engine) as session:
        for order in _orders(session, 8):
            print(order.customer.name, *(line.product for line in order.lines), file=nowhere)
    with recorder.request("orm_redundant", "/home"):
        for _ in range(7):
            with Session(engine) as session:
                session.scalars(select(Setting)).all()


def _writes(recorder: Recorder, engine: Engine) -> None:
    with recorder.request("orm_insert_rows", "/import"), Session(engine) as session:
        for number in range(6):
            session.add(Line(order_id=1, product=f"toy {number}"))
            session.flush()
        session.commit()
    with recorder.request("orm_add_all", "/import"), Session(engine) as session:
        session.add_all(Line(order_id=1, product=f"toy {n}") for n in range(50))
        session.commit()
    with recorder.request("orm_insert_batch", "/import"), Session(engine) as session:
        session.add_all(Line(id=100_000 + n, order_id=1, product=f"toy {n}") for n in range(100))
        session.commit()
    with recorder.request("orm_insert_batches", "/import"), Session(engine) as session:
        rows = [{"order_id": 1, "product": f"toy {n}"} for n in range(2_000)]
        for start in range(0, len(rows), 300):
            session.execute(insert(Line).values(rows[start : start + 300]))
        session.commit()


def _near_misses(recorder: Recorder, engine: Engine) -> None:
    with recorder.request("orm_four_repeats", "/orders"):
        _customers_of(engine, 4)
    with recorder.request("orm_joined", "/orders"), Session(engine) as session:
        session.scalars(select(Order).options(joinedload(Order.customer)).limit(20)).all()
    with recorder.request("orm_selectin", "/orders"), Session(engine) as session:
        session.scalars(select(Order).options(selectinload(Order.lines)).limit(20)).all()
    with recorder.request("orm_chunks", "/orders"), Session(engine) as session:
        session.scalars(select(Order).options(selectinload(Order.lines))).all()
    with (
        recorder.request("orm_chunks_over_network", "/orders"),
        _over_network(engine),
        Session(engine) as session,
    ):
        session.scalars(select(Order).options(selectinload(Order.lines))).all()
    with recorder.request("orm_mixed", "/report"), Session(engine) as session:
        for number in range(12):
            session.execute(text(f"SELECT count(*) AS column_{number} FROM customer"))
    with recorder.request("orm_connects", "/report"):
        for number in range(10):
            with Session(engine) as session:
                session.execute(text(f"SELECT max(id) AS column_{number} FROM line"))
    with recorder.request("orm_health", "/healthz"):
        for _ in range(6):
            with engine.connect() as connection:
                connection.execute(text("SELECT 1"))
    with (
        recorder.case("orm_siblings"),
        recorder.tracer.start_as_current_span("open page", kind=SpanKind.CLIENT),
    ):
        for number in range(1, 11):
            with recorder.server("/customer/<id>"), Session(engine) as session:
                session.get(Customer, number)


def _locked(recorder: Recorder, engine: Engine) -> None:
    """Send an UPDATE that fails while somebody else writes, and succeeds when they are done."""
    with recorder.request("orm_retries", "/customer/<id>"), engine.connect() as other:
        other.exec_driver_sql("BEGIN IMMEDIATE")
        for attempt in range(7):
            if attempt == 6:
                other.rollback()
            _try_update(engine)


def _try_update(engine: Engine) -> None:
    with Session(engine) as session:
        customer = session.get_one(Customer, 1)
        customer.name += "!"
        try:
            session.commit()
        except OperationalError:
            session.rollback()


if __name__ == "__main__":
    main()
