"""Answer under /api with what the pages show, as JSON.

A view parses, calls, returns.
"""

from collections.abc import Sequence
from typing import Any

from flask import Response, jsonify, url_for
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from flask_openapi3.openapi import OpenAPI

from clinic import queries
from clinic.api.cat_json import cats_json
from clinic.api.models import (
    AppointmentJson,
    AppointmentPath,
    Appointments,
    BookingBody,
    Cats,
    ClinicPath,
    Clinics,
    DayQuery,
    FreeSlots,
    OwnerJson,
    OwnerPath,
    Owners,
    OwnersQuery,
    Paging,
    Problem,
    Stories,
    VeterinarianPath,
    Veterinarians,
)
from clinic.booking import rules as booking
from clinic.db import get_session
from clinic.models import Clinic, Person, Veterinarian
from clinic.pages.parameters import clinic_name
from clinic.queries import Listed, Page, Visit
from clinic.stories.choice import read_stories

# What every view may answer: a malformed request, a database that does not answer.
ANYWHERE: dict[Any, Any] = {400: Problem, 503: Problem}
api = APIBlueprint("api", __name__, url_prefix="/api", abp_responses=ANYWHERE)
clinics_tag = Tag(name="clinics", description="Clinics and who works there")
owners_tag = Tag(name="owners", description="Owners and their cats")
appointments_tag = Tag(name="appointments", description="Scheduling")
# For the document alone: read_stories() and clinic_name() read them, as they do for the page.
STORIES_QUERY = [
    {"name": "clinic", "in": "query", "required": True, "schema": {"type": "string"}},
    {"name": "strategy", "in": "query", "required": False, "schema": {"type": "string"}},
]


def init_app(app: OpenAPI) -> None:
    """Add the API to the application."""
    app.register_api(api)


@api.get("/clinics", tags=[clinics_tag], responses={200: Clinics})
def clinics(query: Paging) -> Response:
    """List the clinics by name."""
    found = queries.clinics(get_session(), _page(query))
    return _part(query, found, clinics=[_named(clinic) for clinic in found.items])


@api.get(
    "/clinics/<clinic_id>/veterinarians",
    tags=[clinics_tag],
    responses={200: Veterinarians, 404: Problem},
)
def veterinarians(path: ClinicPath, query: Paging) -> Response:
    """List the veterinarians of a clinic by name."""
    clinic = queries.clinic(get_session(), path.clinic_id)
    found = queries.veterinarians(get_session(), clinic.id, _page(query))
    return _part(query, found, veterinarians=[_veterinarian(vet) for vet in found.items])


@api.get("/clinics/<clinic_id>/owners", tags=[clinics_tag], responses={200: Owners, 404: Problem})
def owners(path: ClinicPath, query: OwnersQuery) -> Response:
    """List the cat owners who come to a clinic by name."""
    clinic = queries.clinic(get_session(), path.clinic_id)
    found = queries.owners_at(get_session(), clinic.id, _page(query), name=query.name)
    return _part(query, found, owners=[_named(owner) for owner in found.items])


@api.get("/owners/<owner_id>", tags=[owners_tag], responses={200: OwnerJson, 404: Problem})
def owner(path: OwnerPath) -> Response:
    """Tell an owner's name and preferred veterinarian."""
    found = queries.owner(get_session(), path.owner_id)
    preferred = queries.preferred_veterinarian(get_session(), found.id)
    return jsonify(**_named(found), preferred_veterinarian=preferred and _veterinarian(preferred))


@api.get("/owners/<owner_id>/cats", tags=[owners_tag], responses={200: Cats, 404: Problem})
def cats(path: OwnerPath, query: Paging) -> Response:
    """List an owner's cats by name."""
    owner = queries.owner(get_session(), path.owner_id)
    found = queries.cats_of(get_session(), owner.id, _page(query))
    return _part(query, found, cats=cats_json(found.items))


@api.get(
    "/owners/<owner_id>/appointments",
    tags=[owners_tag],
    responses={200: Appointments, 404: Problem},
)
def upcoming(path: OwnerPath, query: Paging) -> Response:
    """List the appointments that an owner has before them, soonest first."""
    owner = queries.owner(get_session(), path.owner_id)
    found = queries.upcoming_visits(get_session(), owner.id, _page(query), now=booking.now_utc())
    return _part(query, found, appointments=[_visit(visit) for visit in found.items])


@api.get(
    "/veterinarians/<veterinarian_id>/free-slots",
    tags=[appointments_tag],
    responses={200: FreeSlots, 404: Problem},
)
def free_slots(path: VeterinarianPath, query: DayQuery) -> Response:
    """List the free starts within a day's opening hours."""
    found = queries.veterinarian(get_session(), path.veterinarian_id)
    slots = booking.free_slots(get_session(), found.id, query.day, now=booking.now_utc())
    return jsonify(veterinarian_id=str(found.id), slots=[start.isoformat() for start in slots])


@api.post(
    "/appointments",
    tags=[appointments_tag],
    responses={201: AppointmentJson, 403: Problem, 409: Problem, 413: Problem, 422: Problem},
)
def schedule(body: BookingBody) -> tuple[Response, int, dict[str, str]]:
    """Schedule an appointment."""
    wanted = booking.Booking(**body.model_dump())
    appointment_id = booking.book(get_session(), wanted, now=booking.now_utc())
    location = url_for("api.appointment", appointment_id=appointment_id)
    return _one_visit(appointment_id), 201, {"Location": location}


@api.get(
    "/appointments/<appointment_id>",
    tags=[appointments_tag],
    responses={200: AppointmentJson, 404: Problem},
)
def appointment(path: AppointmentPath) -> Response:
    """Tell when an appointment is, and who is in it."""
    return _one_visit(path.appointment_id)


@api.delete(
    "/appointments/<appointment_id>",
    tags=[appointments_tag],
    responses={204: None, 403: Problem, 404: Problem, 409: Problem},
)
def cancel(path: AppointmentPath) -> tuple[str, int]:
    """Cancel an appointment that has not begun."""
    booking.cancel(get_session(), path.appointment_id, now=booking.now_utc())
    return "", 204


@api.get(
    "/success-stories",
    tags=[clinics_tag],
    responses={200: Stories, 404: Problem},
    openapi_extensions={"parameters": STORIES_QUERY},
)
def success_stories() -> Response:
    """List every cat ever seen at a clinic."""
    name = clinic_name()
    strategy, seen = read_stories(name)
    return jsonify(clinic=name, strategy=strategy, count=len(seen), cats=cats_json(seen))


def _page(query: Paging) -> Page:
    return Page(query.limit, query.offset)


def _part(query: Paging, found: Listed[Any], **items: Sequence[Any]) -> Response:
    return jsonify(**items, total=found.total, limit=query.limit, offset=query.offset)


def _named(record: Clinic | Person) -> dict[str, Any]:
    return {"id": str(record.id), "name": record.name}


def _veterinarian(veterinarian: Veterinarian) -> dict[str, Any]:
    return {
        **_named(veterinarian),
        "license_number": veterinarian.license_number,
        "clinic_id": str(veterinarian.clinic_id),
    }


def _one_visit(appointment_id: Any) -> Response:
    return jsonify(**_visit(queries.visit(get_session(), appointment_id)))


def _visit(visit: Visit) -> dict[str, Any]:
    return {
        "id": str(visit.id),
        "start": visit.start.isoformat(),
        "duration_minutes": int(visit.duration.total_seconds() // 60),
        "cat": {"id": str(visit.cat_id), "name": visit.cat_name},
        "owner": {"id": str(visit.owner_id), "name": visit.owner_name},
        "clinic": {"id": str(visit.clinic_id), "name": visit.clinic_name},
        "veterinarian": {"id": str(visit.veterinarian_id), "name": visit.veterinarian_name},
    }
