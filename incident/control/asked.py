"""Read a form of the control page as a command."""

import math
from collections.abc import Mapping

from incident.control.desk import Command, NextPhase, SetAudience, SetLoad, SetStrategy
from incident.errors import IncidentError

# What one machine's visitors can come to.
MOST_VISITORS_PER_SECOND = 1000


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
        case "next":
            return NextPhase()
    raise BadAsk(f"{what[:40]!r} is not a button of this page.")


def _number(form: Mapping[str, str], field: str, least: float, most: float) -> float:
    text = form.get(field, "").strip()
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not least <= number <= most:
        raise BadAsk(f"{field}={text[:40]!r} is not a number from {least:g} to {most:g}.")
    return number
