"""Read Zipkin's JSON of version 2 into OTLP messages, with all that it holds."""

from collections.abc import Iterator
from typing import Any

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, Span, Status

from otel_nplusone._read.jaeger_json import NS_IN_US, scope_of
from otel_nplusone._read.otlp import LANGUAGE, SERVICE_NAME
from otel_nplusone._read.skipped import Skipped
from otel_nplusone._read.values import BAD_SPAN, hex_id, whole
from otel_nplusone._read.zipkin_json import (
    has_failed,
    ids_of,
    kind_of,
    plain,
    service_of,
    shared_halves,
)

_REMOTE = {
    "serviceName": "peer.service",
    "ipv4": "network.peer.address",
    "ipv6": "network.peer.address",
    "port": "network.peer.port",
}


def from_zipkin(spans: object, place: str, warnings: Skipped) -> Iterator[ResourceSpans]:
    """Read spans of one trace: a message for each service and scope."""
    assert isinstance(spans, list)
    shared = shared_halves(spans)
    resources: dict[tuple[str, str, str], ResourceSpans] = {}
    for item in spans:
        try:
            span, tags = _span(item, shared), item.get("tags") or {}
            scope, language = str(scope_of(tags) or ""), str(tags.get(LANGUAGE) or "")
            origin = (service_of(item), scope, language)
        except BAD_SPAN as error:
            warnings.add(f"malformed span ({error})", f"{place}, span {item.get('id')!r}")
            continue
        if origin not in resources:
            resources[origin] = _resource(*origin)
        resources[origin].scope_spans[0].spans.append(span)
    yield from resources.values()


def _resource(service: str, scope: str, language: str) -> ResourceSpans:
    message = ResourceSpans()
    message.resource.attributes.append(_pair(SERVICE_NAME, service))
    if language:
        message.resource.attributes.append(_pair(LANGUAGE, language))
    message.scope_spans.add().scope.name = scope
    return message


def _span(item: dict[str, Any], shared: set[tuple[object, str]]) -> Span:
    tags: dict[str, Any] = item.get("tags") or {}
    span_id, parent = ids_of(item, shared)
    start = whole(item["timestamp"]) * NS_IN_US
    span = Span(
        trace_id=bytes.fromhex(hex_id(item["traceId"], 16)),
        span_id=bytes.fromhex(span_id),
        parent_span_id=bytes.fromhex(parent),
        name=item.get("name") or "",
        kind=kind_of(item),  # type: ignore[arg-type]  # an enum's number
        start_time_unix_nano=start,
        end_time_unix_nano=start + whole(item.get("duration") or 0) * NS_IN_US,
        attributes=[_pair(key, plain(key, value)) for key, value in tags.items()],
    )
    if has_failed(tags):
        span.status.code = Status.STATUS_CODE_ERROR
        span.status.message = str(tags.get("error") or "")
    for key, value in (item.get("remoteEndpoint") or {}).items():
        if key in _REMOTE:
            span.attributes.append(_pair(_REMOTE[key], value))
    for note in item.get("annotations") or ():
        time = whole(note["timestamp"]) * NS_IN_US
        span.events.add(time_unix_nano=time, name=str(note.get("value") or ""))
    return span


def _pair(key: str, value: object) -> KeyValue:
    if type(value) is int:
        return KeyValue(key=key, value=AnyValue(int_value=value))
    return KeyValue(key=key, value=AnyValue(string_value="" if value is None else str(value)))
