"""Ask the database for what pages and API show, other than the Success Stories."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased

from clinic.errors import ClinicNotFound, RecordNotFound
from clinic.models import Appointment, Cat, Clinic, Color, Person, Veterinarian

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page:
    """Say which part of a list is wanted."""

    limit: int
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Listed(Generic[T]):
    """Hold a part of a list, and how long the whole is."""

    items: Sequence[T]
    total: int


@dataclass(frozen=True, slots=True)
class Visit:
    """Hold an appointment with the names of everybody in it."""

    id: uuid.UUID
    start: datetime
    duration: timedelta
    cat_id: uuid.UUID
    cat_name: str
    cat_color: Color
    owner_id: uuid.UUID
    owner_name: str
    clinic_id: uuid.UUID
    clinic_name: str
    veterinarian_id: uuid.UUID
    veterinarian_name: str


def clinics_containing(session: Session, text: str) -> Sequence[Clinic]:
    """Return the clinics whose name contains a text, by name, in one statement; "" is in all."""
    statement = select(Clinic).order_by(Clinic.name, Clinic.id)
    if text:
        statement = statement.where(Clinic.name.icontains(text, autoescape=True))
    return session.scalars(statement).all()


def clinics(session: Session, page: Page) -> Listed[Clinic]:
    """Return a part of the clinics, by name."""
    return _listed(session, select(Clinic), page, Clinic.name, Clinic.id)


def clinic(session: Session, clinic_id: uuid.UUID) -> Clinic:
    """Return a clinic; raise RecordNotFound."""
    return _get(session, Clinic, "clinic", clinic_id)


def clinic_named(session: Session, name: str) -> Clinic:
    """Return the clinic of that name; raise ClinicNotFound."""
    found = session.scalars(select(Clinic).where(Clinic.name == name)).one_or_none()
    if found is None:
        raise ClinicNotFound(name)
    return found


def veterinarians_of(session: Session, clinic_name: str) -> Sequence[Veterinarian]:
    """Return a clinic's veterinarians by name, in one statement; raise ClinicNotFound."""
    found = session.scalars(
        select(Veterinarian)
        .join(Clinic, Clinic.id == Veterinarian.clinic_id)
        .where(Clinic.name == clinic_name)
        .order_by(Veterinarian.surname, Veterinarian.given_name, Veterinarian.id)
    ).all()
    if not found and not clinic_exists(session, clinic_name):
        raise ClinicNotFound(clinic_name)
    return found


def veterinarians(session: Session, clinic_id: uuid.UUID, page: Page) -> Listed[Veterinarian]:
    """Return a part of a clinic's veterinarians, by name."""
    statement = select(Veterinarian).where(Veterinarian.clinic_id == clinic_id)
    by_name = (Veterinarian.surname, Veterinarian.given_name, Veterinarian.id)
    return _listed(session, statement, page, *by_name)


def veterinarian(session: Session, veterinarian_id: uuid.UUID) -> Veterinarian:
    """Return a veterinarian; raise RecordNotFound."""
    return _get(session, Veterinarian, "veterinarian", veterinarian_id)


def owners_at(
    session: Session, clinic_id: uuid.UUID, page: Page, *, name: str = ""
) -> Listed[Person]:
    """Return a part of those who come to a clinic, by name; `name` is how a surname begins."""
    visitors = select(Appointment.owner_id).where(Appointment.clinic_id == clinic_id)
    statement = select(Person).where(Person.id.in_(visitors))
    if name:
        statement = statement.where(Person.surname.istartswith(name, autoescape=True))
    return _listed(session, statement, page, Person.surname, Person.given_name, Person.id)


def owner(session: Session, owner_id: uuid.UUID) -> Person:
    """Return a person; raise RecordNotFound."""
    return _get(session, Person, "owner", owner_id)


def cats_of(session: Session, owner_id: uuid.UUID, page: Page) -> Listed[Cat]:
    """Return a part of an owner's cats, by name."""
    statement = select(Cat).where(Cat.owner_id == owner_id)
    return _listed(session, statement, page, Cat.name, Cat.id)


def preferred_veterinarian(session: Session, owner_id: uuid.UUID) -> Veterinarian | None:
    """Return whom an owner has seen most often, of equals the last; None before a first visit."""
    most_seen = (
        select(Appointment.veterinarian_id)
        .where(Appointment.owner_id == owner_id)
        .group_by(Appointment.veterinarian_id)
        .order_by(
            func.count().desc(), func.max(Appointment.start).desc(), Appointment.veterinarian_id
        )
        .limit(1)
        .scalar_subquery()
    )
    return session.scalars(select(Veterinarian).where(Veterinarian.id == most_seen)).one_or_none()


def visit(session: Session, appointment_id: uuid.UUID) -> Visit:
    """Return an appointment with its names, in one statement; raise RecordNotFound."""
    row = session.execute(_visits().where(Appointment.id == appointment_id)).one_or_none()
    if row is None:
        raise RecordNotFound("appointment", appointment_id)
    return Visit(*row)


def upcoming_visits(
    session: Session, owner_id: uuid.UUID, page: Page, *, now: datetime
) -> Listed[Visit]:
    """Return a part of the upcoming appointments of an owner, soonest first."""
    statement = _visits().where(Appointment.owner_id == owner_id, Appointment.start > now)
    total = session.scalar(select(func.count()).select_from(statement.subquery())) or 0
    ordered = statement.order_by(Appointment.start, Appointment.id)
    rows = session.execute(ordered.limit(page.limit).offset(page.offset))
    return Listed([Visit(*row) for row in rows], total)


def clinic_exists(session: Session, clinic_name: str) -> bool:
    """Tell whether there is a clinic of that name."""
    return session.scalar(select(Clinic.id).where(Clinic.name == clinic_name)) is not None


def is_answering(session: Session) -> bool:
    """Tell whether the database answers and holds a clinic; raise what the driver raises if not."""
    return session.scalar(select(Clinic.id).limit(1)) is not None


def _visits() -> "Select[*tuple[Any, ...]]":
    owner, doctor = aliased(Person), aliased(Person)
    return (
        select(
            Appointment.id,
            Appointment.start,
            Appointment.duration,
            Cat.id,
            Cat.name,
            Cat.color,
            owner.id,
            owner.given_name + " " + owner.surname,
            Clinic.id,
            Clinic.name,
            doctor.id,
            doctor.given_name + " " + doctor.surname,
        )
        .join(Cat, Cat.id == Appointment.cat_id)
        .join(owner, owner.id == Appointment.owner_id)
        .join(Clinic, Clinic.id == Appointment.clinic_id)
        .join(doctor, doctor.id == Appointment.veterinarian_id)
    )


def _listed(session: Session, statement: Select[T], page: Page, *order: Any) -> Listed[T]:
    """Return a part of a list in two statements: how many there are, and those of the page."""
    total = session.scalar(select(func.count()).select_from(statement.subquery())) or 0
    ordered = statement.order_by(*order).limit(page.limit).offset(page.offset)
    return Listed(session.scalars(ordered).all(), total)


def _get(session: Session, entity: type[T], kind: str, record_id: uuid.UUID) -> T:
    found = session.get(entity, record_id)
    if found is None:
        raise RecordNotFound(kind, record_id)
    return found
