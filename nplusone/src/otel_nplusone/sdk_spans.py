"""The SDK's spans → the model's."""

from collections.abc import Mapping
from types import MappingProxyType

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanContext, SpanKind, StatusCode

from otel_nplusone.model import Span
from otel_nplusone.semconv import QUERY_TEXT, WANTED

_TEXT, _OLD_TEXT = QUERY_TEXT
_SERVICE = "service.name"
# The SDK counts from INTERNAL = 0, OTLP from INTERNAL = 1.
_OTLP_KIND = {kind: kind.value + 1 for kind in SpanKind}


def attributes_of(span: ReadableSpan) -> Mapping[str, object]:
    """Return a span's attributes as a plain dictionary.

    Looking several of them up in the SDK's own mapping costs a call in Python for each.
    """
    attributes = span.attributes
    if type(attributes) is MappingProxyType:
        copied: Mapping[str, object] = attributes.copy()
        return copied
    return dict(attributes or {})


def is_statement(attributes: Mapping[str, object]) -> bool:
    """Tell whether a span with these attributes has a query's text."""
    return _TEXT in attributes or _OLD_TEXT in attributes


def to_model(span: ReadableSpan, context: SpanContext, attributes: Mapping[str, object]) -> Span:
    """Return the span with those attributes that the detector reads."""
    parent = span.parent
    return Span(
        f"{context.trace_id:032x}",
        f"{context.span_id:016x}",
        f"{parent.span_id:016x}" if parent is not None else "",
        str(span.resource.attributes.get(_SERVICE, "")),
        span.name,
        _OTLP_KIND[span.kind],
        span.start_time or 0,
        span.end_time or 0,
        span.status.status_code is StatusCode.ERROR,
        {key: value for key, value in attributes.items() if key in WANTED},
    )
