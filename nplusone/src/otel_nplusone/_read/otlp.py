"""Read spans from OTLP JSON, and decode only what the detector reads.

    {"resourceSpans": [{"resource": {"attributes": [{"key", "value": {"stringValue"}}]},
                        "scopeSpans": [{"spans": [{"traceId", "spanId", "parentSpanId", "name",
                          "kind", "startTimeUnixNano", "endTimeUnixNano", "attributes",
                          "status": {"code"}}]}]}]}

Read in every spelling that is met: keys in camelCase or snake_case, ids in hex, as OTLP has it, or
in base64, as protobuf's own JSON mapping writes them, enumerations by number or by name.
https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
"""

import base64
from collections.abc import Iterator
from typing import Any

from otel_nplusone._core.model import Span, SpanKind
from otel_nplusone._core.semconv import is_wanted
from otel_nplusone._read.json_elements import SCOPE_LISTS
from otel_nplusone._read.otlp_protobuf import DEEPEST_LIST
from otel_nplusone._read.otlp_protobuf import from_protobuf as from_protobuf
from otel_nplusone._read.skipped import Skipped
from otel_nplusone._read.values import BAD_SPAN, Kept, hex_id, origin_of, parent_id, whole

SERVICE_NAME, LANGUAGE = "service.name", "telemetry.sdk.language"
SCOPES = ("scope", "instrumentationLibrary", "instrumentation_library")
ERRORS = frozenset({2, "2", "STATUS_CODE_ERROR", "ERROR"})
KINDS: dict[object, int] = {
    spelling: int(kind)
    for kind in SpanKind
    for spelling in (int(kind), str(int(kind)), kind.name, f"SPAN_KIND_{kind.name}")
}
_WHOLE_VALUES = frozenset({"intValue", "int_value"})
_PLAIN_VALUES = frozenset(
    {"stringValue", "boolValue", "doubleValue", "string_value", "bool_value", "double_value"}
)
_BYTES = frozenset({"bytesValue", "bytes_value"})
_LISTS = frozenset({"arrayValue", "array_value"})
_MAPS = frozenset({"kvlistValue", "kvlist_value"})
_IS_WANTED = Kept(is_wanted)


def from_json(resource_spans: object, place: str, warnings: Skipped) -> Iterator[Span]:
    """Read one element of `resourceSpans`; what is malformed is counted and left out."""
    if not isinstance(resource_spans, dict):
        warnings.add("resourceSpans element that is not an object", place)
        return
    service, language = service_of(resource_spans.get("resource"))
    for scope in scopes_of(resource_spans, place, warnings):
        origin = origin_of(language, _name_of(scope))
        for span in _list(scope, "spans", place, warnings):
            try:
                yield _span(span, service, origin)
            except BAD_SPAN as error:
                span_id = span.get("spanId") if isinstance(span, dict) else None
                warnings.add(f"malformed span ({error})", f"{place}, span {span_id!r}")


def spans_of(resource_spans: dict[str, Any], place: str, warnings: Skipped) -> Iterator[Any]:
    """Yield the spans below all scopes, as they are written."""
    for scope in scopes_of(resource_spans, place, warnings):
        yield from _list(scope, "spans", place, warnings)


def _name_of(scope: dict[str, Any]) -> object:
    """Return the name of an instrumentation scope, by whatever key it stands under."""
    found = next((scope[name] for name in SCOPES if scope.get(name)), None)
    return found.get("name") if isinstance(found, dict) else None


def scopes_of(
    resource_spans: dict[str, Any], place: str, warnings: Skipped
) -> Iterator[dict[str, Any]]:
    """Yield the scopes of a resource, by whatever name; one that is not an object is counted."""
    for name in SCOPE_LISTS:
        for scope in _list(resource_spans, name, place, warnings):
            if isinstance(scope, dict):
                yield scope
            else:
                warnings.add(f"{name} element that is not an object", place)


def _list(parent: dict[str, Any], name: str, place: str, warnings: Skipped) -> list[Any]:
    found = parent.get(name)
    if found is None or isinstance(found, list):
        return found or []
    warnings.add(f"{name} that is not a list", place)
    return []


def _span(span: dict[str, Any], service: str, origin: str) -> Span:
    status = span.get("status")
    return Span(
        hex_id(_either(span, "traceId", "trace_id"), 16),
        hex_id(_either(span, "spanId", "span_id"), 8),
        parent_id(_either(span, "parentSpanId", "parent_span_id", "")),
        service,
        str(span.get("name") or ""),
        kind_of(span.get("kind")),
        whole(_either(span, "startTimeUnixNano", "start_time_unix_nano", 0)),
        whole(_either(span, "endTimeUnixNano", "end_time_unix_nano", 0)),
        status is not None and status.get("code") in ERRORS,
        wanted(span.get("attributes") or ()),
        origin,
    )


def _either(span: dict[str, Any], camel: str, snake: str, default: object = None) -> Any:
    found = span.get(camel)
    if found is not None:
        return found
    found = span.get(snake, default)
    if found is None and default is None:
        raise KeyError(camel)
    return default if found is None else found


def kind_of(kind: object) -> int:
    """Return the number of a span's kind, which may be written as a name."""
    return KINDS.get(kind, 0) if isinstance(kind, (int, float, str)) else 0


def wanted(pairs: Any) -> dict[str, object]:
    """Return the attributes that the detector reads."""
    attributes: dict[str, object] = {}
    for pair in pairs:
        key = pair["key"]
        if _IS_WANTED[key]:
            attributes[key] = json_value(pair.get("value"))
    return attributes


def json_value(value: object, depth: int = 0) -> object:
    """Return a text, a number, a truth or bytes; a list as a tuple, a map as one of pairs."""
    if isinstance(value, dict):
        for kind, plain in value.items():
            if kind in _WHOLE_VALUES:
                return whole(plain)
            if kind in _PLAIN_VALUES:
                return plain
            if kind in _BYTES:
                return base64.b64decode(plain)
            if kind in _LISTS and depth < DEEPEST_LIST:
                items = plain.get("values") or ()
                return tuple([json_value(item, depth + 1) for item in items])
            if kind in _MAPS and depth < DEEPEST_LIST:
                pairs = plain.get("values") or ()
                return tuple([(p["key"], json_value(p.get("value"), depth + 1)) for p in pairs])
    return None


def service_of(resource: object) -> tuple[str, str]:
    """Return the name of the service that a resource is, and the language it is written in."""
    attributes = resource.get("attributes") if isinstance(resource, dict) else None
    told = {
        pair.get("key"): pair.get("value")
        for pair in reversed(attributes if isinstance(attributes, list) else [])
        if isinstance(pair, dict) and pair.get("key") in (SERVICE_NAME, LANGUAGE)
    }
    service, language = (str(json_value(told.get(k)) or "") for k in (SERVICE_NAME, LANGUAGE))
    return service, language
