"""Read files of every format into OTLP messages, with all that they hold: for a store of traces.

The detector's own reading leaves out what it does not need; this does not. What is read, and what
is refused, is the same. It needs the extra `protobuf`.
"""

import base64
import io
from collections.abc import Iterator
from typing import Any

from google.protobuf import json_format
from google.protobuf.message import DecodeError
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span

from otel_nplusone._read import jaeger_messages, zipkin_messages
from otel_nplusone._read.files import PROTOBUF, all_of, parts
from otel_nplusone._read.json_elements import JAEGER, ZIPKIN, Element
from otel_nplusone._read.otlp import SCOPES, kind_of, scopes_of
from otel_nplusone._read.otlp_protobuf import message_of
from otel_nplusone._read.skipped import Skipped
from otel_nplusone._read.unpack import buffered
from otel_nplusone._read.values import BAD_SPAN, hex_id, parent_id, whole

_IDS = {"traceId": 16, "trace_id": 16, "spanId": 8, "span_id": 8}
_PARENTS = ("parentSpanId", "parent_span_id")
_TIMES = (
    "startTimeUnixNano",
    "start_time_unix_nano",
    "endTimeUnixNano",
    "end_time_unix_nano",
    "timeUnixNano",
    "time_unix_nano",
)
_BAD = (*BAD_SPAN, json_format.ParseError)


def read_messages(
    body: bytes, name: str, warnings: Skipped, most_bytes: int | None = None
) -> Iterator[ResourceSpans]:
    """Read the spans of a file, which `name` stands for in messages.

    What cannot be read is counted in `warnings`, what is past `most_bytes` once it is unpacked too;
    SourceError says why if that is all of it.
    """
    found = parts(buffered(io.BytesIO(body)), name, warnings, most_bytes=most_bytes)
    yield from all_of(found, lambda part: _with_spans(part, warnings), name, warnings)


def _with_spans(part: Element, warnings: Skipped) -> Iterator[ResourceSpans]:
    return (
        message
        for message in _messages(part, warnings)
        if any(scope.spans for scope in message.scope_spans)
    )


def _messages(part: Element, warnings: Skipped) -> Iterator[ResourceSpans]:
    value: Any = part.value
    if part.name == PROTOBUF:
        return _of_bytes(value, part.place, warnings)
    if part.name == JAEGER:
        return jaeger_messages.from_jaeger(value, part.place, warnings)
    if part.name == ZIPKIN:
        return zipkin_messages.from_zipkin(value, part.place, warnings)
    return _of_json(value, part.place, warnings)


def _of_bytes(raw: bytes, place: str, warnings: Skipped) -> Iterator[ResourceSpans]:
    try:
        message = ResourceSpans.FromString(raw)
    except DecodeError:
        warnings.add("message that is not ResourceSpans", place)
        return
    # The old name of scopes, which the official messages have forgotten; the fields are the same.
    for scope in message_of(raw).instrumentation_library_spans:
        message.scope_spans.append(ScopeSpans.FromString(scope.SerializeToString()))
    message.DiscardUnknownFields()
    yield message


def _of_json(resource_spans: object, place: str, warnings: Skipped) -> Iterator[ResourceSpans]:
    if not isinstance(resource_spans, dict):
        warnings.add("resourceSpans element that is not an object", place)
        return
    message = ResourceSpans()
    try:
        _parse(resource_spans.get("resource"), message.resource)
        message.schema_url = resource_spans.get("schemaUrl") or ""
    except _BAD as error:
        warnings.add(f"malformed resource ({error})", place)
    for scope in scopes_of(resource_spans, place, warnings):
        _add_scope(message, scope, place, warnings)
    yield message


def _add_scope(
    message: ResourceSpans, scope: dict[str, Any], place: str, warnings: Skipped
) -> None:
    added = message.scope_spans.add()
    try:
        _parse(next((scope[name] for name in SCOPES if scope.get(name)), None), added.scope)
        added.schema_url = scope.get("schemaUrl") or ""
    except _BAD as error:
        warnings.add(f"malformed scope ({error})", place)
    spans = scope.get("spans")
    if spans is not None and not isinstance(spans, list):
        warnings.add("spans that is not a list", place)
        return
    for span in spans or ():
        try:
            read = Span()
            _parse(_canonical(span), read)
            added.spans.append(read)
        except _BAD as error:
            span_id = span.get("spanId") if isinstance(span, dict) else None
            warnings.add(f"malformed span ({error})", f"{place}, span {span_id!r}")


def _parse(value: Any, message: Any) -> None:
    if value is not None:
        json_format.ParseDict(value, message, ignore_unknown_fields=True)


def _canonical(span: dict[str, Any]) -> dict[str, Any]:
    """Write a span as protobuf's JSON mapping has it, however it is written."""
    plain = _with_ids(span)
    for key in _PARENTS:
        if plain.get(key) is not None:
            parent = parent_id(plain[key])
            plain[key] = _base64(parent)
    if "kind" in plain:
        plain["kind"] = kind_of(plain["kind"])
    plain["links"] = [_with_ids(link) for link in span.get("links") or ()]
    plain["events"] = [_with_ids(event) for event in span.get("events") or ()]
    status = plain.get("status")
    if status is not None and str(status.get("code")).isdecimal():
        plain["status"] = status | {"code": int(status["code"])}
    return plain


def _with_ids(holder: dict[str, Any]) -> dict[str, Any]:
    plain = dict(holder)
    for key, size in _IDS.items():
        if plain.get(key) is not None:
            plain[key] = _base64(hex_id(plain[key], size))
    for key in _TIMES:
        if plain.get(key) is not None:
            plain[key] = whole(plain[key])
    return plain


def _base64(in_hex: str) -> str:
    return base64.b64encode(bytes.fromhex(in_hex)).decode()
