"""Show the Success Stories as a page."""

from flask import Blueprint, Flask, render_template

from clinic.pages.directory import choose_clinic
from clinic.pages.parameters import clinic_name_or_none
from clinic.stories.choice import read_stories

stories = Blueprint("stories", __name__)


def init_app(app: Flask) -> None:
    """Add the page to the application."""
    app.register_blueprint(stories)


@stories.get("/success-stories")
def page() -> str:
    """Show every cat ever seen at a clinic."""
    name = clinic_name_or_none()
    if name is None:
        return choose_clinic("stories.page", "Success stories")
    _strategy, cats = read_stories(name)
    return render_template("success_stories.html", clinic_name=name, cats=cats)
