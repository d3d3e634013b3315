"""Run programs on SQLAlchemy Core, with the old semantic conventions."""

from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor
from sqlalchemy import Connection, bindparam, create_engine, delete, select, text, update
from sqlalchemy.pool import StaticPool

from nplusone.tests.corpus.programs.shop import Customer, Order, fill
from nplusone.tests.corpus.recording import Recorder


def main() -> None:
    """Record all cases of this program."""
    recorder = Recorder("shop-core")
    engine = create_engine("sqlite://", poolclass=StaticPool)
    fill(engine, orders=20)
    SQLAlchemyInstrumentor().instrument(
        engine=engine, tracer_provider=recorder.provider, skip_dep_check=True
    )
    with engine.connect() as connection:
        _reads(recorder, connection)
        _writes(recorder, connection)
    engine.dispose()


def _reads(recorder: Recorder, connection: Connection) -> None:
    with recorder.request("core_loop", "/orders"):
        for (customer_id,) in connection.execute(select(Order.customer_id).limit(9)).all():
            connection.execute(select(Customer.name).where(Customer.id == customer_id))
    with recorder.request("core_literals", "/orders"):
        for (customer_id,) in connection.execute(select(Order.customer_id).limit(9)).all():
            connection.execute(text(f"SELECT name FROM customer WHERE id = {customer_id}"))
    with recorder.request("core_same_literal", "/home"):
        for _ in range(8):
            connection.execute(text("SELECT name FROM customer WHERE id = 1"))
    with recorder.request("core_join", "/orders"):
        joined = select(Order.id, Customer.name).join(Customer)
        connection.execute(joined).all()


def _writes(recorder: Recorder, connection: Connection) -> None:
    with recorder.request("core_update_rows", "/rename"):
        for number in range(1, 8):
            connection.execute(
                update(Customer).where(Customer.id == number).values(name=f"new {number}")
            )
    with recorder.request("core_executemany", "/rename"):
        connection.execute(
            update(Customer.__table__)  # type: ignore[arg-type]  # a Table, in the declarative type
            .where(Customer.id == bindparam("number"))
            .values(name=bindparam("new")),
            [{"number": number, "new": f"newer {number}"} for number in range(1, 20)],
        )
    with recorder.request("core_delete_rows", "/forget"):
        for number in range(1, 7):
            connection.execute(delete(Customer).where(Customer.id == number))


if __name__ == "__main__":
    main()
