"""Trace an asynchronous FastAPI application: `uvicorn fastapi_app:app`."""

import asyncio

from fastapi import FastAPI
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor
from sqlalchemy import ForeignKey, select
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
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


app = FastAPI()
engine = create_async_engine("sqlite+aiosqlite:///books.db")

provider = start()
FastAPIInstrumentor.instrument_app(app, tracer_provider=provider)
SQLAlchemyInstrumentor().instrument(
    engine=engine.sync_engine, tracer_provider=provider, skip_dep_check=True
)
instrument(engine.sync_engine)


@app.get("/books")
async def books() -> list[str]:
    async with AsyncSession(engine) as session:
        lines = []
        for book in await session.scalars(select(Book)):
            author = await session.get_one(Author, book.author_id)
            lines.append(f"{book.title}, {author.name}")
        return lines


async def fill() -> None:
    """Write twelve books, each of another author."""
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    async with AsyncSession(engine) as session, session.begin():
        for number in range(12):
            session.add(Book(title=f"Book {number}", author=Author(name=f"Author {number}")))


if __name__ == "__main__":
    asyncio.run(fill())
