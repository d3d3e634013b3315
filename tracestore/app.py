"""Put the application together: each line brings what its module describes."""

from flask import Flask, Response

from tracestore import (
    api_legacy,
    api_v3,
    current,
    error_answers,
    formats,
    own_api,
    pages,
    receiver,
    trace_pages,
)
from tracestore.otlp import DEFAULT_MAX_BODY_BYTES
from tracestore.store import Store

# Scripts and styles come from static/ alone; nothing that a span says is ever executed.
_CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
    " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def create_app(store: Store, *, max_body_bytes: int = DEFAULT_MAX_BODY_BYTES) -> Flask:
    """Make the WSGI application over an open store, which the caller closes."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = max_body_bytes
    current.init_app(app, store)
    error_answers.init_app(app)
    formats.init_app(app)
    app.register_blueprint(receiver.receiver)
    app.register_blueprint(api_v3.api_v3)
    app.register_blueprint(api_legacy.api_legacy)
    app.register_blueprint(own_api.own_api)
    app.register_blueprint(pages.pages)
    app.register_blueprint(trace_pages.trace_pages)
    app.after_request(_secure)
    return app


def _secure(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = _CONTENT_SECURITY_POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
