"""Prepare every way to read one clinic's stories for timing: the strategies and the raw driver."""

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from uuid import UUID

import psutil
import psycopg
from sqlalchemy import Engine, text
from sqlalchemy.engine import make_url

from bench.moved import Moved, counted
from clinic.api.cat_json import COLOR_NAMES, cats_json
from clinic.db import ClinicSession, make_engine
from clinic.stories.strategies import STRATEGIES

RAW = "raw driver"
SQL = """
    SELECT cat.id, cat.name, cat.age, cat.color, cat.lives FROM cat WHERE cat.id IN (
        SELECT appointment.cat_id FROM appointment
        JOIN clinic ON clinic.id = appointment.clinic_id WHERE clinic.name = {})
    ORDER BY cat.id"""
NUMBERED_COLORS = {int(color): name for color, name in COLOR_NAMES.items()}

Read = Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Reader:
    """Hold one way to read, what it moves, and the database process that serves it, if any."""

    read: Read
    moved: Moved
    backend: psutil.Process | None


@contextmanager
def readers_of(database_url: str, clinic_name: str) -> Iterator[Mapping[str, Reader]]:
    """Yield every strategy and the raw driver, each with its connection made."""
    engine = make_engine(database_url)
    is_sqlite = engine.dialect.name == "sqlite"
    try:
        backend = None if is_sqlite else _backend(engine)
        readers = {
            name: Reader(
                partial(_answer, engine, clinic_name, name),
                counted(database_url, partial(_answer, clinic_name=clinic_name, strategy=name)),
                backend,
            )
            for name in STRATEGIES
        }
        with (_raw_sqlite if is_sqlite else _raw_postgresql)(database_url, clinic_name) as raw:
            # The same statement: it moves what core moves.
            yield {**readers, RAW: replace(raw, moved=readers["core"].moved)}
    finally:
        engine.dispose()


def _answer(engine: Engine, clinic_name: str, strategy: str) -> bytes:
    with ClinicSession(engine) as session:
        return json.dumps(cats_json(STRATEGIES[strategy](session, clinic_name))).encode()


def _backend(engine: Engine) -> psutil.Process:
    """Find the server process of the engine's only connection: reads come one after the other."""
    with engine.connect() as connection:
        return psutil.Process(connection.scalar(text("SELECT pg_backend_pid()")))


@contextmanager
def _raw_sqlite(database_url: str, clinic_name: str) -> Iterator[Reader]:
    statement = SQL.format("?")
    with closing(sqlite3.connect(str(make_url(database_url).database))) as connection:

        def read() -> bytes:
            rows = connection.execute(statement, (clinic_name,)).fetchall()
            return _json((str(UUID(row[0])), *row[1:]) for row in rows)

        yield Reader(read, Moved(), None)


@contextmanager
def _raw_postgresql(database_url: str, clinic_name: str) -> Iterator[Reader]:
    statement = SQL.format("%s").encode()
    conninfo = database_url.replace("+psycopg", "")
    with psycopg.connect(conninfo) as connection:

        def read() -> bytes:
            # In a transaction, as psycopg does unless it is told otherwise, and SQLAlchemy does.
            rows = connection.execute(statement, (clinic_name,)).fetchall()
            connection.rollback()
            return _json((str(row[0]), *row[1:]) for row in rows)

        yield Reader(read, Moved(), psutil.Process(connection.info.backend_pid))


def _json(rows: Iterator[Sequence[Any]]) -> bytes:
    cats = [
        {"id": key, "name": name, "age": age, "color": NUMBERED_COLORS[color], "lives": lives}
        for key, name, age, color, lives in rows
    ]
    return json.dumps(cats).encode()
