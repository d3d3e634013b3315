"""Addresses that Jaeger does not have: is the server well, and what did metrics last say."""

from flask import Blueprint, Response, jsonify, request

from tracestore.api_v3 import error_response
from tracestore.errors import StoreUnavailableError
from tracestore.metrics import latest_points, point_object
from tracestore.reader import stored_span_count
from tracestore.store import Store


def create_blueprint(store: Store) -> Blueprint:
    """/healthz and /api/metrics/latest, out of `store`."""
    blueprint = Blueprint("own_api", __name__)

    @blueprint.get("/healthz")
    def healthz() -> Response:
        stored_span_count(store)  # a server that cannot read its database is not well
        return jsonify(status="ok")

    @blueprint.get("/api/metrics/latest")
    def latest_metrics() -> Response:
        points = latest_points(
            store,
            service=request.args.get("service") or None,
            name=request.args.get("name") or None,
        )
        return jsonify(metrics=[point_object(point) for point in points])

    @blueprint.errorhandler(StoreUnavailableError)
    def unavailable(_: StoreUnavailableError) -> Response:
        return error_response("the store cannot be read now: try again", 503)

    return blueprint
