"""Show a lesson of one's own in one file: owners who come with their whole history."""

from typing import Any

from flask import Flask, render_template
from sqlalchemy.orm import Session

from clinic import queries
from clinic.db import get_session
from clinic.pages.parameters import clinic_name_or_none
from exercise import oracle
from exercise.lesson import Lesson, Place

LESSON = Lesson(
    name="mine",
    title="A list that is read twice",
    difficulty=1,
    pager="Something is read twice.",
    wanted="a clinic's veterinarians by name",
    route="/veterinarians",
    statement=("from person join veterinarian",),
    places=(Place("tests/exercise/mine.py", "team_of"),),
    hints=("one", "two", "three"),
    first_look="The statements of one trace.",
    targets=oracle.clinic_names,
    path=lambda name: oracle.of_clinic("/veterinarians", name),
    expected=lambda _database, _name: [],
    share=0.9,
)


def team_of(session: Session, clinic_name: str) -> Any:
    """Return a clinic's veterinarians."""
    queries.veterinarians_of(session, clinic_name)
    return queries.veterinarians_of(session, clinic_name)


def install(app: Flask) -> None:
    """Serve this in the place of the clinic's own page."""
    app.view_functions["pages.veterinarians"] = _page


def _page() -> str:
    name = clinic_name_or_none() or ""
    found = team_of(get_session(), name)
    return render_template("veterinarians.html", clinic_name=name, veterinarians=found)
