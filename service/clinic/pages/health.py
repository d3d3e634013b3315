"""Tell load balancers and containers whether the clinic lives and is ready; leave no span."""

from flask import Blueprint, Flask, Response, jsonify, request
from opentelemetry.instrumentation.utils import suppress_instrumentation

from clinic import queries
from clinic.db import get_session
from clinic.errors import DatabaseUnavailable

# What Prometheus reads where it asks for metrics: it then notes how long the answer took.
# https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
EXPOSITION = "text/plain; version=0.0.4; charset=utf-8"
HEALTHY = "# TYPE clinic_healthy gauge\nclinic_healthy 1\n"

health = Blueprint("health", __name__)


def init_app(app: Flask) -> None:
    """Add both addresses to the application."""
    app.register_blueprint(health)


@health.get("/healthz")
def healthz() -> Response:
    """Answer as long as a thread is free to answer: in the incident that takes seconds.

    With `?format=prometheus` a scrape can ask, and `scrape_duration_seconds` is then what a load
    balancer's check would have waited.
    """
    if request.args.get("format") == "prometheus":
        return Response(HEALTHY, content_type=EXPOSITION)
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
