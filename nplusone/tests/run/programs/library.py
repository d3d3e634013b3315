"""Serve a small Flask application with an N+1 in it, which knows nothing of OpenTelemetry."""

from flask import Flask
from sqlalchemy import ForeignKey, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
from sqlalchemy.pool import StaticPool


class Base(DeclarativeBase):
    pass


class Shelf(Base):
    __tablename__ = "shelf"
    id: Mapped[int] = mapped_column(primary_key=True)
    books: Mapped[list["Book"]] = relationship()


class Book(Base):
    __tablename__ = "book"
    id: Mapped[int] = mapped_column(primary_key=True)
    shelf_id: Mapped[int] = mapped_column(ForeignKey("shelf.id"))


engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
Base.metadata.create_all(engine)
with Session(engine) as session:
    session.add_all(Shelf(id=number, books=[Book()]) for number in range(1, 13))
    session.commit()

app = Flask(__name__)


@app.get("/shelves")
def shelves() -> dict[str, int]:
    with Session(engine) as session:
        return {str(shelf.id): len(shelf.books) for shelf in session.scalars(select(Shelf))}


@app.get("/health")
def health() -> str:
    return "ok"
