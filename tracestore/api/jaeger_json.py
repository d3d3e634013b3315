"""Write stored spans as the JSON of Jaeger's UI, as Jaeger makes it from OTLP.

    {"traceID": …, "spans": [{"spanID", "operationName", "references", "startTime", "duration",
     "tags", "logs", "processID", "warnings"}], "processes": {"p1": {…}}, "warnings": null}

As in otlp_json, the text is built span by span, and what spans have in common is written once.

Times are microseconds. OTLP's scope, kind, status and trace state have no field here: they become
tags, under the names that the specification gives them.
https://opentelemetry.io/docs/specs/otel/trace/sdk_exporters/jaeger/
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status

from tracestore.api._span_bytes import split
from tracestore.api.otlp_json import dumps
from tracestore.store.reader import StoredSpans
from tracestore.store.spans import kind_name
from tracestore.store.values import as_text, finite

JsonObject = dict[str, Any]

# JavaScript rounds larger numbers: they are written as text.
_MAX_SAFE_INTEGER = 2**53 - 1
_STATUS_TEXT = {Status.STATUS_CODE_OK: "OK", Status.STATUS_CODE_ERROR: "ERROR"}


def trace_json(parts: Sequence[StoredSpans]) -> str:
    """Write one trace of at least one part."""
    process_ids: dict[str, str] = {}
    spans: list[str] = []
    for part in parts:
        process_id = process_ids.setdefault(dumps(_process(part)), f"p{len(process_ids) + 1}")
        tags = _scope_tags(ScopeSpans.FromString(part.scope).scope)
        known: dict[bytes, _Common] = {}
        spans += [_span(body, tags, process_id, known) for body in part.spans]
    processes = ",".join(f'"{number}":{text}' for text, number in process_ids.items())
    trace_id = trace_id_text(split(parts[0].spans[0])[0])
    return (
        f'{{"traceID":"{trace_id}","spans":[{",".join(spans)}],'
        f'"processes":{{{processes}}},"warnings":null}}'
    )


def trace_id_text(trace_id: bytes) -> str:
    """Write an id as 32 hex digits, or as 16 if the first half is zeros."""
    return (trace_id if any(trace_id[:8]) else trace_id[8:]).hex()


def _process(part: StoredSpans) -> JsonObject:
    attributes = ResourceSpans.FromString(part.resource).resource.attributes
    tags = [_tag(item) for item in attributes if item.key != "service.name"]
    return {"serviceName": part.service, "tags": tags}


@dataclass(frozen=True, slots=True)
class _Common:
    """Hold what spans have in common: the end of the text, and the links."""

    text: str
    links: Sequence[Span.Link]


def _span(
    body: bytes, scope_tags: list[JsonObject], process_id: str, known: dict[bytes, _Common]
) -> str:
    trace_id, span_id, parent_span_id, start, end, rest = split(body)
    common = known.get(rest)
    if common is None:
        span = Span.FromString(rest)
        common = known[rest] = _Common(_rest(span, scope_tags, process_id), span.links)
    references = _references(trace_id, parent_span_id, common.links)
    return (
        f'{{"traceID":"{trace_id_text(trace_id)}","spanID":"{span_id.hex()}",'
        f'"references":{dumps(references)},'
        f'"startTime":{start // 1000},"duration":{max(end - start, 0) // 1000},{common.text}'
    )


def _rest(span: Span, scope_tags: list[JsonObject], process_id: str) -> str:
    tags = scope_tags + [_tag(item) for item in span.attributes] + _derived_tags(span)
    return (
        f'"operationName":{dumps(span.name)},"tags":{dumps(tags)},'
        f'"logs":{dumps([_log(event) for event in span.events])},'
        f'"processID":"{process_id}","warnings":null}}'
    )


def _references(
    trace_id: bytes, parent_span_id: bytes, links: Sequence[Span.Link]
) -> list[JsonObject]:
    """Return the parent first; a link to the parent changes only its type."""
    references = []
    if parent_span_id:
        references.append(_reference("CHILD_OF", trace_id, parent_span_id))
    for link in links:
        reference = _reference(_reference_type(link), link.trace_id, link.span_id)
        if parent_span_id and (link.trace_id, link.span_id) == (trace_id, parent_span_id):
            references[0] = reference
        else:
            references.append(reference)
    return references


def _reference(kind: str, trace_id: bytes, span_id: bytes) -> JsonObject:
    return {"refType": kind, "traceID": trace_id_text(trace_id), "spanID": span_id.hex()}


def _reference_type(link: Span.Link) -> str:
    for item in link.attributes:
        if item.key == "opentracing.ref_type" and item.value.string_value == "child_of":
            return "CHILD_OF"
    return "FOLLOWS_FROM"


def _scope_tags(scope: InstrumentationScope) -> list[JsonObject]:
    named = (("otel.scope.name", scope.name), ("otel.scope.version", scope.version))
    return [_text_tag(key, text) for key, text in named if text]


def _derived_tags(span: Span) -> list[JsonObject]:
    tags = []
    if kind := kind_name(span.kind):
        tags.append(_text_tag("span.kind", kind))
    if code := _STATUS_TEXT.get(span.status.code):
        tags.append(_text_tag("otel.status_code", code))
    if span.status.code == Status.STATUS_CODE_ERROR:
        tags.append({"key": "error", "type": "bool", "value": True})
    if span.status.message:
        tags.append(_text_tag("otel.status_description", span.status.message))
    if span.trace_state:
        tags.append(_text_tag("w3c.tracestate", span.trace_state))
    return tags


def _log(event: Span.Event) -> JsonObject:
    fields = [_tag(item) for item in event.attributes]
    if event.name and all(item.key != "event" for item in event.attributes):
        fields.insert(0, _text_tag("event", event.name))
    return {"timestamp": event.time_unix_nano // 1000, "fields": fields}


def _text_tag(key: str, text: str) -> JsonObject:
    return {"key": key, "type": "string", "value": text}


def _tag(item: KeyValue) -> JsonObject:
    kind, value = _typed(item.value)
    return {"key": item.key, "type": kind, "value": value}


def _typed(value: AnyValue) -> tuple[str, Any]:
    match value.WhichOneof("value"):
        case "int_value":
            number = value.int_value
            return "int64", number if abs(number) <= _MAX_SAFE_INTEGER else str(number)
        case "bool_value":
            return "bool", value.bool_value
        case "double_value":
            return "float64", finite(value.double_value)
        case "bytes_value":
            return "binary", base64.b64encode(value.bytes_value).decode()
    return "string", as_text(value)
