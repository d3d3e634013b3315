"""Write what a learner could answer: the right thing for each lesson, and what is wrong for all."""

from collections.abc import Iterator, Mapping

from harness.project import PROJECT

# The diagnosis of each lesson: route, statement, and a text that its line has.
DIAGNOSES = {
    "crow": ("/veterinarians", "GET http://127.0.0.1:45000/licences/VA-1", 'ask(f"/licences/'),
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
    "crow": "exercise/served/crow.py",
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
LICENCES = """
from urllib.parse import urlencode
from exercise.served.crow import ask

def licences(numbers):
    query = urlencode([("number", number) for number in numbers])
    found = ask(f"/licences?{query}")["licences"]
    return {one["number"]: one["valid_until"] for one in found}
"""
REPAIRS: Mapping[str, str] = {
    "crow": LICENCES,
    "heron": READ_CATS,
    "wren": VETERINARIANS,
    "finch": READ_CATS,
    "stork": VISITS,
    "raven": INDEX,
    "robin": CELEBRATE,
}
MORE_WORKERS = 'SETTINGS = {"WEB_CONCURRENCY": "4"}'

# What is put around a right function: its name, and the wrong repair.
CACHED = """
import functools
_right = {function}

@functools.cache
def _kept(*key):
    return _right(_session[0], *key)

_session = [None]

def {function}(session, *key):
    _session[0] = session
    return _kept(*key)
"""
BRIEFLY_CACHED = """
import time
_right = {function}
_kept = {{}}

def {function}(session, *key):
    at, found = _kept.get(key, (0.0, None))
    if time.monotonic() - at > 2:
        at, found = time.monotonic(), _right(session, *key)
        _kept[key] = at, found
    return found
"""
DELETED = """
from flask import abort

def {function}(session, *key):
    abort(404)
"""
DROPPED = """
_right = {function}

def {function}(session, *key):
    return list(_right(session, *key))[:-1]
"""
FUNCTIONS = {
    "heron": "read_cats",
    "wren": "veterinarians_of",
    "finch": "read_cats",
    "stork": "visits_at",
}


def line_of(lesson: str) -> str:
    """Return the line of a lesson's fault, as an answer names it."""
    lines = (PROJECT / FILES[lesson]).read_text(encoding="utf-8").splitlines()
    number = next(n for n, line in enumerate(lines, 1) if DIAGNOSES[lesson][2] in line)
    return f"{FILES[lesson]}:{number}"


def diagnosis(lesson: str) -> str:
    """Return the three lines that name a fault."""
    route, statement, _ = DIAGNOSES[lesson]
    return f"ROUTE = {route!r}\nSTATEMENT = {statement!r}\nLINE = {line_of(lesson)!r}\n"


def solution(lesson: str) -> str:
    """Return the whole of a right answer."""
    return diagnosis(lesson) + REPAIRS[lesson]


def wrong_repairs() -> Iterator[tuple[str, str, str, str]]:
    """Yield a lesson, the kind of the wrong repair, its text, and what the grade says of it."""
    for lesson in REPAIRS:
        yield lesson, "more workers", MORE_WORKERS, "More workers buy time"
        yield lesson, "nothing", "", "repairs nothing yet"
    for lesson, function in FUNCTIONS.items():
        right = REPAIRS[lesson]
        for kind, text, says in (
            ("cache", CACHED, "a cache hides the cost"),
            ("delete the page", DELETED, "a page that is gone"),
            ("drop some", DROPPED, "drops "),
        ):
            yield lesson, kind, right + text.format(function=function), says
    for lesson in ("finch", "wren"):
        brief = BRIEFLY_CACHED.format(function=FUNCTIONS[lesson])
        yield lesson, "cache for two seconds", REPAIRS[lesson] + brief, "a cache hides the cost"
    yield "raven", "other index", OTHER_INDEX, "no index leads with owner_id"
    yield "robin", "delete the page", CELEBRATE + DELETED.format(function="celebrate"), "is gone"
    yield "robin", "change nothing", "def celebrate(session, name): pass", "belongs"


OTHER_INDEX = 'INDEXES = ["CREATE INDEX by_clinic ON appointment (clinic_id, owner_id)"]'
