"""Turn every error into the answer that its caller can read.

    /v1/…                        google.rpc.Status, in the content type of the request
    /api/v3/…, api/own           {"error": {"httpCode", "message"}}
    /api/…                       {"data": null, "errors": [{"code", "msg"}]}
    everything else              a page with a way back to the list

An address that no blueprint has answers in the second form under /api/ and /v1/.
"""

import logging

from flask import Flask, Response, current_app, jsonify, make_response, render_template, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from tracestore.api import legacy
from tracestore.current import get_store
from tracestore.errors import BodyTooLargeError, StoreUnavailableError, TracestoreError
from tracestore.intake import otlp
from tracestore.store.search import TraceSummary, recent_traces

_RETRY_AFTER_S = 1

logger = logging.getLogger(__name__)


def init_app(app: Flask) -> None:
    """Give the application its error handlers."""
    app.register_error_handler(TracestoreError, _own_error)
    app.register_error_handler(RequestEntityTooLarge, _too_large)
    app.register_error_handler(HTTPException, _http_error)


def _own_error(error: TracestoreError) -> Response:
    response = _answer(error.title, error.public_message, error.http_status)
    if isinstance(error, StoreUnavailableError):
        logger.warning("%s %s answered 503: %s", request.method, request.path, error)
        response.headers["Retry-After"] = str(_RETRY_AFTER_S)
    return response


def _too_large(_: RequestEntityTooLarge) -> Response:
    limit = current_app.config["MAX_CONTENT_LENGTH"]
    return _own_error(BodyTooLargeError(f"the body is larger than {limit} bytes: send it in parts"))


def _http_error(error: HTTPException) -> Response:
    response = _answer(error.name, error.description or "", error.code or 500)
    # A 405 lists the right methods in Allow.
    for name, value in error.get_headers():
        if name.lower() == "allow":
            response.headers[name] = value
    return response


def _answer(title: str, message: str, http_status: int) -> Response:
    is_api = request.path.startswith(("/api/", "/v1/"))
    match request.blueprint or ("api_v3" if is_api else "pages"):
        case "receiver":
            response = _otlp(message, http_status)
        case "api_legacy":
            response = legacy.answer(None, errors=[{"code": http_status, "msg": message}])
        case "api_v3" | "own_api":
            response = _jaeger(message, http_status)
        case _:
            page = render_template("error.html", title=title, message=message, recent=_recent())
            response = make_response(page)
    response.status_code = http_status
    return response


def _recent() -> list[TraceSummary]:
    """Return the traces to go on with; none while the store cannot be read."""
    try:
        return recent_traces(get_store())
    except StoreUnavailableError:
        return []


def _otlp(message: str, http_status: int) -> Response:
    # A sender whose content type OTLP does not have reads JSON.
    is_protobuf = (request.mimetype or "").lower() == otlp.PROTOBUF
    kind = otlp.PROTOBUF if is_protobuf else otlp.JSON
    return Response(otlp.encode_error(message, http_status, kind), content_type=kind)


def _jaeger(message: str, http_status: int) -> Response:
    return jsonify(error={"httpCode": http_status, "message": message})
