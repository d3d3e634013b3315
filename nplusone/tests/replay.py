"""Play a trace's spans again to a span processor, as the processes that made them would."""

from collections import defaultdict
from collections.abc import Callable

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

from otel_nplusone._core import model

_Happened = list[tuple[int, bool, int, str]]


def replay(trace: model.Trace, processor_of: Callable[[str], SpanProcessor]) -> None:
    """Start and end the spans in the order of their times, those of each service apart."""
    by_service: dict[str, list[model.Span]] = defaultdict(list)
    for span in trace.spans:
        by_service[span.service].append(span)
    for service, spans in by_service.items():
        processor = processor_of(service)
        for readable, has_ended in _in_time(spans):
            if has_ended:
                processor.on_end(readable)
            else:
                processor.on_start(readable)  # type: ignore[arg-type]  # what it reads is there


def _in_time(spans: list[model.Span]) -> list[tuple[Span | ReadableSpan, bool]]:
    """Order starts and ends; a parent starts before its children and ends after them."""
    by_id = {span.span_id: span for span in spans}
    made = {span.span_id: _readable(span, by_id) for span in spans}
    happened: _Happened = []
    for span in spans:
        depth = _depth(span, by_id)
        happened.append((span.start_time_unix_nano, False, depth, span.span_id))
        happened.append((span.end_time_unix_nano, True, -depth, span.span_id))
    moved = _parents_last(happened, by_id)
    return [(made[span_id], has_ended) for _, has_ended, _, span_id in moved]


def _parents_last(happened: _Happened, by_id: dict[str, model.Span]) -> _Happened:
    """Let a span end when all below it have: a recorded clock may say otherwise."""
    last: dict[str, int] = defaultdict(int)
    for time, _, _, span_id in happened:
        while span_id in by_id:
            last[span_id] = max(last[span_id], time)
            span_id = by_id[span_id].parent_span_id
    moved = [
        (last[span_id] if has_ended else time, has_ended, depth, span_id)
        for time, has_ended, depth, span_id in happened
    ]
    return sorted(moved)


def _depth(span: model.Span, by_id: dict[str, model.Span]) -> int:
    depth, seen = 0, {span.span_id}
    while (parent := by_id.get(span.parent_span_id)) and parent.span_id not in seen:
        seen.add(parent.span_id)
        depth, span = depth + 1, parent
    return depth


def _readable(span: model.Span, by_id: dict[str, model.Span]) -> ReadableSpan:
    trace_id = int(span.trace_id, 16)
    parent = None
    if span.parent_span_id:
        is_remote = span.parent_span_id not in by_id
        parent = SpanContext(trace_id, int(span.parent_span_id, 16), is_remote=is_remote)
    sampled = TraceFlags(TraceFlags.SAMPLED)
    return ReadableSpan(
        name=span.name,
        context=SpanContext(trace_id, int(span.span_id, 16), False, sampled),
        parent=parent,
        resource=Resource({"service.name": span.service}),
        attributes=dict(span.attributes),  # type: ignore[arg-type]  # plain values
        kind=SpanKind(max(span.kind - 1, 0)),
        status=Status(StatusCode.ERROR if span.failed else StatusCode.UNSET),
        start_time=span.start_time_unix_nano,
        end_time=span.end_time_unix_nano,
    )
