"""Format days and times for people, as filters of the templates: one style on every page."""

from datetime import date, datetime

from flask import Flask


def init_app(app: Flask) -> None:
    """Give the templates their filters."""
    app.jinja_env.filters.update(day=day, moment=moment, clock=clock, sentence_end=sentence_end)


def day(at: date) -> str:
    """Format a day: Tuesday, 14 July 2026."""
    return f"{at:%A}, {at.day} {at:%B %Y}"


def moment(at: datetime) -> str:
    """Format a day with its time: Tuesday, 14 July 2026, 09:30 UTC."""
    return f"{day(at)}, {clock(at)} UTC"


def clock(at: datetime) -> str:
    """Format a time of day: 09:30."""
    return f"{at:%H:%M}"


def sentence_end(text: str) -> str:
    """Return the full stop that a text still needs: none after "Cats & Co."."""
    return "" if text.endswith(".") else "."
