"""Put the application together: each line brings what its module describes."""

from flask import Flask, Response

from tracestore import current, error_answers
from tracestore.api import legacy, own, v3
from tracestore.intake import http
from tracestore.intake.otlp import DEFAULT_MAX_BODY_BYTES
from tracestore.pages import formats, search, trace
from tracestore.store.database import Store

# Scripts and styles come from static/ alone; nothing that a span says is ever executed.
_CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
    " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def create_app(
    store: Store, *, max_body_bytes: int = DEFAULT_MAX_BODY_BYTES, judges: bool = True
) -> Flask:
    """Make the WSGI application over an open store, which the caller closes.

    judges: whether its pages say what is wrong with a trace.
    """
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = max_body_bytes
    current.init_app(app, store, judges=judges)
    error_answers.init_app(app)
    formats.init_app(app)
    app.register_blueprint(http.blueprint)
    app.register_blueprint(v3.blueprint)
    app.register_blueprint(legacy.blueprint)
    app.register_blueprint(own.blueprint)
    app.register_blueprint(search.blueprint)
    app.register_blueprint(trace.blueprint)
    app.after_request(_secure)
    return app


def _secure(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = _CONTENT_SECURITY_POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
