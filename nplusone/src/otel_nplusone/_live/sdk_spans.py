"""Convert the SDK's spans to the model's."""

from collections.abc import Mapping
from types import MappingProxyType

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanContext, StatusCode

from otel_nplusone._core.model import Span
from otel_nplusone._core.semconv import QUERY_TEXT, is_wanted

_TEXT, _OLD_TEXT = QUERY_TEXT
_SERVICE = "service.name"
# The SDK counts from INTERNAL = 0, OTLP from INTERNAL = 1.
_INTERNAL = 1
_ERROR = StatusCode.ERROR
_MOST_LAYOUTS = 1_024
# By the names of a span's attributes: those that the detector does not read.
_unwanted: dict[tuple[str, ...], tuple[str, ...]] = {}


def attributes_of(span: ReadableSpan) -> dict[str, object]:
    """Return a span's attributes as a plain dictionary of its own.

    Looking several of them up in the SDK's own mapping costs a call in Python for each.
    """
    attributes = span.attributes
    if type(attributes) is MappingProxyType:
        copied: dict[str, object] = attributes.copy()
        return copied
    return dict(attributes or {})


def is_statement(attributes: Mapping[str, object]) -> bool:
    """Tell whether a span with these attributes has a query's text."""
    return _TEXT in attributes or _OLD_TEXT in attributes


def to_model(span: ReadableSpan, context: SpanContext) -> Span:
    """Return the span with those attributes that the detector reads."""
    service = str(span.resource.attributes.get(_SERVICE, ""))
    part = to_part(context.span_id, span)
    scope = span.instrumentation_scope
    origin = f"python {scope.name}" if scope is not None else "python"
    return part._replace(trace_id=f"{context.trace_id:032x}", service=service, origin=origin)


def to_part(span_id: int, span: ReadableSpan) -> Span:
    """Return a span of a request that is judged by itself: without its trace and its service."""
    parent = span.parent
    return tuple.__new__(  # thousands a second pass here, within the time of requests
        Span,
        (
            "",
            span_id.to_bytes(8).hex(),
            parent.span_id.to_bytes(8).hex() if parent is not None else "",
            "",
            span.name,
            span.kind._value_ + _INTERNAL,
            span.start_time or 0,
            span.end_time or 0,
            span.status.status_code is _ERROR,
            _wanted(attributes_of(span)),
            "",
        ),
    )


def _wanted(attributes: dict[str, object]) -> dict[str, object]:
    """Take away what the detector does not read: the same of all spans that have the same keys."""
    keys = tuple(attributes)
    unwanted = _unwanted.get(keys)
    if unwanted is None:
        unwanted = tuple(key for key in keys if not is_wanted(key))
        if len(_unwanted) >= _MOST_LAYOUTS:  # of a program that makes up names
            _unwanted.clear()
        _unwanted[keys] = unwanted
    for key in unwanted:
        del attributes[key]
    return attributes


def hex_id(span_id: int) -> str:
    """Return a span's id as it is written."""
    return span_id.to_bytes(8).hex()
