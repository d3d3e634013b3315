"""What pages and API read from a query string."""

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
