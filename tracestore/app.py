"""The application: every address that tracestore answers, in one table of contents."""

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from tracestore import api_legacy, api_v3, formats, own_api, pages, receiver, trace_pages
from tracestore.otlp import DEFAULT_MAX_BODY_BYTES
from tracestore.store import Store

# Scripts and styles come from static/ alone; nothing that a span says is ever executed.
_CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
    " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def create_app(store: Store, *, max_body_bytes: int = DEFAULT_MAX_BODY_BYTES) -> Flask:
    """The WSGI application over an open store, which stays the caller's to close."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = max_body_bytes
    formats.init_app(app)
    app.register_blueprint(receiver.create_blueprint(store))
    app.register_blueprint(api_v3.create_blueprint(store))
    app.register_blueprint(api_legacy.create_blueprint(store))
    app.register_blueprint(own_api.create_blueprint(store))
    app.register_blueprint(pages.create_blueprint(store))
    app.register_blueprint(trace_pages.create_blueprint(store))
    app.after_request(_secure)
    app.register_error_handler(HTTPException, _http_error)
    return app


def _secure(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = _CONTENT_SECURITY_POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _http_error(error: HTTPException) -> Response:
    """An unknown address, a wrong method, a failure: Jaeger's shape for clients, else a page."""
    http_code = error.code or 500
    if request.path.startswith(("/api/", "/v1/")):
        response = jsonify(error={"httpCode": http_code, "message": error.description})
        response.status_code = http_code
    else:
        response = pages.error_page(error.name, error.description or "", http_code)
    # 405 says in Allow what would have worked.
    for name, value in error.get_headers():
        if name.lower() == "allow":
            response.headers[name] = value
    return response
