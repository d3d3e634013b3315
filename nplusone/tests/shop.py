"""Define a small schema for tests: shelves with books."""

from sqlalchemy import Engine, ForeignKey, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
from sqlalchemy.pool import StaticPool


class Base(DeclarativeBase):
    pass


class Shelf(Base):
    __tablename__ = "shelf"
    id: Mapped[int] = mapped_column(primary_key=True)
    books: Mapped[list["Book"]] = relationship(back_populates="shelf")


class Book(Base):
    __tablename__ = "book"
    id: Mapped[int] = mapped_column(primary_key=True)
    shelf_id: Mapped[int] = mapped_column(ForeignKey("shelf.id"))
    shelf: Mapped[Shelf] = relationship(back_populates="books")


def make_shop(shelves: int = 6) -> Engine:
    """Create a shop in memory, with a book on each shelf, that every thread sees."""
    engine = create_engine(
        "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}
    )
    Base.metadata.create_all(engine)
    fill(engine, shelves)
    return engine


def fill(engine: Engine, shelves: int) -> None:
    """Put as many shelves into the shop, in place of those that are there."""
    with Session(engine) as session:
        session.query(Book).delete()
        session.query(Shelf).delete()
        session.add_all(Shelf(id=number, books=[Book()]) for number in range(1, shelves + 1))
        session.commit()
