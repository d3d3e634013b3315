"""Pages. A view parses, calls, returns."""

from flask import Blueprint, Flask, current_app, render_template, request
from jinja2 import StrictUndefined

from clinic import queries
from clinic.db import get_session
from clinic.pages.parameters import clinic_name, page_number, surname
from clinic.queries import Page
from clinic.stories.choice import read_stories

OWNERS_PER_PAGE = 60
pages = Blueprint("pages", __name__)


def init_app(app: Flask) -> None:
    app.jinja_env.undefined = StrictUndefined
    app.context_processor(lambda: {"trace_url": current_app.config["CLINIC"].trace_url})
    app.register_blueprint(pages)


@pages.get("/")
def home() -> str:
    return render_template("home.html", clinics=queries.all_clinics(get_session()))


@pages.get("/success-stories")
def success_stories() -> str:
    name = clinic_name()
    _strategy, cats = read_stories(name)
    return render_template("success_stories.html", clinic_name=name, cats=cats)


@pages.get("/veterinarians")
def veterinarians() -> str:
    name = clinic_name()
    found = queries.veterinarians_of(get_session(), name)
    return render_template("veterinarians.html", clinic_name=name, veterinarians=found)


@pages.get("/owners")
def owners() -> str:
    number, name = page_number(), surname()
    clinic = queries.clinic_named(get_session(), clinic_name())
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
