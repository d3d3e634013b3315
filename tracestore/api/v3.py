"""Answer Jaeger's query API, version 3, as Jaeger 2.20 answers it over HTTP.

    GET /api/v3/services                    {"services": [...]}
    GET /api/v3/operations?service=         {"operations": [{"name", "spanKind"}]}
    GET /api/v3/traces?query.serviceName=…  {"result": {"resourceSpans": [...]}}, all traces merged
    GET /api/v3/traces/{id}                 the same, one trace
    GET /api/v3/dependencies?startTime=&endTime=   {"dependencies": [{"parent", "child", …}]}
    GET /api/v3/trace-summaries?query.…     {"summaries": [{"traceId", "spanCount", …}]}

Errors are {"error": {"httpCode", "message"}}; a trace or a search that finds nothing is a 404.
"""

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, jsonify, request

from tracestore.api._v3_query import (
    check_trace_parameters,
    parse_dependencies_times,
    parse_operations_query,
    parse_search_query,
)
from tracestore.api.otlp_json import resource_spans_json
from tracestore.api.parameters import parse_trace_id
from tracestore.current import get_store
from tracestore.errors import NotStoredError
from tracestore.store import reader
from tracestore.store.database import Store
from tracestore.store.dependencies import find_dependencies
from tracestore.store.search import TraceSummary, find_traces, read_summary
from tracestore.store.spans import kind_name

blueprint = Blueprint("api_v3", __name__, url_prefix="/api/v3")


@blueprint.get("/services")
def services() -> Response:
    return jsonify(services=reader.services(get_store()))


@blueprint.get("/operations")
def operations() -> Response:
    service, kind = parse_operations_query(request.args)
    found = [
        # A span that does not say its kind is internal.
        {"name": operation.name, "spanKind": kind_name(operation.kind) or "internal"}
        for operation in reader.operations(get_store(), service)
    ]
    return jsonify(operations=[item for item in found if kind in ("", item["spanKind"])])


@blueprint.get("/traces")
def traces() -> Response:
    found = find_traces(get_store(), parse_search_query(request.args))
    if not found:
        raise NotStoredError("No traces found")
    return _traces_response([summary.trace_id for summary in found])


@blueprint.get("/traces/<trace_id>")
def trace(trace_id: str) -> Response:
    parsed = parse_trace_id(trace_id)
    check_trace_parameters(request.args)
    if read_summary(get_store(), parsed) is None:
        raise NotStoredError("trace not found")
    return _traces_response([parsed])


@blueprint.get("/trace-summaries")
def trace_summaries() -> Response:
    store = get_store()
    found = find_traces(store, parse_search_query(request.args))
    return jsonify(summaries=[_summary_object(store, summary) for summary in found])


@blueprint.get("/dependencies")
def dependencies() -> Response:
    links = find_dependencies(get_store(), *parse_dependencies_times(request.args))
    # Protobuf's JSON mapping writes a 64-bit number as text.
    found = [{**link.as_object(), "callCount": str(link.call_count)} for link in links]
    return jsonify(dependencies=found)


def traces_body(store: Store, trace_ids: list[bytes]) -> Iterator[str]:
    """Yield the answer trace by trace, so that memory never holds a hundred large traces."""
    yield '{"result":{"resourceSpans":['
    separator = ""
    for trace_id in trace_ids:
        parts = [
            resource_spans_json(part.resource, part.scope, part.spans)
            for part in reader.read_trace(store, trace_id)
        ]
        if parts:  # a trace may have left since it was found
            yield separator + ",".join(parts)
            separator = ","
    yield "]}}"


def _traces_response(trace_ids: list[bytes]) -> Response:
    body = traces_body(get_store(), trace_ids)
    if len(trace_ids) == 1:  # with a length the client need not read chunks: a millisecond less
        return Response("".join(body), content_type="application/json")
    return Response(body, content_type="application/json")


def _summary_object(store: Store, summary: TraceSummary) -> dict[str, Any]:
    return {
        "traceId": summary.trace_id.hex(),
        "rootServiceName": summary.root_service,
        "rootOperationName": summary.root_name,
        "minStartTimeUnixNano": str(summary.start_time_unix_nano),
        "maxEndTimeUnixNano": str(summary.end_time_unix_nano),
        "spanCount": summary.span_count,
        "errorSpanCount": summary.error_count,
        "orphanSpanCount": reader.orphan_count(store, summary.trace_id),
        "services": [
            {"name": part.name, "spanCount": part.span_count, "errorSpanCount": part.error_count}
            for part in reader.service_counts(store, summary.trace_id)
        ],
    }
