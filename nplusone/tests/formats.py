"""Write spans in every format that is read."""

import json
from collections.abc import Iterable
from typing import Any

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, Status, TracesData

from otel_nplusone._core.model import Span, SpanKind

ERROR = 2


def otlp_json(spans: Iterable[Span], service: str = "clinic") -> dict[str, Any]:
    spans = list(spans)
    language, scope = _origin(spans)
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
    told = {"service.name": service} | ({"telemetry.sdk.language": language} if language else {})
    resource = {
        "attributes": [{"key": key, "value": {"stringValue": value}} for key, value in told.items()]
    }
    named = {"scope": {"name": scope}} if scope else {}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [{**named, "spans": written}]}]}


def _origin(spans: list[Span]) -> tuple[str, str]:
    """Return language and scope, which are those of the first span for all."""
    language, _, scope = (spans[0].origin if spans else "").partition(" ")
    return language, scope


def _json_value(value: object) -> dict[str, object]:
    if isinstance(value, tuple):
        return {"arrayValue": {"values": [_json_value(item) for item in value]}}
    return {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}


def otlp_protobuf(spans: Iterable[Span], service: str = "clinic") -> bytes:
    spans = list(spans)
    language, scope_name = _origin(spans)
    resource_spans = ResourceSpans()
    name = KeyValue(key="service.name", value=AnyValue(string_value=service))
    resource_spans.resource.attributes.append(name)
    if language:
        told = KeyValue(key="telemetry.sdk.language", value=AnyValue(string_value=language))
        resource_spans.resource.attributes.append(told)
    scope = resource_spans.scope_spans.add()
    scope.scope.name = scope_name
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
                "processes": {"p1": _jaeger_process(span)},
            },
        )
        trace["spans"].append(_jaeger_span(span))
    return {"data": list(traces.values()), "total": 0, "limit": 0, "offset": 0, "errors": None}


def _jaeger_process(span: Span) -> dict[str, Any]:
    language = span.origin.partition(" ")[0]
    tag = {"key": "telemetry.sdk.language", "type": "string", "value": language}
    return {"serviceName": span.service, "tags": [tag] if language else []}


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
    if scope := span.origin.partition(" ")[2]:
        tags.append({"key": "otel.scope.name", "type": "string", "value": scope})
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
            | ({"error": "true"} if span.failed else {})
            | _zipkin_origin(span),
        }
        | ({"parentId": span.parent_span_id} if span.parent_span_id else {})
        | ({"kind": SpanKind(span.kind).name} if span.kind != SpanKind.INTERNAL else {})
        for span in spans
    ]


def _zipkin_origin(span: Span) -> dict[str, str]:
    language, _, scope = span.origin.partition(" ")
    told = {"telemetry.sdk.language": language, "otel.scope.name": scope}
    return {key: value for key, value in told.items() if value}
