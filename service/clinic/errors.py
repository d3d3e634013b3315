"""Define what can go wrong in the clinic, and render it.

    ClinicError                 500
    ├── SettingsError           raised before there is an application
    ├── SeedError               raised by the command line
    ├── FlagsError              raised by the command line
    ├── TelemetryError          raised at start-up: a statement would leave no span
    ├── BadRequest              400  malformed query or body
    ├── CrossSiteRequest        403  another site's page sent a form here
    ├── NotFound                404
    │   ├── ClinicNotFound           the name is not that of a clinic
    │   └── RecordNotFound           the clinic, owner, veterinarian or appointment does not exist
    ├── ComingSoon              404  as JSON; a page of its own (200) for browsers
    ├── SlotTaken               409  the veterinarian has another appointment then
    ├── TooLateToCancel         409  the appointment has begun
    ├── RuleBroken              422  an appointment that the clinic does not make
    ├── DatabaseUnavailable     503  unreachable, missing, or not a database
    └── DatabaseOutdated        503  another version made its tables

JSON callers (a path under /api, or a preference for application/json) get
{"error", "message"}; browsers get a page. Neither gets a traceback, SQL or a path.
"""

import logging
import uuid
from http import HTTPStatus

from flask import Flask, Response, jsonify, make_response, render_template, request
from opentelemetry import trace
from sqlalchemy.exc import DatabaseError, DBAPIError
from werkzeug.exceptions import HTTPException
from werkzeug.http import HTTP_STATUS_CODES

log = logging.getLogger(__name__)

# In place of the HTTP library's own sentence, which does not help a cat owner.
OWN_WORDS = {
    HTTPStatus.NOT_FOUND: "There is nothing at this address. Check it, or start from the clinics.",
}


class ClinicError(Exception):
    """Let callers catch everything that this module defines; others raise errors of their own."""

    status = HTTPStatus.INTERNAL_SERVER_ERROR


class SettingsError(ClinicError):
    """Report that an environment variable holds something that cannot be used."""


class SeedError(ClinicError):
    """Report that a database cannot be seeded as asked."""


class FlagsError(ClinicError):
    """Report that the flag file cannot be read or changed as asked."""


class TelemetryError(ClinicError):
    """Report that the telemetry that was asked for would be silently incomplete."""


class BadRequest(ClinicError):
    """Report that the request cannot be understood."""

    status = HTTPStatus.BAD_REQUEST


class CrossSiteRequest(ClinicError):
    """Report that a page of another site wants to change something here (CSRF)."""

    status = HTTPStatus.FORBIDDEN

    def __init__(self) -> None:
        super().__init__("This was sent from another site's page; use the clinic's own pages.")


class NotFound(ClinicError):
    """Report that what was asked for is not there."""

    status = HTTPStatus.NOT_FOUND


class RecordNotFound(NotFound):
    """Report that there is nothing of that kind with that id."""

    def __init__(self, kind: str, record_id: uuid.UUID) -> None:
        super().__init__(f"There is no {kind} {record_id}.")


class ClinicNotFound(NotFound):
    """Report that no clinic has the name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no clinic named {name!r}.")


class ComingSoon(ClinicError):
    """Report that this visitor is not in the audience yet, which is not a failure."""

    status = HTTPStatus.NOT_FOUND

    def __init__(self, clinic_name: str) -> None:
        super().__init__("Success stories are coming soon.")
        self.clinic_name = clinic_name


class SlotTaken(ClinicError):
    """Report that the veterinarian has another appointment at that time."""

    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__("This time has just been taken; choose another one.")


class TooLateToCancel(ClinicError):
    """Report that an appointment that has begun stays in the books."""

    status = HTTPStatus.CONFLICT

    def __init__(self) -> None:
        super().__init__("This appointment has begun, or is over; it can no longer be cancelled.")


class RuleBroken(ClinicError):
    """Report that the clinic does not make such an appointment; the message says why."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY


class DatabaseUnavailable(ClinicError):
    """Report that the database does not answer, or is not the clinic's."""

    status = HTTPStatus.SERVICE_UNAVAILABLE

    def __init__(self) -> None:
        super().__init__("The database cannot be reached at the moment. Please try again shortly.")


class DatabaseOutdated(ClinicError):
    """Report that another version of the clinic made the tables."""

    status = HTTPStatus.SERVICE_UNAVAILABLE

    def __init__(self, found: int, wanted: int) -> None:
        super().__init__(
            f"The database has schema version {found}, and this clinic works with {wanted}: "
            "seed it again with `clinic seed --force`, which replaces its data."
        )


def init_app(app: Flask) -> None:
    """Render every error in one way."""
    app.register_error_handler(ClinicError, _clinic_error)
    app.register_error_handler(ComingSoon, _coming_soon)
    app.register_error_handler(DBAPIError, _database_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected)


def _clinic_error(error: ClinicError) -> Response:
    return _render(error.status, str(error))


def _coming_soon(error: ComingSoon) -> Response:
    if _wants_json():
        return make_response(jsonify(error="coming_soon", message=str(error)), error.status)
    return make_response(render_template("coming_soon.html", clinic_name=error.clinic_name))


def _database_error(error: DBAPIError) -> Response:
    if not _is_outage(error):
        return _unexpected(error)
    log.warning("database unavailable: %s", error.orig)
    trace.get_current_span().record_exception(error)
    response = _render(DatabaseUnavailable.status, str(DatabaseUnavailable()))
    response.headers["Retry-After"] = "5"
    return response


def _is_outage(error: DBAPIError) -> bool:
    """Tell an outage from a bug.

    Drivers raise OperationalError for both an unreachable server and a missing table, and
    SQLite a plain DatabaseError for a file that is not a database. These tell the state of the
    database, whereas a ProgrammingError, an IntegrityError or a DataError is a bug. PostgreSQL
    calls a missing table a ProgrammingError: a database that nobody has seeded.
    """
    if type(error.orig).__name__ == "UndefinedTable":
        return True
    return error.connection_invalidated or type(error).__name__ in {
        "OperationalError",
        "InterfaceError",
        DatabaseError.__name__,
    }


def _http_error(error: HTTPException) -> Response:
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    words = OWN_WORDS.get(status) or error.description or status.description
    response = _render(status, words)
    if error.code == HTTPStatus.METHOD_NOT_ALLOWED:
        response.headers["Allow"] = ", ".join(sorted(getattr(error, "valid_methods", None) or ()))
    return response


def _unexpected(error: Exception) -> Response:
    log.exception("unexpected error", exc_info=error)
    trace.get_current_span().record_exception(error)
    return _render(HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong on our side.")


def _render(status: HTTPStatus, message: str) -> Response:
    # Python 3.13 has other phrases for some than 3.11.
    phrase = HTTP_STATUS_CODES[status]
    if _wants_json():
        body = jsonify(error=phrase.lower().replace(" ", "_"), message=message)
        return make_response(body, status)
    page = render_template("error.html", status=status.value, title=phrase, message=message)
    return make_response(page, status)


def _wants_json() -> bool:
    if request.path.startswith("/api/"):
        return True
    accepted = request.accept_mimetypes
    return accepted["application/json"] > accepted["text/html"]
