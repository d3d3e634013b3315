"""Encode spans as OTLP from parts that are encoded already: most of a span is what others have too.

    ExportTraceServiceRequest
      1 ResourceSpans        1 resource, 3 schema_url    once for a resource
        2 ScopeSpans         1 scope, 3 schema_url       once for a scope
          2 Span             1 trace_id                  once for a trace
                             2, 4, 7, 8                  ids and times: its own
                             5 name, 9 attributes        once for each name, and key and value
                             15 status, 16 flags

The bytes are those of the SDK's own encoder, whose public function also encodes what is rare:
spans with events, links or an error, resources and scopes. Numbers of fields are those of
https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/trace/v1/trace.proto
"""

from collections.abc import Mapping, Sequence
from struct import Struct

from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.common.v1.common_pb2 import InstrumentationScope as ScopeMessage
from opentelemetry.proto.resource.v1.resource_pb2 import Resource as ResourceMessage
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import INVALID_SPAN_CONTEXT, SpanKind, StatusCode

from otel_nplusone.live import attributes_of

_UNSET = StatusCode.UNSET
# The SDK counts kinds from INTERNAL = 0, OTLP from INTERNAL = 1.
_KINDS = {kind: bytes((0x30, kind.value + 1)) for kind in SpanKind}
_TIMES = Struct("<BQBQ")
_START, _END = 0x39, 0x41
# Status without a code, and flags: whether the parent is remote is known, and it is or is not.
_ENDING = b"\x7a\x00\x85\x01\x00\x01\x00\x00"
_ENDING_REMOTE = b"\x7a\x00\x85\x01\x00\x03\x00\x00"
_MOST_VALUES, _MOST_KEYS, _MOST_NAMES = 256, 1_024, 1_024
_LEAST_INT, _MOST_INT = -(2**63), 2**63 - 1

Scopes = dict[InstrumentationScope | None, list[bytes]]


class SpanEncoder:
    """Encode batches; what is equal is encoded once. For one thread at a time."""

    def __init__(self) -> None:
        # For each key of an attribute, the encoded attribute by its value; texts never equal other
        # values, but 1 equals True.
        self._texts: dict[str, dict[str, bytes]] = {}
        self._numbers: dict[tuple[str, type, int], bytes] = {}
        self._names: dict[str, bytes] = {}

    def encode(self, spans: Sequence[ReadableSpan]) -> bytes:
        """Return what `encode_spans(spans).SerializeToString()` does."""
        resources: dict[Resource, Scopes] = {}
        resource = scope = None
        parts: list[bytes] = []
        trace_id, trace = 0, b""
        for span in spans:
            # Of one object at a time: to compare two resources takes longer than to encode a span.
            if span.resource is not resource or span.instrumentation_scope is not scope:
                resource, scope = span.resource, span.instrumentation_scope
                parts = resources.setdefault(resource, {}).setdefault(scope or None, [])
            context = span.get_span_context()
            if context is not None and context.trace_id != trace_id:
                trace_id = context.trace_id
                trace = b"\x0a\x10" + trace_id.to_bytes(16)
            try:
                parts.append(self._span(span, trace))
            except (
                UnicodeEncodeError
            ):  # half a character, of which the SDK says that it is left out
                parts.append(_by_the_sdk(span))
        return b"".join(
            _field(b"\x0a", _resource(resource, scopes)) for resource, scopes in resources.items()
        )

    def _span(self, span: ReadableSpan, trace: bytes) -> bytes:
        """Return a span as a field of ScopeSpans."""
        context, parent, status = span.get_span_context(), span.parent, span.status
        name = self._names.get(span.name) or self._name(span.name)
        start, end = span.start_time, span.end_time
        if (
            context is None
            or context.trace_state
            or not (name and start and end)
            or status.status_code is not _UNSET
            or status.description
            or span.events
            or span.links
            or span.dropped_attributes
            or span.dropped_events
            or span.dropped_links
        ):
            return _by_the_sdk(span)
        attributes = self._attributes(attributes_of(span))
        if attributes is None:
            return _by_the_sdk(span)
        above, ending = b"", _ENDING
        if parent is not None:
            above = b"\x22\x08" + parent.span_id.to_bytes(8)
            if parent.is_remote:
                ending = _ENDING_REMOTE
        body = b"".join(
            (
                trace,
                b"\x12\x08",
                context.span_id.to_bytes(8),
                above,
                name,
                _KINDS[span.kind],
                _TIMES.pack(_START, start, _END, end),
                *attributes,
                ending,
            )
        )
        return b"\x12" + _varint(len(body)) + body

    def _name(self, name: str) -> bytes:
        """Return a span's name, encoded; nothing for an empty one."""
        encoded = _text(b"\x2a", name) if name else b""
        if len(self._names) >= _MOST_NAMES:
            self._names.clear()
        self._names[name] = encoded
        return encoded

    def _attributes(self, attributes: Mapping[str, object]) -> list[bytes] | None:
        """Return each attribute, encoded; None where one is better left to the SDK."""
        known, found = self._texts, []
        for key, value in attributes.items():
            if type(value) is str:
                of_key = known.get(key)
                encoded = of_key.get(value) if of_key is not None else None
                if encoded is None:
                    encoded = self._text_attribute(key, value)
            elif type(value) is int or type(value) is bool:
                encoded = self._numbers.get((key, type(value), value)) or self._number(key, value)
            else:
                return None
            if not encoded:
                return None
            found.append(encoded)
        return found

    def _text_attribute(self, key: str, value: str) -> bytes:
        if not key:
            return b""
        of_key = self._texts.get(key)
        if of_key is None:
            if len(self._texts) >= _MOST_KEYS:  # of a program that makes up names
                self._texts.clear()
            of_key = self._texts[key] = {}
        elif len(of_key) >= _MOST_VALUES:  # of a key whose values differ
            of_key.clear()
        encoded = of_key[value] = _attribute(key, _text(b"\x0a", value))
        return encoded

    def _number(self, key: str, value: int) -> bytes:
        """Return an attribute that is a whole number or a truth."""
        if not key or not _LEAST_INT <= value <= _MOST_INT:
            return b""
        tag = b"\x10" if type(value) is bool else b"\x18"
        encoded = _attribute(key, tag + _varint(value % 2**64))
        if len(self._numbers) >= _MOST_KEYS:
            self._numbers.clear()
        self._numbers[key, type(value), value] = encoded
        return encoded


def _resource(resource: Resource, scopes: Scopes) -> bytes:
    """Return a ResourceSpans: what the SDK makes of a resource, with the spans in between."""
    around = _around(resource, None)
    inner = [_field(b"\x12", _scope(scope, spans)) for scope, spans in scopes.items()]
    return _with(around.resource, b"".join(inner), around.schema_url)


def _scope(scope: InstrumentationScope | None, spans: Sequence[bytes]) -> bytes:
    around = _around(Resource({}), scope).scope_spans[0]
    return _with(around.scope, b"".join(spans), around.schema_url)


def _with(head: ResourceMessage | ScopeMessage, spans: bytes, schema_url: str) -> bytes:
    """Return a resource or a scope with what belongs to it."""
    url = _text(b"\x1a", schema_url) if schema_url else b""
    return _field(b"\x0a", head.SerializeToString()) + spans + url


def _around(resource: Resource, scope: InstrumentationScope | None) -> ResourceSpans:
    """Have the SDK encode a resource and a scope, around a span that is not looked at."""
    return _encoded(
        ReadableSpan(
            "", context=INVALID_SPAN_CONTEXT, resource=resource, instrumentation_scope=scope
        )
    )


def _by_the_sdk(span: ReadableSpan) -> bytes:
    """Have the SDK encode a span; raises what it raises."""
    return _field(b"\x12", _encoded(span).scope_spans[0].spans[0].SerializeToString())


def _encoded(span: ReadableSpan) -> ResourceSpans:
    return encode_spans([span]).resource_spans[0]


def _attribute(key: str, value: bytes) -> bytes:
    """Return a KeyValue as a field of Span; `value` is an AnyValue."""
    return _field(b"\x4a", _text(b"\x0a", key) + _field(b"\x12", value))


def _text(tag: bytes, text: str) -> bytes:
    return _field(tag, text.encode())


def _field(tag: bytes, content: bytes) -> bytes:
    return tag + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    """Encode a number that is not negative, seven bits at a time."""
    if number < 0x80:
        return bytes((number,))
    if number < 0x4000:
        return bytes((number & 0x7F | 0x80, number >> 7))
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    found.append(number)
    return bytes(found)
