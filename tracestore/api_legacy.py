"""Jaeger's older JSON API, which its own UI speaks and most clients still do.

    GET  /api/services                        GET /api/services/{s}/operations
    GET  /api/operations?service=&spanKind=   GET /api/dependencies?endTs=&lookback=
    GET  /api/traces?service=…                GET /api/traces/{id}
    POST /api/transform                       OTLP JSON in, this form out, nothing stored
    GET  /api/metrics/…                       501, as a Jaeger without a metrics store
    POST /api/archive/{id}                    500, as a Jaeger without an archive

Every answer is {"data", "total", "limit", "offset", "errors"}; an empty list of names is null.
https://www.jaegertracing.io/docs/latest/architecture/apis/
"""

import json
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, request
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from werkzeug.exceptions import RequestEntityTooLarge

from tracestore import legacy_query, otlp, reader
from tracestore.api_v3 import parse_trace_id, span_kind
from tracestore.dependencies import find_dependencies
from tracestore.errors import MalformedParameterError, OtlpError, StoreUnavailableError
from tracestore.jaeger_json import trace_id_text, trace_json
from tracestore.otlp_json import dumps
from tracestore.reader import StoredSpans
from tracestore.spans import decode_spans
from tracestore.store import Store

_NOT_FOUND = "trace not found"


def create_blueprint(store: Store) -> Blueprint:
    """/api without a version, out of `store`."""
    blueprint = Blueprint("api_legacy", __name__, url_prefix="/api")

    @blueprint.get("/services")
    def services() -> Response:
        return _names(reader.services(store))

    @blueprint.get("/services/<path:service>/operations")
    def operations_of(service: str) -> Response:
        return _names(sorted({operation.name for operation in reader.operations(store, service)}))

    @blueprint.get("/operations")
    def operations() -> Response:
        service = request.args.get("service", "")
        if not service:
            raise MalformedParameterError("service", "parameter 'service' is required")
        kind = request.args.get("spanKind", "")
        found = [
            {
                "name": operation.name,
                "spanKind": span_kind(operation.kind) if operation.kind else "",
            }
            for operation in reader.operations(store, service)
        ]
        chosen = [item for item in found if kind in ("", item["spanKind"])]
        return _answer(chosen, total=len(chosen))

    @blueprint.get("/traces")
    def find_traces() -> Response:
        if wanted := request.args.getlist("traceID"):
            return _traces_by_id(store, wanted)
        query = legacy_query.parse_legacy_query(request.args)
        legacy_query.parse_bool(request.args, "raw")
        found = reader.find_traces(store, query)
        return _traces([reader.read_trace(store, summary.trace_id) for summary in found])

    @blueprint.get("/traces/<trace_id>")
    def get_trace(trace_id: str) -> Response:
        parsed = parse_trace_id(trace_id)
        legacy_query.parse_time_range(request.args)
        legacy_query.parse_bool(request.args, "raw")
        parts = reader.read_trace(store, parsed)
        return _traces([parts]) if parts else _error(_NOT_FOUND, 404)

    @blueprint.get("/dependencies")
    def dependencies() -> Response:
        times = legacy_query.parse_dependencies_range(request.args)
        service = request.args.get("service", "")
        links = find_dependencies(store, times.start_nano, times.end_nano)
        chosen = [link for link in links if service in ("", link.parent, link.child)]
        return _answer([link.as_object() for link in chosen])

    @blueprint.post("/transform")
    def transform() -> Response:
        message = otlp.decode(request.get_data(cache=False), otlp.JSON, ExportTraceServiceRequest)
        by_trace: dict[bytes, list[StoredSpans]] = {}
        for source in decode_spans(message).sources:
            for trace_id in dict.fromkeys(span.trace_id for span in source.spans):
                bodies = [span.body for span in source.spans if span.trace_id == trace_id]
                part = StoredSpans(source.service, source.resource, source.scope, bodies)
                by_trace.setdefault(trace_id, []).append(part)
        return _traces(list(by_trace.values()))

    @blueprint.get("/metrics/<any(latencies, calls, errors, minstep):kind>")
    def metrics(kind: str) -> Response:
        if kind != "minstep" and not request.args.get("service"):
            raise MalformedParameterError("service", "please provide at least one service name")
        return _error("metrics querying is currently disabled", 501)

    @blueprint.post("/archive/<trace_id>")
    def archive(trace_id: str) -> Response:
        parse_trace_id(trace_id)
        return _error("archive span storage was not configured", 500)

    @blueprint.errorhandler(MalformedParameterError)
    def malformed(error: MalformedParameterError) -> Response:
        return _error(error.reason, 400)

    @blueprint.errorhandler(OtlpError)
    def refuse(error: OtlpError) -> Response:
        return _error(str(error), error.http_status)

    @blueprint.errorhandler(RequestEntityTooLarge)
    def refuse_size(_: RequestEntityTooLarge) -> Response:
        return _error("the body is too large", 413)

    @blueprint.errorhandler(StoreUnavailableError)
    def unavailable(_: StoreUnavailableError) -> Response:
        return _error("the store cannot be read now: try again", 503)

    return blueprint


def _traces_by_id(store: Store, wanted: Sequence[str]) -> Response:
    """The traces that there are, and an error for each that there is not."""
    found = []
    errors = []
    for text in wanted:
        trace_id = parse_trace_id(text)
        if parts := reader.read_trace(store, trace_id):
            found.append(parts)
        else:
            errors.append({"msg": _NOT_FOUND, "traceID": trace_id_text(trace_id)})
    return _traces(found, errors=errors or None)


def _traces(
    found: Sequence[Sequence[StoredSpans]], *, errors: list[dict[str, Any]] | None = None
) -> Response:
    # A trace may have left since it was found.
    traces = ",".join(trace_json(parts) for parts in found if parts)
    return _answer_text(f"[{traces}]", errors=errors)


def _names(names: Sequence[str]) -> Response:
    return _answer(list(names) or None, total=len(names))


def _answer(data: Any, *, total: int = 0, errors: list[dict[str, Any]] | None = None) -> Response:
    return _answer_text(dumps(data), total=total, errors=errors)


def _answer_text(
    data: str, *, total: int = 0, errors: list[dict[str, Any]] | None = None
) -> Response:
    """An answer around data that is JSON already; spread out if `prettyPrint` asks for it."""
    text = f'{{"data":{data},"total":{total},"limit":0,"offset":0,"errors":{dumps(errors)}}}'
    if request.args.get("prettyPrint", "false") not in ("", "false"):
        text = json.dumps(json.loads(text), indent=4)
    return Response(text + "\n", content_type="application/json")


def _error(message: str, http_code: int) -> Response:
    response = _answer(None, errors=[{"code": http_code, "msg": message}])
    response.status_code = http_code
    return response
