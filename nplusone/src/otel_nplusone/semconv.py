"""Attributes by meaning, in the old and the new semantic conventions.

https://opentelemetry.io/docs/specs/semconv/database/database-spans/
"""

from collections.abc import Mapping

# Set by otel_nplusone.sqlalchemy: a salted hash of the bind values, and the relationship that a
# lazy load was for (`Appointment.cat`).
VALUES_HASH = "nplusone.values_hash"
RELATIONSHIP = "nplusone.relationship"

QUERY_TEXT = ("db.query.text", "db.statement")
SYSTEM = ("db.system.name", "db.system")
NAMESPACE = ("db.namespace", "db.name")
BATCH_SIZE = ("db.operation.batch.size",)
METHOD = ("http.request.method", "http.method")
ROUTE = ("http.route",)
DESTINATION = ("messaging.destination.name", "messaging.destination")
CODE_FUNCTION = ("code.function.name", "code.function")
CODE_FILE = ("code.file.path", "code.filepath")
CODE_LINE = ("code.line.number", "code.lineno")
QUERY_PARAMETER = "db.query.parameter."

_READ = (QUERY_TEXT, SYSTEM, NAMESPACE, BATCH_SIZE, METHOD, ROUTE, DESTINATION)
_CODE = (CODE_FUNCTION, CODE_FILE, CODE_LINE)
WANTED = frozenset({VALUES_HASH, RELATIONSHIP}.union(*_READ, *_CODE))


def is_wanted(key: str) -> bool:
    """Whether the detector reads this attribute; all others need not be decoded."""
    return key in WANTED or key.startswith(QUERY_PARAMETER)


def text(attributes: Mapping[str, object], keys: tuple[str, ...]) -> str:
    """The first of these attributes that is a text and not empty, or an empty text."""
    for key in keys:
        value = attributes.get(key)
        if isinstance(value, str) and value:
            return value
    return ""


def number(attributes: Mapping[str, object], keys: tuple[str, ...]) -> int | None:
    """The first of these attributes that is a whole number."""
    for key in keys:
        value = attributes.get(key)
        if isinstance(value, int):
            return value
    return None


def route(attributes: Mapping[str, object], span_name: str) -> str:
    """`GET /cats/<id>` of a request, the destination of a message, else the span's name."""
    template = text(attributes, ROUTE)
    if template:
        method = text(attributes, METHOD)
        return f"{method} {template}" if method else template
    return text(attributes, DESTINATION) or span_name


def code_location(attributes: Mapping[str, object]) -> str | None:
    """`stories.py:41 in cats_of`, as much of it as is known."""
    path, line = text(attributes, CODE_FILE), number(attributes, CODE_LINE)
    function = text(attributes, CODE_FUNCTION)
    place = f"{path}:{line}" if path and line is not None else path
    if place and function:
        return f"{place} in {function}"
    return place or function or None
