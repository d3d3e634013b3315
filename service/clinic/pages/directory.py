"""Show the clinics, their veterinarians and their cat owners.

A view parses, calls, returns.
"""

from flask import Blueprint, Flask, render_template, request
from jinja2 import StrictUndefined

from clinic import queries
from clinic.db import get_session
from clinic.pages.parameters import (
    clinic_name_or_none,
    page_number,
    part_of_clinic_name,
    surname,
)
from clinic.queries import Page

OWNERS_PER_PAGE = 60
pages = Blueprint("pages", __name__)


def init_app(app: Flask) -> None:
    """Add the pages, and let every template fail on a name that it was not given."""
    app.jinja_env.undefined = StrictUndefined
    app.register_blueprint(pages)


@pages.get("/")
def home() -> str:
    """Show the clinics, or those whose name contains what is asked for."""
    return choose_clinic("pages.home", "Our clinics")


def choose_clinic(endpoint: str, heading: str) -> str:
    """Show the clinics as a choice that leads to a page of each."""
    name = part_of_clinic_name()
    found = queries.clinics_containing(get_session(), name)
    return render_template(
        "home.html",
        clinics=found,
        example=found[0].name if found else "",
        name=name,
        page=endpoint,
        heading=heading,
    )


@pages.get("/veterinarians")
def veterinarians() -> str:
    """Show who works at a clinic."""
    name = clinic_name_or_none()
    if name is None:
        return choose_clinic("pages.veterinarians", "Veterinarians")
    found = queries.veterinarians_of(get_session(), name)
    return render_template("veterinarians.html", clinic_name=name, veterinarians=found)


@pages.get("/owners")
def owners() -> str:
    """Show who comes to a clinic, a page at a time, or those whose surname begins as asked."""
    wanted = clinic_name_or_none()
    if wanted is None:
        return choose_clinic("pages.owners", "Cat owners")
    number, name = page_number(), surname()
    clinic = queries.clinic_named(get_session(), wanted)
    page = Page(OWNERS_PER_PAGE, (number - 1) * OWNERS_PER_PAGE)
    found = queries.owners_at(get_session(), clinic.id, page, name=name)
    return render_template(
        "owners.html",
        clinic_name=clinic.name,
        owners=found,
        name=name,
        number=number,
        is_last=page.offset + OWNERS_PER_PAGE >= found.total,
        arguments={key: request.args[key] for key in ("clinic", "name") if request.args.get(key)},
    )
