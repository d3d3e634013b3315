"""Read a form of the control page as a command."""

import math
from collections.abc import Mapping

from incident.control.desk import (
    Command,
    Leave,
    NextPhase,
    SetAudience,
    SetLoad,
    SetStrategy,
    SetUsers,
)
from incident.errors import IncidentError

# What one machine's visitors can come to.
MOST_VISITORS_PER_SECOND = 1000
MOST_USERS = 1000


class BadAsk(IncidentError):
    """Say what of a form cannot be read."""


def command(what: str, form: Mapping[str, str]) -> Command:
    """Return what a form asks for; raise BadAsk if it cannot be read."""
    match what:
        case "strategy":
            return SetStrategy(form.get("name", ""))
        case "audience":
            return SetAudience(_number(form, "percent", 0, 100))
        case "load":
            return SetLoad(_number(form, "visitors_per_second", 0, MOST_VISITORS_PER_SECOND))
        case "users":
            return SetUsers(int(_number(form, "users", 0, MOST_USERS)))
        case "next":
            return NextPhase()
        case "leave":
            return Leave()
    raise BadAsk(f"{what[:40]!r} is not a button of this page.")


def form(asked: Command) -> dict[str, str]:
    """Return the button and the fields of a command: what `command` reads it from again."""
    match asked:
        case SetStrategy(name):
            return {"what": "strategy", "name": name}
        case SetAudience(percent):
            return {"what": "audience", "percent": f"{percent:g}"}
        case SetLoad(rate):
            return {"what": "load", "visitors_per_second": f"{rate:g}"}
        case SetUsers(users):
            return {"what": "users", "users": str(users)}
        case NextPhase():
            return {"what": "next"}
        case Leave():
            return {"what": "leave"}


def _number(form: Mapping[str, str], field: str, least: float, most: float) -> float:
    text = form.get(field, "").strip()
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not least <= number <= most:
        raise BadAsk(f"{field}={text[:40]!r} is not a number from {least:g} to {most:g}.")
    return number
