"""Serve the veterinarians with their latest patients."""

from collections.abc import Sequence
from typing import Any

from flask import Flask, render_template
from sqlalchemy import select
from sqlalchemy.orm import Session, lazyload

from clinic import queries
from clinic.db import get_session
from clinic.models import Appointment, Veterinarian
from clinic.pages.directory import choose_clinic
from clinic.pages.parameters import clinic_name_or_none

PATIENTS_SHOWN = 20


def veterinarians_of(session: Session, clinic_name: str) -> Sequence[Any]:
    """Return a clinic's veterinarians by name: a `name`, a `license_number`, and `appointments`.

    Each appointment has a `start` and a `cat` with a `name`.
    """
    clinic = queries.clinic_named(session, clinic_name)
    return session.scalars(
        select(Veterinarian)
        .where(Veterinarian.clinic_id == clinic.id)
        .options(lazyload(Veterinarian.appointments).lazyload(Appointment.cat))
        .order_by(Veterinarian.surname, Veterinarian.given_name, Veterinarian.id)
    ).all()


def install(app: Flask) -> None:
    """Serve this in the place of the clinic's own page."""
    app.view_functions["pages.veterinarians"] = _page


def _page() -> str:
    name = clinic_name_or_none()
    if name is None:
        return choose_clinic("pages.veterinarians", "Veterinarians")
    return render_template(
        "team.html",
        clinic_name=name,
        veterinarians=veterinarians_of(get_session(), name),
        shown=PATIENTS_SHOWN,
    )
