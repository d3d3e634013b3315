"""Answer the addresses that Jaeger does not have.

GET /healthz                                whether the server is well
GET /api/metrics/latest?service=&name=      the latest value of each metric series
GET /api/tracestore/traces/{id}/findings    what is wrong with a trace, in the shape of
                                            `otel-nplusone scan --format json`
"""

from flask import Blueprint, Response, jsonify, request

from tracestore.api.parameters import parse_trace_id
from tracestore.current import get_findings, get_store
from tracestore.errors import NotStoredError
from tracestore.store.metrics import latest_points
from tracestore.store.reader import stored_span_count

blueprint = Blueprint("own_api", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    stored_span_count(get_store())  # a server that cannot read its database is not well
    return jsonify(status="ok")


@blueprint.get("/api/metrics/latest")
def latest_metrics() -> Response:
    wanted = {name: request.args.get(name) or None for name in ("service", "name")}
    return jsonify(metrics=[point.as_object() for point in latest_points(get_store(), **wanted)])


@blueprint.get("/api/tracestore/traces/<trace_id>/findings")
def trace_findings(trace_id: str) -> Response:
    document = get_findings().document(parse_trace_id(trace_id))
    if document is None:
        raise NotStoredError("trace not found")
    return jsonify(document)
