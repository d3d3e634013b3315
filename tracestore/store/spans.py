"""Describe spans as the store keeps them, and read what lists and searches need of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span

# OTLP numbers the kinds of spans, Jaeger names them.
SPAN_KINDS = ("", "internal", "server", "client", "producer", "consumer")
# SQLite's integers are signed: a time after 2262 is cut here; the body keeps the true one.
MAX_NANO = 2**63 - 1
# The stable name of the semantic conventions, and the one before it.
_STATEMENT_KEYS = frozenset({"db.query.text", "db.statement"})


class SpanRow(NamedTuple):
    """Hold a span's columns; a tuple, because intake makes ten thousands of them a second."""

    trace_id: bytes
    span_id: bytes
    parent_span_id: bytes
    name: str
    kind: int
    start_time_unix_nano: int
    end_time_unix_nano: int
    is_error: bool
    is_statement: bool
    body: bytes


@dataclass(frozen=True, slots=True)
class SourceSpans:
    """Hold the spans of one resource and scope, which are kept as OTLP messages without spans."""

    service: str
    resource: bytes
    scope: bytes
    spans: list[SpanRow]


def statement_of(span: Span) -> str | None:
    """Return the text of the span's database statement; None if it has none, as `connect`."""
    for attribute in span.attributes:
        if attribute.key in _STATEMENT_KEYS and attribute.value.string_value:
            return attribute.value.string_value
    return None


def attributes_of(span: Span, resource: bytes, scope: bytes) -> Iterator[KeyValue]:
    """Yield every attribute that a search may name: of span, events, scope and resource.

    `resource` and `scope` are what a source stores.
    """
    yield from span.attributes
    for event in span.events:
        yield from event.attributes
    yield from ScopeSpans.FromString(scope).scope.attributes
    yield from ResourceSpans.FromString(resource).resource.attributes


def kind_name(kind: int) -> str:
    """Return Jaeger's name of a span kind; an unknown number has none."""
    return SPAN_KINDS[kind] if 0 <= kind < len(SPAN_KINDS) else ""
