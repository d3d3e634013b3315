"""How the Success Stories page reads its cats: the heart of the incident.

Every strategy lists each cat ever seen at a clinic, once, ordered by id (collations differ between
databases; ids do not), and all of them return the same cats. They differ in what they send:

    naive   clinic ─► veterinarians ─► for each: appointments ─► for each: the cat by id
            2 + veterinarians + appointments statements: an N+1 inside an N+1
    core    one statement, and rows instead of entities: the fix
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Protocol, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.errors import ClinicNotFound
from clinic.models import Appointment, Cat, Clinic, Color, Veterinarian
from clinic.queries import clinic_exists


class SeenCat(Protocol):
    """What a page needs to know of a cat: a Cat entity has it, and so has a row of its columns."""

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


Strategy = Callable[[Session, str], Sequence[SeenCat]]


def naive(session: Session, clinic_name: str) -> Sequence[SeenCat]:
    """Read the cats as the page did when it was launched.

    This is the exhibit, kept as it was written: correct, readable, and quick with the three
    clinics and fifty people that it was tested with.
    """
    clinic = session.scalars(select(Clinic).where(Clinic.name == clinic_name)).one_or_none()
    if clinic is None:
        raise ClinicNotFound(clinic_name)
    cats: list[Cat] = []
    for veterinarian in session.scalars(
        select(Veterinarian).where(Veterinarian.clinic_id == clinic.id)
    ).all():
        for appointment in session.scalars(
            select(Appointment).where(Appointment.veterinarian_id == veterinarian.id)
        ).all():
            cat = session.scalars(select(Cat).where(Cat.id == appointment.cat_id)).one()
            if cat not in cats:
                cats.append(cat)
    return sorted(cats, key=lambda cat: cat.id)


def core(session: Session, clinic_name: str) -> Sequence[SeenCat]:
    """Read the cats in one statement, and only the columns that the page shows.

    Rows are not entities: the session neither hydrates nor tracks them, which is most of what is
    left of the time once the number of statements is one.
    """
    seen = (
        select(Appointment.cat_id)
        .join(Clinic, Clinic.id == Appointment.clinic_id)
        .where(Clinic.name == clinic_name)
    )
    statement = (
        select(Cat.id, Cat.name, Cat.age, Cat.color, Cat.lives)
        .where(Cat.id.in_(seen))
        .order_by(Cat.id)
    )
    cats = session.execute(statement).all()
    if not cats and not clinic_exists(session, clinic_name):
        raise ClinicNotFound(clinic_name)
    return cast(Sequence[SeenCat], cats)


STRATEGIES: Mapping[str, Strategy] = MappingProxyType({"naive": naive, "core": core})
