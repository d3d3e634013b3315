"""Serve what a clinic has seen, visit by visit, the latest first."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Flask, render_template
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic import queries
from clinic.db import get_session
from clinic.models import Appointment, Cat
from clinic.pages.directory import choose_clinic
from clinic.pages.parameters import clinic_name_or_none, page_number

VISITS_PER_PAGE = 50
visits = Blueprint("visits", __name__)


def visits_at(session: Session, clinic_name: str, page: int) -> Sequence[Any]:
    """Return a clinic's visits, the latest first: a `start`, and the `name` of the cat.

    page: from 1, of VISITS_PER_PAGE each.
    """
    clinic = queries.clinic_named(session, clinic_name)
    return session.execute(
        select(Appointment.start, Cat.name)
        .join(Cat, Cat.id == Appointment.cat_id)
        .where(Appointment.clinic_id == clinic.id)
        .order_by(Appointment.start.desc(), Appointment.id)
    ).all()


def install(app: Flask) -> None:
    """Add the page."""
    app.register_blueprint(visits)


@visits.get("/visits")
def page() -> str:
    name = clinic_name_or_none()
    if name is None:
        return choose_clinic("visits.page", "Visits")
    number = page_number()
    found = visits_at(get_session(), name, number)
    return render_template("visits.html", clinic_name=name, visits=found, number=number)
