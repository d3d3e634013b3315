"""Addresses that Jaeger does not have.

GET /healthz                                is the server well
GET /api/metrics/latest?service=&name=      what metrics last said
GET /api/tracestore/traces/{id}/findings    what is wrong with a trace, in the shape of
                                            `otel-nplusone scan --format json`
"""

from flask import Blueprint, Response, jsonify, request

from tracestore.api_v3 import error_response, parse_trace_id
from tracestore.errors import MalformedParameterError, StoreUnavailableError
from tracestore.findings import Findings
from tracestore.metrics import latest_points, point_object
from tracestore.reader import stored_span_count
from tracestore.store import Store


def create_blueprint(store: Store) -> Blueprint:
    """The addresses above, out of `store`."""
    blueprint = Blueprint("own_api", __name__)
    findings = Findings(store)

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

    @blueprint.get("/api/tracestore/traces/<trace_id>/findings")
    def trace_findings(trace_id: str) -> Response:
        document = findings.document(parse_trace_id(trace_id))
        return error_response("trace not found", 404) if document is None else jsonify(document)

    @blueprint.errorhandler(MalformedParameterError)
    def malformed(error: MalformedParameterError) -> Response:
        return error_response(str(error), 400)

    @blueprint.errorhandler(StoreUnavailableError)
    def unavailable(_: StoreUnavailableError) -> Response:
        return error_response("the store cannot be read now: try again", 503)

    return blueprint
