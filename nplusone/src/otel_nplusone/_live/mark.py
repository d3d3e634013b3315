"""Copy an ended span with more attributes, by public API alone."""

from collections.abc import Mapping
from typing import Any

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.util.types import AttributeValue

from otel_nplusone._core.model import Repeats
from otel_nplusone._live import attributes as names


class CopiedSpan(ReadableSpan):
    """Hold a span with other attributes; keep how many attributes, events and links it lost."""

    def __init__(
        self,
        span: ReadableSpan,
        attributes: Mapping[str, Any],
        *,
        end_time: int | None = None,
    ) -> None:
        super().__init__(
            name=span.name,
            context=span.get_span_context(),
            parent=span.parent,
            resource=span.resource,
            attributes=attributes,
            events=span.events,
            links=span.links,
            kind=span.kind,
            status=span.status,
            start_time=span.start_time,
            end_time=span.end_time if end_time is None else end_time,
            instrumentation_scope=span.instrumentation_scope,
        )
        self._original = span

    @property
    def dropped_attributes(self) -> int:
        return self._original.dropped_attributes

    @property
    def dropped_events(self) -> int:
        return self._original.dropped_events

    @property
    def dropped_links(self) -> int:
        return self._original.dropped_links


class MarkedSpan(CopiedSpan):
    """Hold a span and what was found in it."""

    def __init__(self, span: ReadableSpan, marks: Mapping[str, AttributeValue]) -> None:
        super().__init__(span, {**(span.attributes or {}), **marks})


def marks_of(fault: Repeats, statements: int) -> dict[str, AttributeValue]:
    """Return the attributes that tell of a fault, in a request of `statements` statements."""
    marks: dict[str, AttributeValue] = {
        names.DETECTED: True,
        names.CLASS: fault.repeat_class.value,
        names.STATEMENTS: statements,
        names.REPEATS: fault.repeats,
        names.FINGERPRINT: fault.fingerprint,
    }
    if fault.code is not None:
        marks[names.CODE] = fault.code
    if fault.path is not None:
        marks[names.CODE_PATH] = fault.path
    return marks
