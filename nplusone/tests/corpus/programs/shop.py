"""Define a small shop: the models of the SQLAlchemy programs, and its rows."""

from sqlalchemy import Engine, ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship


class Base(DeclarativeBase):
    """Hold the shop's tables."""


class Customer(Base):
    __tablename__ = "customer"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str | None]


class Order(Base):
    __tablename__ = "order_"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    customer: Mapped[Customer] = relationship()
    lines: Mapped[list["Line"]] = relationship()


class Line(Base):
    __tablename__ = "line"
    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("order_.id"))
    product: Mapped[str]


class Setting(Base):
    __tablename__ = "setting"
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


def fill(engine: Engine, orders: int) -> None:
    """Make the tables, with a customer and a line for each order."""
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        numbers = range(1, orders + 1)
        session.add_all(Customer(id=n, name=f"customer {n}") for n in numbers)
        session.flush()
        session.add_all(Order(id=n, customer_id=n) for n in numbers)
        session.flush()
        session.add_all(Line(order_id=n, product="food") for n in numbers)
        session.add(Setting(name="currency", value="EUR"))
        session.commit()
