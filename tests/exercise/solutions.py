"""Write what a learner could answer: the right thing for each lesson, and what is wrong for all."""

from collections.abc import Mapping

# The diagnosis of each lesson: route, statement, and a text that its line has.
DIAGNOSES = {
    "heron": ("/success-stories", "SELECT cat.id FROM cat WHERE cat.id = ?", "self.get_cat("),
    "wren": ("GET /veterinarians", "SELECT … FROM cat\nWHERE cat.id = ?", "visit.cat.name"),
    "finch": ("/success-stories", "SELECT … FROM appointment WHERE …", "clinic.veterinarians"),
    "stork": (
        "/visits",
        "SELECT appointment.start, cat.name FROM appointment JOIN cat ON cat.id = "
        "appointment.cat_id WHERE appointment.clinic_id = ? ORDER BY appointment.start DESC",
        "order_by(Appointment.start.desc(), Appointment.id)",
    ),
    "raven": (
        "/owners/<uuid:owner_id>",
        "SELECT … FROM appointment WHERE appointment.owner_id = ?",
        "Appointment.owner_id == owner_id)",
    ),
    "robin": (
        "POST /birthdays",
        "UPDATE cat SET age=(cat.age + ?) WHERE cat.id = ?",
        "update(Cat)",
    ),
}
FILES = {
    "heron": "service/clinic/db.py",
    "wren": "exercise/served/templates/team.html",
    "finch": "service/clinic/stories/strategies.py",
    "stork": "exercise/served/stork.py",
    "raven": "service/clinic/queries.py",
    "robin": "exercise/served/robin.py",
}
READ_CATS = """
from sqlalchemy import select
from clinic.models import Appointment, Cat, Clinic

def read_cats(session, clinic_name):
    seen = (
        select(Appointment.cat_id)
        .join(Clinic, Clinic.id == Appointment.clinic_id)
        .where(Clinic.name == clinic_name)
    )
    return session.execute(
        select(Cat.id, Cat.name, Cat.age, Cat.color, Cat.lives)
        .where(Cat.id.in_(seen))
        .order_by(Cat.id)
    ).all()
"""
VETERINARIANS = """
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload
from clinic import queries
from clinic.models import Appointment, Veterinarian

def veterinarians_of(session, clinic_name):
    clinic = queries.clinic_named(session, clinic_name)
    return session.scalars(
        select(Veterinarian)
        .where(Veterinarian.clinic_id == clinic.id)
        .options(selectinload(Veterinarian.appointments).joinedload(Appointment.cat))
        .order_by(Veterinarian.surname, Veterinarian.given_name, Veterinarian.id)
    ).all()
"""
VISITS = """
from sqlalchemy import select
from clinic import queries
from clinic.models import Appointment, Cat

def visits_at(session, clinic_name, page):
    clinic = queries.clinic_named(session, clinic_name)
    return session.execute(
        select(Appointment.start, Cat.name)
        .join(Cat, Cat.id == Appointment.cat_id)
        .where(Appointment.clinic_id == clinic.id)
        .order_by(Appointment.start.desc(), Appointment.id)
        .limit(50)
        .offset((page - 1) * 50)
    ).all()
"""
INDEX = 'INDEXES = ["CREATE INDEX by_owner ON appointment (owner_id)"]'
CELEBRATE = """
from sqlalchemy import select, update
from clinic import queries
from clinic.models import Appointment, Cat

def celebrate(session, clinic_name):
    clinic = queries.clinic_named(session, clinic_name)
    seen = select(Appointment.cat_id).where(Appointment.clinic_id == clinic.id)
    session.execute(
        update(Cat).where(Cat.id.in_(seen)).values(age=Cat.age + 1),
        execution_options={"synchronize_session": False},
    )
    session.commit()
"""
REPAIRS: Mapping[str, str] = {
    "heron": READ_CATS,
    "wren": VETERINARIANS,
    "finch": READ_CATS,
    "stork": VISITS,
    "raven": INDEX,
    "robin": CELEBRATE,
}
MORE_WORKERS = 'SETTINGS = {"WEB_CONCURRENCY": "4"}'
