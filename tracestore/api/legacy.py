"""Answer Jaeger's older JSON API, which its own UI and most clients still use.

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
from typing import Any, NoReturn

from flask import Blueprint, Response, abort, request
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tracestore.api import legacy_query
from tracestore.api.jaeger_json import trace_id_text, trace_json
from tracestore.api.otlp_json import dumps
from tracestore.api.parameters import parse, parse_trace_id, require, switch
from tracestore.current import get_store
from tracestore.errors import NotStoredError
from tracestore.intake import otlp
from tracestore.intake.decode import decode_spans
from tracestore.store import reader
from tracestore.store.dependencies import find_dependencies
from tracestore.store.reader import StoredSpans
from tracestore.store.search import find_traces
from tracestore.store.spans import kind_name

_NOT_FOUND = "trace not found"

blueprint = Blueprint("api_legacy", __name__, url_prefix="/api")


@blueprint.get("/services")
def services() -> Response:
    return _names(reader.services(get_store()))


@blueprint.get("/services/<path:service>/operations")
def operations_of(service: str) -> Response:
    found = reader.operations(get_store(), service)
    return _names(sorted({operation.name for operation in found}))


@blueprint.get("/operations")
def operations() -> Response:
    service, kind = require(request.args, "service", str), request.args.get("spanKind", "")
    found = [
        {"name": operation.name, "spanKind": kind_name(operation.kind)}
        for operation in reader.operations(get_store(), service)
    ]
    chosen = [item for item in found if kind in ("", item["spanKind"])]
    return answer(chosen, total=len(chosen))


@blueprint.get("/traces")
def traces() -> Response:
    if wanted := request.args.getlist("traceID"):
        return _traces_by_id(wanted)
    query = legacy_query.parse_legacy_query(request.args)
    parse(request.args, "raw", switch, False)
    store = get_store()
    found = find_traces(store, query)
    return _traces([reader.read_trace(store, summary.trace_id) for summary in found])


@blueprint.get("/traces/<trace_id>")
def trace(trace_id: str) -> Response:
    parsed = parse_trace_id(trace_id)
    legacy_query.parse_time_range(request.args)
    parse(request.args, "raw", switch, False)
    parts = reader.read_trace(get_store(), parsed)
    if not parts:
        raise NotStoredError(_NOT_FOUND)
    return _traces([parts])


@blueprint.get("/dependencies")
def dependencies() -> Response:
    times = legacy_query.parse_dependencies_range(request.args)
    service = request.args.get("service", "")
    links = find_dependencies(get_store(), *times)
    chosen = [link for link in links if service in ("", link.parent, link.child)]
    return answer([link.as_object() for link in chosen])


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
def metrics(kind: str) -> NoReturn:
    if kind != "minstep":
        require(request.args, "service", str)
    abort(501, "metrics querying is currently disabled")


@blueprint.post("/archive/<trace_id>")
def archive(trace_id: str) -> NoReturn:
    parse_trace_id(trace_id)
    abort(500, "archive span storage was not configured")


def answer(data: Any, *, total: int = 0, errors: list[dict[str, Any]] | None = None) -> Response:
    """Put data or errors into the form that every answer of this API has."""
    return _answer_text(dumps(data), total=total, errors=errors)


def _traces_by_id(wanted: Sequence[str]) -> Response:
    """Answer the traces that are stored, and an error for each other one."""
    found = []
    errors = []
    for text in wanted:
        trace_id = parse_trace_id(text)
        if parts := reader.read_trace(get_store(), trace_id):
            found.append(parts)
        else:
            errors.append({"msg": _NOT_FOUND, "traceID": trace_id_text(trace_id)})
    return _traces(found, errors=errors or None)


def _traces(
    found: Sequence[Sequence[StoredSpans]], *, errors: list[dict[str, Any]] | None = None
) -> Response:
    # A trace may have left since it was found.
    texts = ",".join(trace_json(parts) for parts in found if parts)
    return _answer_text(f"[{texts}]", errors=errors)


def _names(names: Sequence[str]) -> Response:
    return answer(list(names) or None, total=len(names))


def _answer_text(
    data: str, *, total: int = 0, errors: list[dict[str, Any]] | None = None
) -> Response:
    """Answer data that is JSON already; indent it if `prettyPrint` asks for that."""
    text = f'{{"data":{data},"total":{total},"limit":0,"offset":0,"errors":{dumps(errors)}}}'
    if request.args.get("prettyPrint", "false") not in ("", "false"):
        text = json.dumps(json.loads(text), indent=4)
    return Response(text + "\n", content_type="application/json")
