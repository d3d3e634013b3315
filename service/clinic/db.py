"""Connect to the database, and select from it: the engine, and one session per request."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from flask import Flask, current_app, g
from sqlalchemy import Engine, create_engine, event, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.orm import Session

from clinic import latency, schema
from clinic.errors import ClinicNotFound
from clinic.models import Appointment, Cat, Clinic, Veterinarian
from clinic.telemetry import request_stats

if TYPE_CHECKING:
    _Mixin = Session  # a mixin may call what a session has
else:
    _Mixin = object

EXTENSION = "clinic-engine"
# As many connections as gunicorn has threads by default, and a few to spare.
POOL_SIZE = 8
CONNECT_TIMEOUT_S = 5
LOCK_TIMEOUT_S = 20


def make_engine(database_url: str) -> Engine:
    """Create an engine that never creates a database by connecting to it.

    A missing SQLite file is an error at the first connection (sqlite3.OperationalError), as a
    missing PostgreSQL database is, and not a new empty file.
    """
    url = make_url(database_url)
    if url.get_backend_name() != "sqlite":
        return create_engine(
            url,
            pool_size=POOL_SIZE,
            # A connection that an outage has cut is replaced, and not handed to a request.
            pool_pre_ping=True,
            connect_args={"connect_timeout": CONNECT_TIMEOUT_S},
        )
    # Bookings wait for one another: SQLite has one writer at a time.
    engine = create_engine(existing_file_url(url), connect_args={"timeout": LOCK_TIMEOUT_S})
    event.listen(engine, "connect", _enforce_foreign_keys)
    return engine


def sqlite_path(url: URL) -> Path | None:
    """Return the file behind a SQLite URL, or None for a database in memory or of another kind."""
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        return None
    return Path(url.database.removeprefix("file:"))


def existing_file_url(url: URL) -> URL:
    """Ask SQLite for read and write, but not for create."""
    path = sqlite_path(url)
    if path is None:
        return url
    return url.set(database=f"file:{path}").update_query_dict({"mode": "rw", "uri": "true"})


def _enforce_foreign_keys(connection: sqlite3.Connection, _record: Any) -> None:
    connection.execute("PRAGMA foreign_keys = ON")


class QueryMixin(_Mixin):
    """Give a session the clinic's own vocabulary."""

    def get_clinic(self, name: str) -> Clinic:
        """Return the clinic of this name; raise ClinicNotFound if there is none."""
        clinic = self.scalars(select(Clinic).where(Clinic.name == name)).one_or_none()
        if clinic is None:
            raise ClinicNotFound(name)
        return clinic

    def list_veterinarians(self, clinic: Clinic) -> Sequence[Veterinarian]:
        """Return those who work at a clinic."""
        return self.scalars(select(Veterinarian).where(Veterinarian.clinic_id == clinic.id)).all()

    def get_appointments(self, veterinarian: Veterinarian) -> Sequence[Appointment]:
        """Return a veterinarian's appointments, past and to come."""
        return self.scalars(
            select(Appointment).where(Appointment.veterinarian_id == veterinarian.id)
        ).all()

    def get_cat(self, appointment: Appointment) -> Cat:
        """Return the cat that an appointment is for."""
        return self.scalars(select(Cat).where(Cat.id == appointment.cat_id)).one()

    def list_cats_seen_at(self, clinic_name: str) -> list[Cat]:
        """Return every cat that had an appointment at a clinic, once, ordered by id."""
        cats: list[Cat] = []
        for veterinarian in self.list_veterinarians(self.get_clinic(clinic_name)):
            for appointment in self.get_appointments(veterinarian):
                cat = self.get_cat(appointment)
                if cat not in cats:
                    cats.append(cat)
        return sorted(cats, key=lambda cat: cat.id)


class ClinicSession(QueryMixin, Session):
    """Read and write the clinic's tables."""


def init_app(app: Flask, database_url: str, latency_ms: float = 0.0) -> Engine:
    """Give the application an engine, and every request its session.

    latency_ms: how long each statement waits besides.
    """
    engine = make_engine(database_url)
    schema.check_on_connect(engine)
    request_stats.count_statements(engine)
    latency.add_latency(engine, latency_ms)
    app.extensions[EXTENSION] = engine
    app.teardown_appcontext(_close_session)
    return engine


def close_app(app: Flask) -> None:
    """Close the application's connections."""
    engine: Engine = app.extensions[EXTENSION]
    engine.dispose()


def get_session() -> ClinicSession:
    """Return the session of this request; it is closed when the request ends."""
    if "session" not in g:
        g.session = ClinicSession(current_app.extensions[EXTENSION])
    return cast(ClinicSession, g.session)


def _close_session(_error: BaseException | None) -> None:
    session = g.pop("session", None)
    if session is not None:
        session.close()
