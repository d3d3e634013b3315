"""Pages. A view parses, calls, returns."""

from flask import Blueprint, Flask, current_app, render_template
from jinja2 import StrictUndefined

from clinic import queries
from clinic.db import get_session
from clinic.query_string import clinic_name
from clinic.success_stories import read_stories

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
