"""Do what looks bad and is not: constant work, rare work, and a warning that warns of nothing."""

import logging

from flask import Flask, request
from sqlalchemy import func, select

from clinic.db import get_session
from clinic.models import Appointment, Cat, Person, Veterinarian

log = logging.getLogger(__name__)


def install(app: Flask, name: str) -> None:
    """Let the drawn decoy happen before the page that it is on."""
    happen = {"busy": _busy, "count": _count, "warning": _warning}[name]
    app.before_request(happen)


def _busy() -> None:
    """Send six statements more, however much data there is."""
    if request.path == "/veterinarians":
        for entity in (Veterinarian, Person, Cat) * 2:
            get_session().scalar(select(entity.id).limit(1))


def _count() -> None:
    """Count all appointments: one slow statement, on a page that few open."""
    if request.path == "/":
        get_session().scalar(
            select(func.count(func.distinct(Appointment.start))).select_from(Appointment)
        )


def _warning() -> None:
    if request.path == "/owners":
        log.warning("the parameter 'clinic' is going to be called 'clinic_id' in version 3")
