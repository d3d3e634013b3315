"""What pages and API read from a query string."""

import re

from flask import request

from clinic.errors import BadRequest

MAX_NAME_LENGTH = 120


def clinic_name() -> str:
    """Return the query's `clinic`; raise BadRequest if it is missing, too long or unprintable."""
    name = request.args.get("clinic", "").strip()
    if not name:
        raise BadRequest("Say which clinic: add ?clinic=NAME to the address.")
    if len(name) > MAX_NAME_LENGTH:
        raise BadRequest(f"A clinic's name has at most {MAX_NAME_LENGTH} characters.")
    if not name.isprintable():
        raise BadRequest("A clinic's name has no control characters.")
    return name


def surname() -> str:
    """Return the query's `name`, how a surname begins, or nothing; raise BadRequest."""
    name = request.args.get("name", "").strip()
    if len(name) > MAX_NAME_LENGTH or not name.isprintable():
        raise BadRequest(f"A name has at most {MAX_NAME_LENGTH} characters, and can be printed.")
    return name


def page_number() -> int:
    """Return the query's `page`, from 1 to 9,999; raise BadRequest."""
    text = request.args.get("page", "1")
    if not re.fullmatch(r"[1-9][0-9]{0,3}", text):
        raise BadRequest(f"A page is a number from 1 to 9999, not {text[:60]!r}.")
    return int(text)
