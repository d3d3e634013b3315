"""Trace a Flask application: `gunicorn flask_app:app`."""

from flask import Flask
from opentelemetry.instrumentation.flask import FlaskInstrumentor
from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor
from sqlalchemy import ForeignKey, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
from tracing import start

from otel_nplusone.sqlalchemy import instrument


class Base(DeclarativeBase):
    """Hold the tables."""


class Author(Base):
    __tablename__ = "author"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Book(Base):
    __tablename__ = "book"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    author_id: Mapped[int] = mapped_column(ForeignKey("author.id"))
    author: Mapped[Author] = relationship()


app = Flask(__name__)
engine = create_engine("sqlite:///books.db")

provider = start()
FlaskInstrumentor().instrument_app(app, tracer_provider=provider)
# skip_dep_check: it works with SQLAlchemy 2.1, and refuses it without
SQLAlchemyInstrumentor().instrument(engine=engine, tracer_provider=provider, skip_dep_check=True)
instrument(engine)


@app.get("/books")
def books() -> list[str]:
    with Session(engine) as session:
        return [f"{book.title}, {book.author.name}" for book in session.scalars(select(Book))]


def fill() -> None:
    """Write twelve books, each of another author."""
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    with Session(engine) as session, session.begin():
        for number in range(12):
            session.add(Book(title=f"Book {number}", author=Author(name=f"Author {number}")))


if __name__ == "__main__":
    fill()
