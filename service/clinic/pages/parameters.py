"""Read and check what the query of an address asks for, on pages and in the API."""

import re

from flask import request

from clinic.errors import BadRequest

LONGEST_CLINIC_NAME = 120
LONGEST_SURNAME = 80


def clinic_name() -> str:
    """Return the query's `clinic`; raise BadRequest if it is missing, too long or unprintable."""
    name = _name("clinic", "A clinic's name", LONGEST_CLINIC_NAME)
    if not name:
        raise BadRequest("Say which clinic: add ?clinic=NAME to the address.")
    return name


def clinic_name_or_none() -> str | None:
    """Return the query's `clinic`, or None if it is missing: a page then offers a choice."""
    return _name("clinic", "A clinic's name", LONGEST_CLINIC_NAME) or None


def part_of_clinic_name() -> str:
    """Return the query's `name`, what a clinic's name contains, or nothing; raise BadRequest."""
    return _name("name", "A clinic's name", LONGEST_CLINIC_NAME)


def surname() -> str:
    """Return the query's `name`, how a surname begins, or nothing; raise BadRequest."""
    return _name("name", "A surname", LONGEST_SURNAME)


def page_number() -> int:
    """Return the query's `page`, from 1 to 9,999; raise BadRequest."""
    text = request.args.get("page", "1")
    if not re.fullmatch(r"[1-9][0-9]{0,3}", text):
        raise BadRequest(f"A page is a number from 1 to 9999, not {text[:60]!r}.")
    return int(text)


def _name(parameter: str, what: str, longest: int) -> str:
    name = request.args.get(parameter, "").strip()
    if len(name) > longest or not name.isprintable():
        raise BadRequest(f"{what} has at most {longest} characters, and no control characters.")
    return name
