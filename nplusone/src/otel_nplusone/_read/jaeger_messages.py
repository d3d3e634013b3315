"""Read Jaeger's JSON into OTLP messages, with all that it holds.

Tags that only stand for what OTLP has fields for (kind, status, scope, trace state) become
those fields again. What Jaeger does not keep, as nanoseconds and dropped counts, stays away.
"""

import base64
from collections.abc import Iterator
from typing import Any

from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status

from otel_nplusone._read.jaeger_json import KINDS, NS_IN_US, hex_digits, parent_of
from otel_nplusone._read.skipped import Skipped
from otel_nplusone._read.values import BAD_SPAN, whole

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
Tag = dict[str, Any]


def from_jaeger(trace: object, place: str, warnings: Skipped) -> Iterator[ResourceSpans]:
    """Read one element of `data`: a message for each process of it."""
    if not isinstance(trace, dict) or not isinstance(trace.get("spans"), list):
        warnings.add("Jaeger trace without spans", place)
        return
    resources: dict[str, ResourceSpans] = {}
    scopes: dict[tuple[str, str, str], ScopeSpans] = {}
    processes = trace.get("processes") or {}
    for item in trace["spans"]:
        try:
            tags = {tag["key"]: tag for tag in item.get("tags") or ()}
            process, inline = item.get("processID") or "", item.get("process")
            key = process or repr(inline)
            if key not in resources:
                resources[key] = _resource(inline if inline else processes[process])
            scope = (key, _text(tags, "otel.scope.name"), _text(tags, "otel.scope.version"))
            if scope not in scopes:
                scopes[scope] = resources[key].scope_spans.add()
                scopes[scope].scope.name, scopes[scope].scope.version = scope[1:]
            scopes[scope].spans.append(_span(item, tags))
        except BAD_SPAN as error:
            span_id = item.get("spanID") if isinstance(item, dict) else None
            what = f"malformed span ({type(error).__name__} {error})"
            warnings.add(what, f"{place}, span {span_id!r}")
    yield from resources.values()


def _resource(process: dict[str, Any]) -> ResourceSpans:
    message = ResourceSpans()
    name = message.resource.attributes.add(key="service.name")
    name.value.string_value = process["serviceName"]
    for tag in process.get("tags") or ():
        _set(message.resource.attributes.add(), tag)
    return message


def _span(item: dict[str, Any], tags: dict[str, Tag]) -> Span:
    start = whole(item["startTime"]) * NS_IN_US
    span = Span(
        trace_id=_id(item["traceID"], 16),
        span_id=_id(item["spanID"], 8),
        name=item["operationName"],
        start_time_unix_nano=start,
        end_time_unix_nano=start + whole(item["duration"]) * NS_IN_US,
        kind=KINDS.get(_text(tags, "span.kind"), 0),  # type: ignore[arg-type]  # an enum's number
        trace_state=_text(tags, "w3c.tracestate"),
    )
    _set_status(span, tags)
    for tag in item.get("tags") or ():
        if tag["key"] not in _FIELDS and not _is_error_flag(tag):
            _set(span.attributes.add(), tag)
    _set_references(span, item)
    for log in item.get("logs") or ():
        _add_event(span, log)
    return span


def _set_status(span: Span, tags: dict[str, Tag]) -> None:
    span.status.message = _text(tags, "otel.status_description")
    if "error" in tags and _is_error_flag(tags["error"]):
        span.status.code = Status.STATUS_CODE_ERROR
    elif code := _STATUS.get(_text(tags, "otel.status_code")):
        span.status.code = code


def _text(tags: dict[str, Tag], key: str) -> str:
    return str(tags[key]["value"]) if key in tags else ""


def _is_error_flag(tag: Tag) -> bool:
    return tag["key"] == "error" and tag["value"] in (True, "true")


def _set_references(span: Span, item: dict[str, Any]) -> None:
    """Set the parent, and a link for every reference but the CHILD_OF that names it."""
    found = [(r["refType"], r["traceID"], r["spanID"]) for r in item.get("references") or ()]
    parent = parent_of(hex_digits(item["traceID"], 32), found, item.get("parentSpanID"))
    span.parent_span_id = bytes.fromhex(parent)
    is_told = False
    for kind, other, span_id in found:
        trace_id, linked = _id(other, 16), _id(span_id, 8)
        is_child = kind == "CHILD_OF"
        is_parent = (trace_id, linked) == (span.trace_id, span.parent_span_id)
        if is_child and is_parent and not is_told:
            is_told = True
            continue
        link = span.links.add(trace_id=trace_id, span_id=linked)
        if is_child:
            link.attributes.add(key="opentracing.ref_type").value.string_value = "child_of"


def _add_event(span: Span, log: dict[str, Any]) -> None:
    event = span.events.add(time_unix_nano=whole(log["timestamp"]) * NS_IN_US)
    for field in log.get("fields") or ():
        if field["key"] == "event" and not event.name:
            event.name = str(field["value"])
        else:
            _set(event.attributes.add(), field)


def _set(attribute: KeyValue, tag: Tag) -> None:
    attribute.key = tag["key"]
    value = tag["value"]
    match tag.get("type", "string"):
        case "bool":
            attribute.value.bool_value = value in (True, "true")
        case "int64":
            attribute.value.int_value = whole(value)
        case "float64" if value is not None:
            attribute.value.double_value = float(value)
        case "binary":
            attribute.value.bytes_value = base64.b64decode(value, validate=True)
        case _:
            attribute.value.string_value = "" if value is None else str(value)


def _id(text: str, length: int) -> bytes:
    return bytes.fromhex(hex_digits(text, 2 * length))
