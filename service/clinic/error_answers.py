"""Turn every error into the answer that its caller can read.

JSON callers (a path under /api, or a preference for application/json) get
{"error", "message"}; browsers get a page. Neither gets a traceback, SQL or a path.
"""

import logging
from http import HTTPStatus

from flask import Flask, Response, jsonify, make_response, render_template, request
from opentelemetry import trace
from sqlalchemy.exc import DatabaseError, DBAPIError
from werkzeug.exceptions import HTTPException
from werkzeug.http import HTTP_STATUS_CODES

from clinic.errors import ClinicError, ComingSoon, DatabaseUnavailable

log = logging.getLogger(__name__)

# In place of the HTTP library's own sentence, which does not help a cat owner.
OWN_WORDS = {
    HTTPStatus.NOT_FOUND: "There is nothing at this address. Check it, or start from the clinics.",
}


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
