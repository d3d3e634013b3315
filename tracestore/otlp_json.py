"""Stored spans as OTLP/JSON, as Jaeger's API v3 gives them out, without loss.

Written out by hand, because protobuf's own JSON printer is some ten times slower and has ids in
base64. As there, what has its default value is left out, 64-bit integers are strings, enum
values numbers, and numbers that JSON does not have are "NaN", "Infinity" and "-Infinity".
"""

import base64
import math
from collections.abc import Iterable
from typing import Any

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status

JsonObject = dict[str, Any]


def resource_spans(resource: bytes, scope: bytes, spans: Iterable[bytes]) -> JsonObject:
    """One ResourceSpans with one ScopeSpans, from what the store keeps."""
    outer = ResourceSpans.FromString(resource)
    inner = ScopeSpans.FromString(scope)
    result: JsonObject = {"resource": _resource(outer.resource)}
    scope_spans: JsonObject = {"scope": _scope(inner.scope)}
    scope_spans["spans"] = [span_object(Span.FromString(body)) for body in spans]
    if inner.schema_url:
        scope_spans["schemaUrl"] = inner.schema_url
    result["scopeSpans"] = [scope_spans]
    if outer.schema_url:
        result["schemaUrl"] = outer.schema_url
    return result


def span_object(span: Span) -> JsonObject:
    """One span."""
    result: JsonObject = {"traceId": span.trace_id.hex(), "spanId": span.span_id.hex()}
    if span.trace_state:
        result["traceState"] = span.trace_state
    if span.parent_span_id:
        result["parentSpanId"] = span.parent_span_id.hex()
    if span.flags:
        result["flags"] = span.flags
    result["name"] = span.name
    if span.kind:
        result["kind"] = span.kind
    result["startTimeUnixNano"] = str(span.start_time_unix_nano)
    result["endTimeUnixNano"] = str(span.end_time_unix_nano)
    _put_attributes(result, span.attributes, span.dropped_attributes_count)
    if span.events:
        result["events"] = [_event(event) for event in span.events]
    if span.dropped_events_count:
        result["droppedEventsCount"] = span.dropped_events_count
    if span.links:
        result["links"] = [_link(link) for link in span.links]
    if span.dropped_links_count:
        result["droppedLinksCount"] = span.dropped_links_count
    result["status"] = _status(span.status)
    return result


def any_value(value: AnyValue) -> JsonObject:
    """One attribute's value; an empty object for one that was never set."""
    match value.WhichOneof("value"):
        case "string_value":
            return {"stringValue": value.string_value}
        case "int_value":
            return {"intValue": str(value.int_value)}
        case "bool_value":
            return {"boolValue": value.bool_value}
        case "double_value":
            return {"doubleValue": _double(value.double_value)}
        case "array_value":
            return {"arrayValue": {"values": [any_value(v) for v in value.array_value.values]}}
        case "kvlist_value":
            return {"kvlistValue": {"values": _attributes(value.kvlist_value.values)}}
        case "bytes_value":
            return {"bytesValue": base64.b64encode(value.bytes_value).decode()}
    return {}


def _attributes(attributes: Iterable[KeyValue]) -> list[JsonObject]:
    return [{"key": item.key, "value": any_value(item.value)} for item in attributes]


def _put_attributes(into: JsonObject, attributes: Iterable[KeyValue], dropped: int) -> None:
    if items := _attributes(attributes):
        into["attributes"] = items
    if dropped:
        into["droppedAttributesCount"] = dropped


def _event(event: Span.Event) -> JsonObject:
    result: JsonObject = {"timeUnixNano": str(event.time_unix_nano), "name": event.name}
    _put_attributes(result, event.attributes, event.dropped_attributes_count)
    return result


def _link(link: Span.Link) -> JsonObject:
    result: JsonObject = {"traceId": link.trace_id.hex(), "spanId": link.span_id.hex()}
    if link.trace_state:
        result["traceState"] = link.trace_state
    if link.flags:
        result["flags"] = link.flags
    _put_attributes(result, link.attributes, link.dropped_attributes_count)
    return result


def _status(status: Status) -> JsonObject:
    result: JsonObject = {}
    if status.message:
        result["message"] = status.message
    if status.code:
        result["code"] = status.code
    return result


def _resource(resource: Resource) -> JsonObject:
    result: JsonObject = {}
    _put_attributes(result, resource.attributes, resource.dropped_attributes_count)
    return result


def _scope(scope: InstrumentationScope) -> JsonObject:
    result: JsonObject = {}
    if scope.name:
        result["name"] = scope.name
    if scope.version:
        result["version"] = scope.version
    _put_attributes(result, scope.attributes, scope.dropped_attributes_count)
    return result


def _double(number: float) -> float | str:
    if math.isfinite(number):
        return number
    return "NaN" if math.isnan(number) else ("Infinity" if number > 0 else "-Infinity")
