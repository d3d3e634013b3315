"""Convert Jaeger's JSON back into OTLP, the reverse of jaeger_json.

The tags that stand for OTLP's kind, status, scope and trace state become those fields again.
Jaeger keeps no nanoseconds and no dropped counts: they are lost.
"""

import base64
import binascii
from collections.abc import Sequence
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status

from tracestore.errors import InvalidBodyError
from tracestore.store.spans import kind_number

_STATUS = {"OK": Status.STATUS_CODE_OK, "ERROR": Status.STATUS_CODE_ERROR}
_FIELDS = frozenset(
    {
        "otel.scope.name",
        "otel.scope.version",
        "otel.status_code",
        "otel.status_description",
        "span.kind",
        "w3c.tracestate",
    }
)


def request_from_jaeger(traces: Sequence[Any]) -> ExportTraceServiceRequest:
    """Convert traces to an export request; InvalidBodyError names the trace that is malformed."""
    request = ExportTraceServiceRequest()
    for number, trace in enumerate(traces):
        try:
            _add_trace(request, trace)
        except (KeyError, TypeError, ValueError, AttributeError, binascii.Error) as error:
            raise InvalidBodyError(
                f"trace {number} of the file is not Jaeger JSON: {type(error).__name__} {error}"
            ) from error
    return request


def _add_trace(request: ExportTraceServiceRequest, trace: dict[str, Any]) -> None:
    places: dict[tuple[str, str, str], ScopeSpans] = {}
    resources: dict[str, ResourceSpans] = {}
    for item in trace["spans"]:
        tags = {tag["key"]: tag for tag in item.get("tags") or []}
        process_id = item["processID"]
        scope = [_text(tags, f"otel.scope.{part}") for part in ("name", "version")]
        if process_id not in resources:
            resources[process_id] = _add_resource(request, trace["processes"][process_id])
        key = (process_id, scope[0], scope[1])
        if key not in places:
            places[key] = resources[process_id].scope_spans.add()
            places[key].scope.name, places[key].scope.version = scope
        _fill(places[key].spans.add(), item, tags)


def _add_resource(request: ExportTraceServiceRequest, process: dict[str, Any]) -> ResourceSpans:
    added = request.resource_spans.add()
    name = added.resource.attributes.add(key="service.name")
    name.value.string_value = process["serviceName"]
    for tag in process.get("tags") or []:
        _set(added.resource.attributes.add(), tag)
    return added


def _fill(span: Span, item: dict[str, Any], tags: dict[str, dict[str, Any]]) -> None:
    span.trace_id = _id(item["traceID"], 16)
    span.span_id = _id(item["spanID"], 8)
    span.name = item["operationName"]
    span.start_time_unix_nano = int(item["startTime"]) * 1000
    span.end_time_unix_nano = span.start_time_unix_nano + int(item["duration"]) * 1000
    _fill_fields(span, tags)
    for tag in item.get("tags") or []:
        if tag["key"] not in _FIELDS and not _is_error_flag(tag):
            _set(span.attributes.add(), tag)
    for reference in item.get("references") or []:
        _add_reference(span, reference)
    for log in item.get("logs") or []:
        _add_event(span, log)


def _fill_fields(span: Span, tags: dict[str, dict[str, Any]]) -> None:
    span.kind = kind_number(_text(tags, "span.kind"))  # type: ignore[assignment]  # an enum's number
    span.trace_state = _text(tags, "w3c.tracestate")
    span.status.message = _text(tags, "otel.status_description")
    if "error" in tags and _is_error_flag(tags["error"]):
        span.status.code = Status.STATUS_CODE_ERROR
    elif code := _STATUS.get(_text(tags, "otel.status_code")):
        span.status.code = code


def _text(tags: dict[str, dict[str, Any]], key: str) -> str:
    return str(tags[key]["value"]) if key in tags else ""


def _is_error_flag(tag: dict[str, Any]) -> bool:
    return tag["key"] == "error" and tag["value"] in (True, "true")


def _add_reference(span: Span, reference: dict[str, Any]) -> None:
    trace_id, span_id = _id(reference["traceID"], 16), _id(reference["spanID"], 8)
    is_child = reference["refType"] == "CHILD_OF"
    if is_child and trace_id == span.trace_id and not span.parent_span_id:
        span.parent_span_id = span_id
        return
    link = span.links.add(trace_id=trace_id, span_id=span_id)
    if is_child:
        link.attributes.add(key="opentracing.ref_type").value.string_value = "child_of"


def _add_event(span: Span, log: dict[str, Any]) -> None:
    event = span.events.add(time_unix_nano=int(log["timestamp"]) * 1000)
    for field in log.get("fields") or []:
        if field["key"] == "event" and not event.name:
            event.name = str(field["value"])
        else:
            _set(event.attributes.add(), field)


def _set(attribute: KeyValue, tag: dict[str, Any]) -> None:
    attribute.key = tag["key"]
    value = tag["value"]
    match tag.get("type", "string"):
        case "bool":
            attribute.value.bool_value = value in (True, "true")
        case "int64":
            attribute.value.int_value = int(value)
        case "float64" if value is not None:
            attribute.value.double_value = float(value)
        case "binary":
            attribute.value.bytes_value = base64.b64decode(value, validate=True)
        case _:
            attribute.value.string_value = "" if value is None else str(value)


def _id(text: str, length: int) -> bytes:
    """Read a hex id; fill it with zeros on the left, as Jaeger does."""
    return bytes.fromhex(text.zfill(2 * length))
