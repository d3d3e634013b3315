"""Write spans in every format that is read."""

import json
from collections.abc import Iterable
from typing import Any

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, Status, TracesData

from otel_nplusone._core.model import Span, SpanKind

ERROR = 2


def otlp_json(spans: Iterable[Span], service: str = "clinic") -> dict[str, Any]:
    written = [
        {
            "traceId": span.trace_id,
            "spanId": span.span_id,
            "parentSpanId": span.parent_span_id,
            "name": span.name,
            "kind": int(span.kind),
            "startTimeUnixNano": str(span.start_time_unix_nano),
            "endTimeUnixNano": str(span.end_time_unix_nano),
            "attributes": [
                {"key": key, "value": _json_value(value)} for key, value in span.attributes.items()
            ],
            "status": {"code": ERROR} if span.failed else {},
        }
        for span in spans
    ]
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": service}}]}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": written}]}]}


def _json_value(value: object) -> dict[str, object]:
    if isinstance(value, tuple):
        return {"arrayValue": {"values": [_json_value(item) for item in value]}}
    return {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}


def otlp_protobuf(spans: Iterable[Span], service: str = "clinic") -> bytes:
    resource_spans = ResourceSpans()
    name = KeyValue(key="service.name", value=AnyValue(string_value=service))
    resource_spans.resource.attributes.append(name)
    scope = resource_spans.scope_spans.add()
    for span in spans:
        written = scope.spans.add(
            trace_id=bytes.fromhex(span.trace_id),
            span_id=bytes.fromhex(span.span_id),
            parent_span_id=bytes.fromhex(span.parent_span_id),
            name=span.name,
            kind=int(span.kind),
            start_time_unix_nano=span.start_time_unix_nano,
            end_time_unix_nano=span.end_time_unix_nano,
        )
        if span.failed:
            written.status.code = Status.STATUS_CODE_ERROR
        for key, value in span.attributes.items():
            written.attributes.append(KeyValue(key=key, value=_any_value(value)))
    return TracesData(resource_spans=[resource_spans]).SerializeToString()


def _any_value(value: object) -> AnyValue:
    if isinstance(value, tuple):
        return AnyValue(array_value=ArrayValue(values=[_any_value(item) for item in value]))
    if isinstance(value, int):
        return AnyValue(int_value=value)
    return AnyValue(string_value=str(value))


def jaeger_json(spans: Iterable[Span]) -> dict[str, Any]:
    traces: dict[str, dict[str, Any]] = {}
    for span in spans:
        trace = traces.setdefault(
            span.trace_id,
            {
                "traceID": span.trace_id,
                "spans": [],
                "processes": {"p1": {"serviceName": span.service}},
            },
        )
        trace["spans"].append(_jaeger_span(span))
    return {"data": list(traces.values()), "total": 0, "limit": 0, "offset": 0, "errors": None}


def _jaeger_span(span: Span) -> dict[str, Any]:
    parent = {"refType": "CHILD_OF", "traceID": span.trace_id, "spanID": span.parent_span_id}
    kind = SpanKind(span.kind).name.lower()
    tags: list[dict[str, object]] = [{"key": "span.kind", "type": "string", "value": kind}]
    tags += [
        {
            "key": k,
            "type": "int64" if isinstance(v, int) else "string",
            "value": json.dumps(v) if isinstance(v, tuple) else v,  # as Jaeger writes lists
        }
        for k, v in span.attributes.items()
    ]
    if span.failed:
        tags.append({"key": "error", "type": "bool", "value": True})
    return {
        "traceID": span.trace_id,
        "spanID": span.span_id,
        "operationName": span.name,
        "references": [parent] if span.parent_span_id else [],
        "startTime": span.start_time_unix_nano // 1000,
        "duration": (span.end_time_unix_nano - span.start_time_unix_nano) // 1000,
        "tags": tags,
        "processID": "p1",
    }


def lines(*documents: object) -> bytes:
    return b"".join(json.dumps(document).encode() + b"\n" for document in documents)


def zipkin_json(spans: Iterable[Span]) -> list[dict[str, Any]]:
    return [
        {
            "traceId": span.trace_id,
            "id": span.span_id,
            "name": span.name,
            "timestamp": span.start_time_unix_nano // 1000,
            "duration": (span.end_time_unix_nano - span.start_time_unix_nano) // 1000,
            "localEndpoint": {"serviceName": span.service},
            "tags": {key: str(value) for key, value in span.attributes.items()}
            | ({"error": "true"} if span.failed else {}),
        }
        | ({"parentId": span.parent_span_id} if span.parent_span_id else {})
        | ({"kind": SpanKind(span.kind).name} if span.kind != SpanKind.INTERNAL else {})
        for span in spans
    ]
