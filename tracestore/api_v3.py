"""Jaeger's query API, version 3, as Jaeger 2.20 answers it over HTTP.

    GET /api/v3/services                    {"services": [...]}
    GET /api/v3/operations?service=         {"operations": [{"name", "spanKind"}]}
    GET /api/v3/traces?query.serviceName=…  {"result": {"resourceSpans": [...]}}, all traces merged
    GET /api/v3/traces/{id}                 the same, one trace
    GET /api/v3/dependencies?startTime=&endTime=   {"dependencies": [{"parent", "child", …}]}
    GET /api/v3/trace-summaries?query.…     {"summaries": [{"traceId", "spanCount", …}]}

Errors are {"error": {"httpCode", "message"}}; a trace or a search that finds nothing is a 404.
"""

import re
from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, jsonify, request

from tracestore import reader
from tracestore.dependencies import find_dependencies
from tracestore.errors import MalformedParameterError, StoreUnavailableError
from tracestore.otlp_json import resource_spans_json
from tracestore.query import (
    check_trace_parameters,
    parse_dependencies_times,
    parse_search_query,
)
from tracestore.reader import TraceSummary
from tracestore.store import Store

# OTLP's kinds by number, in Jaeger's words; a span that does not say is internal.
_SPAN_KINDS = ("internal", "internal", "server", "client", "producer", "consumer")
_HEX_ID = re.compile(r"[0-9a-fA-F]{1,32}")


def create_blueprint(store: Store) -> Blueprint:
    """/api/v3, out of `store`."""
    blueprint = Blueprint("api_v3", __name__, url_prefix="/api/v3")

    @blueprint.get("/services")
    def services() -> Response:
        return jsonify(services=reader.services(store))

    @blueprint.get("/operations")
    def operations() -> Response:
        service = request.args.get("service") or request.args.get("service_name", "")
        wanted = request.args.get("spanKind") or request.args.get("span_kind", "")
        found = [
            {"name": operation.name, "spanKind": span_kind(operation.kind)}
            for operation in reader.operations(store, service)
        ]
        return jsonify(operations=[item for item in found if wanted in ("", item["spanKind"])])

    @blueprint.get("/traces")
    def find_traces() -> Response:
        summaries = reader.find_traces(store, parse_search_query(request.args))
        if not summaries:
            return error_response("No traces found", 404)
        return _traces_response(store, [summary.trace_id for summary in summaries])

    @blueprint.get("/traces/<trace_id>")
    def get_trace(trace_id: str) -> Response:
        parsed = parse_trace_id(trace_id)
        check_trace_parameters(request.args)
        if reader.read_summary(store, parsed) is None:
            return error_response("trace not found", 404)
        return _traces_response(store, [parsed])

    @blueprint.get("/trace-summaries")
    def find_trace_summaries() -> Response:
        summaries = reader.find_traces(store, parse_search_query(request.args))
        return jsonify(summaries=[_summary_object(store, summary) for summary in summaries])

    @blueprint.get("/dependencies")
    def dependencies() -> Response:
        links = find_dependencies(store, *parse_dependencies_times(request.args))
        # As protobuf's JSON mapping has it: a 64-bit number is a text.
        found = [{**link.as_object(), "callCount": str(link.call_count)} for link in links]
        return jsonify(dependencies=found)

    @blueprint.errorhandler(MalformedParameterError)
    def malformed(error: MalformedParameterError) -> Response:
        return error_response(str(error), 400)

    @blueprint.errorhandler(StoreUnavailableError)
    def unavailable(_: StoreUnavailableError) -> Response:
        return error_response("the store cannot be read now: try again", 503)

    return blueprint


def parse_trace_id(text: str) -> bytes:
    """The trace id of up to 32 hex digits; shorter ones are filled with zeros, as in Jaeger."""
    if not _HEX_ID.fullmatch(text):
        raise MalformedParameterError("trace_id", f"{text[:60]!r} is not 1 to 32 hex digits")
    return bytes.fromhex(text.zfill(32))


def span_kind(kind: int) -> str:
    """OTLP's number of a span kind in Jaeger's words."""
    return _SPAN_KINDS[kind] if 0 <= kind < len(_SPAN_KINDS) else "internal"


def error_response(message: str, http_code: int) -> Response:
    """An error in Jaeger's shape."""
    response = jsonify(error={"httpCode": http_code, "message": message})
    response.status_code = http_code
    return response


def _traces_response(store: Store, trace_ids: list[bytes]) -> Response:
    body = traces_body(store, trace_ids)
    if len(trace_ids) == 1:  # with a length the client need not read chunks: a millisecond less
        return Response("".join(body), content_type="application/json")
    return Response(body, content_type="application/json")


def traces_body(store: Store, trace_ids: list[bytes]) -> Iterator[str]:
    """The answer in parts, trace by trace: a hundred large traces never stand in memory at once."""
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
