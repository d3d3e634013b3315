"""Read trace files: downloads of this server and of Jaeger, and files of other tools.

{"resourceSpans": […]}               OTLP JSON
{"result": {"resourceSpans": […]}}   the same, as Jaeger's API v3 answers
{…}\n{…}\n                           one OTLP object a line, as the Collector's file exporter
{"data": [{"traceID", "spans", …}]}  Jaeger's own JSON, or one of its traces alone
"""

import json
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tracestore.errors import InvalidBodyError
from tracestore.intake import otlp
from tracestore.intake._jaeger_upload import request_from_jaeger

_WHAT = "the file is neither OTLP JSON nor Jaeger JSON"


def read_upload(body: bytes) -> ExportTraceServiceRequest:
    """Read the spans of a file; InvalidBodyError says what is wrong with it."""
    merged = ExportTraceServiceRequest()
    for document in _documents(body):
        merged.MergeFrom(_request(document))
    return merged


def _documents(body: bytes) -> list[Any]:
    try:
        return [json.loads(body)]
    except RecursionError as error:
        raise InvalidBodyError(f"{_WHAT}: its JSON is nested too deep") from error
    except ValueError as whole:
        lines = [line for line in body.splitlines() if line.strip()]
        if len(lines) < 2:
            raise InvalidBodyError(f"{_WHAT}: {whole}") from whole
        return [_line(number, line) for number, line in enumerate(lines, start=1)]


def _line(number: int, line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InvalidBodyError(f"{_WHAT}: line {number}: {error}") from error


def _request(document: Any) -> ExportTraceServiceRequest:
    match document:
        case {"result": {"resourceSpans": _} as inner} | ({"resourceSpans": _} as inner):
            return otlp.decode(json.dumps(inner).encode(), otlp.JSON, ExportTraceServiceRequest)
        case {"data": [*traces]}:
            return request_from_jaeger(traces)
        case {"spans": [*_], "processes": {}}:
            return request_from_jaeger([document])
    raise InvalidBodyError(f'{_WHAT}: it has neither "resourceSpans" nor "data"')
