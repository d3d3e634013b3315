"""Liveness and readiness, for load balancers and containers. Neither leaves a span."""

from flask import Blueprint, Flask, Response, jsonify
from opentelemetry.instrumentation.utils import suppress_instrumentation

from clinic import queries
from clinic.db import get_session
from clinic.errors import DatabaseUnavailable

health = Blueprint("health", __name__)


def init_app(app: Flask) -> None:
    app.register_blueprint(health)


@health.get("/healthz")
def healthz() -> Response:
    """Answer as long as a thread is free to answer: in the incident that takes seconds."""
    return jsonify(status="ok")


@health.get("/readyz")
def readyz() -> Response:
    """Answer 200 when the database answers and holds a clinic, else 503.

    Excluding the address from tracing still leaves the spans of its SQL: hence the suppression.
    """
    with suppress_instrumentation():
        if not queries.is_answering(get_session()):
            raise DatabaseUnavailable
    return jsonify(status="ok")
