"""Read spans from messages of OTLP protobuf, and decode only what the detector reads.

The messages are the official ones without what is not read, and with attributes as bytes: these
have the same wire type as messages, and the bytes of one that came before need no decoding.
https://github.com/open-telemetry/opentelemetry-proto (opentelemetry/proto/trace/v1/trace.proto)
"""

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from otel_nplusone._core.model import Span
from otel_nplusone._core.semconv import is_wanted
from otel_nplusone._read.skipped import Skipped
from otel_nplusone._read.values import Kept, origin_of

if TYPE_CHECKING:
    from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans

_SERVICE_NAME = "service.name"
_ERROR = 2
_NO_PARENT = bytes(8)
# Values of statements are lists of texts; what lies deeper is not read.
DEEPEST_LIST = 4
_PACKAGE = "otel_nplusone"
# name → fields: number, name, type (a message if it is in capitals' camel case), repeated
_MESSAGES: dict[str, tuple[tuple[int, str, str, bool], ...]] = {
    "AnyValue": (
        (1, "string_value", "bytes", False),
        (2, "bool_value", "bool", False),
        (3, "int_value", "int64", False),
        (4, "double_value", "double", False),
        (5, "array_value", "ArrayValue", False),
        (6, "kvlist_value", "KeyValueList", False),
        (7, "bytes_value", "bytes", False),
    ),
    "ArrayValue": ((1, "values", "AnyValue", True),),
    "KeyValueList": ((1, "values", "KeyValue", True),),
    "KeyValue": ((1, "key", "bytes", False), (2, "value", "AnyValue", False)),
    "Resource": ((1, "attributes", "bytes", True),),
    "Status": ((3, "code", "int32", False),),
    "Span": (
        (1, "trace_id", "bytes", False),
        (2, "span_id", "bytes", False),
        (4, "parent_span_id", "bytes", False),
        (5, "name", "bytes", False),
        (6, "kind", "int32", False),
        (7, "start_time_unix_nano", "fixed64", False),
        (8, "end_time_unix_nano", "fixed64", False),
        (9, "attributes", "bytes", True),
        (15, "status", "bytes", False),
    ),
    "Scope": ((1, "name", "bytes", False),),
    "ScopeSpans": ((1, "scope", "Scope", False), (2, "spans", "Span", True)),
    "ResourceSpans": (
        (1, "resource", "Resource", False),
        (2, "scope_spans", "ScopeSpans", True),
        (1000, "instrumentation_library_spans", "ScopeSpans", True),
    ),
}
Attribute = tuple[str, object]
_NOTHING: Attribute = ("", None)


@cache
def _classes() -> dict[str, Any]:
    """Make the messages' classes, in a pool of their own, next to the official ones."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    file = descriptor_pb2.FileDescriptorProto(
        name="otel_nplusone.proto", package=_PACKAGE, syntax="proto3"
    )
    field_type = descriptor_pb2.FieldDescriptorProto
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        if name == "AnyValue":
            message.oneof_decl.add(name="value")
        for number, field_name, kind, repeated in fields:
            field = message.field.add(name=field_name, number=number)
            field.label = field_type.LABEL_REPEATED if repeated else field_type.LABEL_OPTIONAL
            if kind in _MESSAGES:
                field.type, field.type_name = field_type.TYPE_MESSAGE, f".{_PACKAGE}.{kind}"
            else:
                field.type = field_type.Type.Value(f"TYPE_{kind.upper()}")
            if name == "AnyValue":
                field.oneof_index = 0
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.{name}"))
        for name in _MESSAGES
    }


def message_of(raw: bytes) -> Any:
    """Decode a ResourceSpans of what is read; google.protobuf's DecodeError if it is not one."""
    return _classes()["ResourceSpans"].FromString(raw)


def from_protobuf(resource_spans: "ResourceSpans", place: str, warnings: Skipped) -> Iterator[Span]:
    """Read one message as OpenTelemetry's own packages have it."""
    return from_message(message_of(resource_spans.SerializeToString()), place, warnings)


def from_message(resource_spans: Any, place: str, warnings: Skipped) -> Iterator[Span]:
    """Read one message of `message_of`; a span that is malformed is counted and left out."""
    attributes_of, names, has_failed = _attributes(), _names(), _failures()
    told = dict(map(_pair, resource_spans.resource.attributes))
    service, language = told.get(_SERVICE_NAME), told.get("telemetry.sdk.language")
    service = service if isinstance(service, str) else ""
    new = tuple.__new__
    for scopes in (resource_spans.scope_spans, resource_spans.instrumentation_library_spans):
        for scope in scopes:
            origin = origin_of(language, names[scope.scope.name])
            for span in scope.spans:
                trace_id, span_id = span.trace_id, span.span_id
                if len(trace_id) != 16 or len(span_id) != 8:
                    where = f"{place}, span {span_id.hex()!r}"
                    warnings.add("malformed span (no valid ids)", where)
                    continue
                parent = span.parent_span_id
                yield new(
                    Span,
                    (
                        trace_id.hex(),
                        span_id.hex(),
                        "" if parent == _NO_PARENT else parent.hex(),
                        service,
                        names[span.name],
                        span.kind,
                        span.start_time_unix_nano,
                        span.end_time_unix_nano,
                        has_failed[span.status],
                        attributes_of[tuple(span.attributes)],
                        origin,
                    ),
                )


@cache
def _attributes() -> Kept[tuple[bytes, ...], dict[str, object]]:
    """Keep the wanted ones of all attributes of a span, and each of them by itself."""
    each: Kept[bytes, Attribute] = Kept(_wanted)

    def wanted(raw: tuple[bytes, ...]) -> dict[str, object]:
        return {key: value for key, value in map(each.__getitem__, raw) if key}

    return Kept(wanted)


@cache
def _names() -> Kept[bytes, str]:
    return Kept(_text)


@cache
def _failures() -> Kept[bytes, bool]:
    return Kept(lambda raw: bool(_classes()["Status"].FromString(raw).code == _ERROR))


def _wanted(raw: bytes) -> Attribute:
    key, value = _pair(raw)
    return (key, value) if is_wanted(key) else _NOTHING


def _pair(raw: bytes) -> Attribute:
    """Return the key and the value of an attribute."""
    pair = _classes()["KeyValue"].FromString(raw)
    return _text(pair.key), _value(pair.value)


def _value(any_value: Any, depth: int = 0) -> object:
    """Return a text, a number, a truth or bytes; a list as a tuple, a map as one of pairs."""
    kind = any_value.WhichOneof("value")
    value: Any = getattr(any_value, kind) if kind else None
    if kind == "string_value":
        return _text(value)
    if kind not in ("array_value", "kvlist_value"):
        return value
    if depth >= DEEPEST_LIST:
        return None
    if kind == "array_value":
        return tuple([_value(item, depth + 1) for item in value.values])
    return tuple([(_text(pair.key), _value(pair.value, depth + 1)) for pair in value.values])


def _text(raw: bytes) -> str:
    return raw.decode(errors="replace")
