"""Read the cats of the Success Stories, in eleven ways: the heart of the incident.

Every strategy lists each cat ever seen at a clinic, once, ordered by id (collations differ between
databases; ids do not), and all of them return the same cats. They differ in what they send, for a
clinic of V veterinarians and A appointments of C different cats:

    naive         2 + V + A   the clinic, its veterinarians, for each the appointments, for each
                              the cat: an N+1 inside an N+1
    identity_map  2 + V + C   a cat that the session knows already is not asked for again
    lazy          2 + V + C   the same, hidden in relationships
    selectin      4           one more for each further 500 keys
    subquery      4
    joined        1           every row carries its clinic and its veterinarian
    batched       2 + V       the cats of one veterinarian at once
    distinct      1           the cats, joined to their appointments and deduplicated
    exists        1           the cats for which there is an appointment
    in_subquery   1           the cats whose id is among the appointments'
    core          1           the same, and rows instead of entities: the fix
"""

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from itertools import starmap
from types import MappingProxyType
from typing import NamedTuple, Protocol

from sqlalchemy import BindParameter, Select, bindparam, select
from sqlalchemy.orm import joinedload, lazyload, selectinload, subqueryload
from sqlalchemy.sql.base import ExecutableOption

from clinic.db import ClinicSession
from clinic.errors import ClinicNotFound
from clinic.models import Appointment, Cat, Clinic, Color, Veterinarian
from clinic.queries import clinic_exists


class SeenCat(Protocol):
    """Name what a page needs to know of a cat: a Cat entity has it, and so has a CatRow."""

    @property
    def id(self) -> uuid.UUID: ...
    @property
    def name(self) -> str: ...
    @property
    def age(self) -> int: ...
    @property
    def color(self) -> Color: ...
    @property
    def lives(self) -> int: ...


class CatRow(NamedTuple):
    """Hold a cat as the database sends it: a tuple, whose fields cost next to nothing to read."""

    id: uuid.UUID
    name: str
    age: int
    color: Color
    lives: int


Strategy = Callable[[ClinicSession, str], Sequence[SeenCat]]


def naive(session: ClinicSession, clinic_name: str) -> Sequence[SeenCat]:
    """Read the cats as the page did when it was launched."""
    return session.list_cats_seen_at(clinic_name)


def identity_map(session: ClinicSession, clinic_name: str) -> Sequence[SeenCat]:
    """Loop as naive does, and ask for a cat by its key: the session answers for those it knows."""
    cats: set[Cat] = set()
    for veterinarian in session.list_veterinarians(session.get_clinic(clinic_name)):
        for appointment in session.get_appointments(veterinarian):
            cats.add(session.get_one(Cat, appointment.cat_id))
    return _by_id(cats)


def lazy(session: ClinicSession, clinic_name: str) -> Sequence[SeenCat]:
    """Follow relationships that load themselves when they are touched: the N+1 in disguise."""
    return _through_relationships(
        session,
        clinic_name,
        lazyload(Clinic.veterinarians)
        .lazyload(Veterinarian.appointments)
        .lazyload(Appointment.cat),
    )


def selectin(session: ClinicSession, clinic_name: str) -> Sequence[SeenCat]:
    """Follow relationships that are loaded a level at a time, by `IN (…)` of up to 500 keys."""
    return _through_relationships(
        session,
        clinic_name,
        selectinload(Clinic.veterinarians)
        .selectinload(Veterinarian.appointments)
        .selectinload(Appointment.cat),
    )


def subquery(session: ClinicSession, clinic_name: str) -> Sequence[SeenCat]:
    """Follow relationships that are loaded a level at a time, by repeating the query above."""
    return _through_relationships(
        session,
        clinic_name,
        subqueryload(Clinic.veterinarians)
        .subqueryload(Veterinarian.appointments)
        .subqueryload(Appointment.cat),
    )


def joined(session: ClinicSession, clinic_name: str) -> Sequence[SeenCat]:
    """Follow relationships that all come in one statement: a row for each appointment."""
    return _through_relationships(
        session,
        clinic_name,
        joinedload(Clinic.veterinarians)
        .joinedload(Veterinarian.appointments)
        .joinedload(Appointment.cat),
    )


def batched(session: ClinicSession, clinic_name: str) -> Sequence[SeenCat]:
    """Ask once for each veterinarian: an N+1 whose N is small."""
    cats: set[Cat] = set()
    for veterinarian in session.list_veterinarians(session.get_clinic(clinic_name)):
        seen = select(Appointment.cat_id).where(Appointment.veterinarian_id == veterinarian.id)
        cats.update(session.scalars(select(Cat).where(Cat.id.in_(seen))))
    return _by_id(cats)


def distinct(session: ClinicSession, clinic_name: str) -> Sequence[SeenCat]:
    """Join the cats to their appointments and let the database drop the repetitions."""
    statement = (
        select(Cat)
        .join(Appointment, Appointment.cat_id == Cat.id)
        .join(Clinic, Clinic.id == Appointment.clinic_id)
        .where(Clinic.name == clinic_name)
        .distinct()
    )
    return _entities(session, clinic_name, statement)


def exists(session: ClinicSession, clinic_name: str) -> Sequence[SeenCat]:
    """Ask for the cats for which there is an appointment at the clinic."""
    appointment = (
        select(Appointment.id)
        .join(Clinic, Clinic.id == Appointment.clinic_id)
        .where(Clinic.name == clinic_name, Appointment.cat_id == Cat.id)
        .exists()
    )
    return _entities(session, clinic_name, select(Cat).where(appointment))


def in_subquery(session: ClinicSession, clinic_name: str) -> Sequence[SeenCat]:
    """Ask for the cats whose id is among those of the clinic's appointments."""
    statement = select(Cat).where(Cat.id.in_(_seen_at(clinic_name)))
    return _entities(session, clinic_name, statement)


def core(session: ClinicSession, clinic_name: str) -> Sequence[SeenCat]:
    """Read the cats in one statement, and only the columns that the page shows.

    Rows are not entities: the session neither hydrates nor tracks them, which is most of what is
    left of the time once the number of statements is one.
    """
    rows = session.connection().execute(_rows_of_seen_cats(), {"clinic_name": clinic_name})
    cats = list(starmap(CatRow, rows.all()))
    if not cats:
        _require_clinic(session, clinic_name)
    return cats


@cache
def _rows_of_seen_cats() -> "Select[uuid.UUID, str, int, Color, int]":
    """Build core's statement once: SQLAlchemy need not work out for each request which it is."""
    return (
        select(Cat.id, Cat.name, Cat.age, Cat.color, Cat.lives)
        .where(Cat.id.in_(_seen_at(bindparam("clinic_name"))))
        .order_by(Cat.id)
    )


def _seen_at(clinic_name: str | BindParameter[str]) -> Select[uuid.UUID]:
    """Select the ids of the cats that had an appointment, once for each appointment."""
    return (
        select(Appointment.cat_id)
        .join(Clinic, Clinic.id == Appointment.clinic_id)
        .where(Clinic.name == clinic_name)
    )


def _through_relationships(
    session: ClinicSession, clinic_name: str, loader: ExecutableOption
) -> Sequence[SeenCat]:
    """Loop as naive does, over relationships that are loaded as the option says."""
    statement = select(Clinic).where(Clinic.name == clinic_name).options(loader)
    clinic = session.scalars(statement).unique().one_or_none()
    if clinic is None:
        raise ClinicNotFound(clinic_name)
    return _by_id(
        {
            appointment.cat
            for veterinarian in clinic.veterinarians
            for appointment in veterinarian.appointments
        }
    )


def _entities(
    session: ClinicSession, clinic_name: str, statement: Select[Cat]
) -> Sequence[SeenCat]:
    cats = session.scalars(statement.order_by(Cat.id)).all()
    if not cats:
        _require_clinic(session, clinic_name)
    return cats


def _by_id(cats: Iterable[Cat]) -> Sequence[SeenCat]:
    return sorted(cats, key=lambda cat: cat.id)


def _require_clinic(session: ClinicSession, clinic_name: str) -> None:
    """Tell a clinic without cats from a clinic that does not exist."""
    if not clinic_exists(session, clinic_name):
        raise ClinicNotFound(clinic_name)


STRATEGIES: Mapping[str, Strategy] = MappingProxyType(
    {
        strategy.__name__: strategy
        for strategy in (
            naive,
            identity_map,
            lazy,
            selectin,
            subquery,
            joined,
            batched,
            distinct,
            exists,
            in_subquery,
            core,
        )
    }
)
