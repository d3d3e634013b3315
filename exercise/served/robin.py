"""Celebrate the birthday of all cats of a clinic: each of them is a year older then."""

from flask import Blueprint, Flask, render_template, request
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from clinic import queries
from clinic.db import get_session
from clinic.models import Appointment, Cat
from clinic.stories.strategies import core

birthdays = Blueprint("birthdays", __name__)


def celebrate(session: Session, clinic_name: str) -> None:
    """Make every cat ever seen at a clinic a year older, and commit."""
    clinic = queries.clinic_named(session, clinic_name)
    seen = select(Appointment.cat_id).where(Appointment.clinic_id == clinic.id).distinct()
    for cat_id in session.scalars(seen).all():
        session.execute(update(Cat).where(Cat.id == cat_id).values(age=Cat.age + 1))
    session.commit()


def install(app: Flask) -> None:
    """Add the page."""
    app.register_blueprint(birthdays)


@birthdays.post("/birthdays")
def page() -> str:
    name, session = request.args.get("clinic", ""), get_session()
    celebrate(session, name)
    return render_template("success_stories.html", clinic_name=name, cats=core(session, name))
