"""Show an owner's cats, and let the owner schedule, see and cancel appointments.

Everything is a link or a form. Find a free time with GET, take it with POST, and be sent (303) to
the page that shows it, so that reloading that page books nothing twice.
"""

import uuid
from datetime import date, datetime, timedelta

from flask import Blueprint, Flask, Response, make_response, redirect, render_template, request
from flask import url_for as address
from werkzeug.wrappers import Response as AnyResponse

from clinic import queries
from clinic.booking import rules as booking
from clinic.booking.forms import given_day, given_id, given_start
from clinic.db import get_session
from clinic.errors import RuleBroken, SlotTaken
from clinic.queries import Page

owners = Blueprint("owners", __name__)
# Nobody scrolls through more cats or appointments; the API pages through all of them.
MOST_SHOWN = Page(limit=100)


def init_app(app: Flask) -> None:
    """Add the pages to the application."""
    app.register_blueprint(owners)


@owners.get("/owners/<uuid:owner_id>")
def owner(owner_id: uuid.UUID) -> str:
    """Show an owner's cats and upcoming appointments."""
    session = get_session()
    found = queries.owner(session, owner_id)
    preferred = queries.preferred_veterinarian(session, owner_id)
    return render_template(
        "owner.html",
        owner=found,
        cats=queries.cats_of(session, owner_id, MOST_SHOWN),
        visits=queries.upcoming_visits(session, owner_id, MOST_SHOWN, now=booking.now_utc()),
        preferred=preferred,
        clinic=preferred and queries.clinic(session, preferred.clinic_id),
        cancelled="cancelled" in request.args,
    )


@owners.get("/owners/<uuid:owner_id>/schedule")
def schedule(owner_id: uuid.UUID) -> Response:
    """Show the form that finds a free time."""
    return _schedule_page(owner_id)


@owners.post("/owners/<uuid:owner_id>/schedule")
def book(owner_id: uuid.UUID) -> AnyResponse:
    """Book the chosen time, or show the form again with what is wrong."""
    session = get_session()
    wanted = booking.Booking(
        cat_id=given_id(request.form, "cat"),
        owner_id=owner_id,
        clinic_id=given_id(request.form, "clinic"),
        veterinarian_id=given_id(request.form, "veterinarian"),
        start=given_start(request.form),
    )
    try:
        appointment_id = booking.book(session, wanted, now=booking.now_utc())
    except (SlotTaken, RuleBroken) as error:
        response = _schedule_page(owner_id, problem=str(error))
        response.status_code = error.status
        return response
    return redirect(address("owners.appointment", appointment_id=appointment_id, booked=1), 303)


@owners.get("/appointments/<uuid:appointment_id>")
def appointment(appointment_id: uuid.UUID) -> str:
    """Show an appointment."""
    visit = queries.visit(get_session(), appointment_id)
    return render_template(
        "appointment.html",
        visit=visit,
        is_upcoming=visit.start > booking.now_utc(),
        booked="booked" in request.args,
    )


@owners.post("/appointments/<uuid:appointment_id>/cancel")
def cancel(appointment_id: uuid.UUID) -> AnyResponse:
    """Cancel an appointment, and go back to its owner."""
    session = get_session()
    owner_id = queries.visit(session, appointment_id).owner_id
    booking.cancel(session, appointment_id, now=booking.now_utc())
    return redirect(address("owners.owner", owner_id=owner_id, cancelled=1), 303)


def _schedule_page(owner_id: uuid.UUID, *, problem: str | None = None) -> Response:
    """Show the choices so far and the day's free times; the preferred veterinarian is chosen."""
    session, now = get_session(), booking.now_utc()
    owner = queries.owner(session, owner_id)
    preferred = queries.preferred_veterinarian(session, owner_id)
    chosen = given_id(request.values, "veterinarian", preferred.id if preferred else None)
    veterinarian = queries.veterinarian(session, chosen)
    clinic = queries.clinic(session, veterinarian.clinic_id)
    cats = queries.cats_of(session, owner_id, MOST_SHOWN)
    day = _chosen_day(now)
    page = render_template(
        "schedule.html",
        owner=owner,
        cats=cats.items,
        cat_id=given_id(
            request.values, "cat", cats.items[0].id if cats.items else uuid.UUID(int=0)
        ),
        clinic=clinic,
        veterinarians=queries.veterinarians(session, clinic.id, MOST_SHOWN).items,
        veterinarian=veterinarian,
        preferred=preferred,
        day=day,
        first_day=now.date(),
        last_day=(now + booking.MOST_AHEAD).date(),
        slots=booking.free_slots(session, veterinarian.id, day, now=now),
        problem=problem,
    )
    return make_response(page)


def _chosen_day(now: datetime) -> date:
    if "start" in request.form:
        return given_start(request.form).date()
    return given_day(request.args, (now + timedelta(days=1)).date())
