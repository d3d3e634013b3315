"""OTLP → spans, from JSON and from protobuf. Only what the detector reads is decoded.

    {"resourceSpans": [{"resource": {"attributes": [{"key", "value": {"stringValue"}}]},
                        "scopeSpans": [{"spans": [{"traceId", "spanId", "parentSpanId", "name",
                          "kind", "startTimeUnixNano", "endTimeUnixNano", "attributes",
                          "status": {"code"}}]}]}]}

Ids are hex, as OTLP has it, or base64, as protobuf's own JSON mapping writes them.
https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
"""

import base64
import binascii
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from otel_nplusone.model import Span
from otel_nplusone.semconv import QUERY_PARAMETER, WANTED
from otel_nplusone.troubles import Warnings

if TYPE_CHECKING:
    from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans

_SERVICE_NAME = "service.name"
_ERROR = 2
_KINDS = {
    f"SPAN_KIND_{name}": number
    for number, name in enumerate(
        ("UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER")
    )
}
_BAD_SPAN = (AttributeError, KeyError, TypeError, ValueError)


def from_json(resource_spans: object, place: str, warnings: Warnings) -> Iterator[Span]:
    """The spans of one element of `resourceSpans`; what is malformed is counted and left out."""
    if not isinstance(resource_spans, dict):
        warnings.add("resourceSpans element that is no object", place)
        return
    service = _service(resource_spans.get("resource"))
    scopes = resource_spans.get("scopeSpans") or resource_spans.get("scope_spans") or ()
    for scope in scopes if isinstance(scopes, list) else ():
        spans = scope.get("spans") if isinstance(scope, dict) else None
        for span in spans if isinstance(spans, list) else ():
            try:
                yield _span_from_json(span, service)
            except _BAD_SPAN as error:
                span_id = span.get("spanId") if isinstance(span, dict) else None
                warnings.add(f"malformed span ({error})", f"{place}, span {span_id!r}")


def _span_from_json(span: dict[str, Any], service: str) -> Span:
    attributes: dict[str, object] = {}
    for pair in span.get("attributes") or ():
        key = pair["key"]
        if key in WANTED or key.startswith(QUERY_PARAMETER):
            attributes[key] = _json_value(pair.get("value"))
    kind = span.get("kind", 0)
    status = span.get("status")
    return Span(
        _trace_id(span["traceId"]),
        _span_id(span["spanId"]),
        _span_id(span.get("parentSpanId") or ""),
        service,
        str(span.get("name", "")),
        kind if type(kind) is int else _KINDS.get(kind, 0),
        int(span["startTimeUnixNano"]),
        int(span["endTimeUnixNano"]),
        status is not None and status.get("code") in (_ERROR, "STATUS_CODE_ERROR"),
        attributes,
    )


def _json_value(value: object) -> object:
    """A text, a number or a truth; None for lists and maps, which the detector does not read."""
    if isinstance(value, dict):
        for kind, plain in value.items():
            if kind == "intValue":
                return int(plain)
            if kind in ("stringValue", "boolValue", "doubleValue"):
                return plain
    return None


def _service(resource: object) -> str:
    attributes = resource.get("attributes") if isinstance(resource, dict) else None
    for pair in attributes if isinstance(attributes, list) else ():
        if isinstance(pair, dict) and pair.get("key") == _SERVICE_NAME:
            return str(_json_value(pair.get("value")) or "")
    return ""


def _trace_id(text: str) -> str:
    return _id(text, 16) if len(text) != 32 else text.lower()


def _span_id(text: str) -> str:
    return text.lower() if len(text) in (16, 0) else _id(text, 8)


def _id(text: str, size: int) -> str:
    """An id that is not hex of the usual length: base64, or hex without leading zeros."""
    if text.endswith("="):
        try:
            raw = base64.b64decode(text, validate=True)
        except binascii.Error as error:
            raise ValueError(f"id {text[:40]!r} is neither hex nor base64") from error
        if len(raw) == size:
            return raw.hex()
    if not text or len(text) > 2 * size:
        raise ValueError(f"id {text[:40]!r} is no id of {size} bytes")
    return text.lower().zfill(2 * size)


def from_protobuf(
    resource_spans: "ResourceSpans", place: str, warnings: Warnings
) -> Iterator[Span]:
    """The spans of one ResourceSpans message."""
    service = ""
    for pair in resource_spans.resource.attributes:
        if pair.key == _SERVICE_NAME:
            service = pair.value.string_value
    wanted, parameter = WANTED, QUERY_PARAMETER
    for scope in resource_spans.scope_spans:
        for span in scope.spans:
            trace_id, span_id = span.trace_id, span.span_id
            if len(trace_id) != 16 or len(span_id) != 8:
                warnings.add("malformed span (no valid ids)", f"{place}, span {span_id.hex()!r}")
                continue
            attributes: dict[str, object] = {}
            for pair in span.attributes:
                key = pair.key
                if key in wanted or key.startswith(parameter):
                    value = pair.value
                    attributes[key] = value.string_value or _plain(value)
            yield Span(
                trace_id.hex(),
                span_id.hex(),
                span.parent_span_id.hex(),
                service,
                span.name,
                span.kind,
                span.start_time_unix_nano,
                span.end_time_unix_nano,
                span.status.code == _ERROR,
                attributes,
            )


def _plain(value: Any) -> object:
    kind = value.WhichOneof("value")
    if kind in ("string_value", "int_value", "bool_value", "double_value"):
        plain: object = getattr(value, kind)
        return plain
    return None
