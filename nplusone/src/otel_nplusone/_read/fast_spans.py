"""Read what the fast decoder made of documents: the same spans as otlp and jaeger_json give."""

from collections.abc import Iterator

from msgspec import ValidationError

from otel_nplusone._core.model import Span
from otel_nplusone._read import otlp
from otel_nplusone._read.jaeger_json import NS_IN_US, Tags, hex_digits, language_of_tags, parent_of
from otel_nplusone._read.jaeger_json import tags_of as tags_of_list
from otel_nplusone._read.json_fast import JaegerTrace, Process, ResourceSpans, decode, decode_list
from otel_nplusone._read.skipped import Skipped
from otel_nplusone._read.values import BAD_SPAN, Kept, hex_id, origin_of, parent_id, whole


def from_otlp(resource_spans: ResourceSpans, place: str, warnings: Skipped) -> Iterator[Span]:
    """Read what the fast decoder made of one element of `resourceSpans`."""
    service, language = otlp.service_of(decode(resource_spans.resource))
    for scope in resource_spans.scopeSpans:
        named = scope.scope or scope.instrumentationLibrary or scope.instrumentation_library
        origin = origin_of(language, named.name if named is not None else None)
        for span in scope.spans:
            try:
                status = span.status
                trace_id, span_id, parent = span.traceId, span.spanId, span.parentSpanId
                kind, start, end = span.kind, span.startTimeUnixNano, span.endTimeUnixNano
                yield tuple.__new__(
                    Span,
                    (
                        trace_id.lower() if len(trace_id) == 32 else hex_id(trace_id, 16),
                        span_id.lower() if len(span_id) == 16 else hex_id(span_id, 8),
                        parent_id(parent) if parent else "",
                        service,
                        span.name or "",
                        otlp.KINDS.get(kind, 0),
                        int(start) if type(start) is str and start.isdecimal() else whole(start),
                        int(end) if type(end) is str and end.isdecimal() else whole(end),
                        status is not None and status.code in otlp.ERRORS,
                        attributes_of[bytes(span.attributes)],
                        origin,
                    ),
                )
            except BAD_SPAN as error:
                warnings.add(f"malformed span ({error})", f"{place}, span {span.spanId!r}")


def from_jaeger(trace: JaegerTrace, place: str, warnings: Skipped) -> Iterator[Span]:
    """Read what the fast decoder made of one element of `data`."""
    services = {key: process.serviceName for key, process in trace.processes.items()}
    known, trace_id = None, ""
    # Of the span before: most of a trace have both in common.
    of_language, of_scope, origin = None, None, origin_of(None, None)
    languages = {key: language_of(process) for key, process in trace.processes.items()}
    for span in trace.spans:
        try:
            kind, failed, attributes, scope = tags_of[bytes(span.tags)]
            if span.traceID != known:
                trace_id = hex_digits(span.traceID, 32)
                known = span.traceID
            found = span.references
            if (
                found
                and len(found) == 1
                and found[0].refType == "CHILD_OF"
                and found[0].traceID == known
            ):
                parent = hex_digits(found[0].spanID, 16)
            else:
                references = [(r.refType, r.traceID, r.spanID) for r in found or ()]
                parent = parent_of(trace_id, references, span.parentSpanID)
            process = span.processID or ""
            service, language = services.get(process, ""), languages.get(process)
            if not service and span.process:
                service, language = span.process.serviceName, language_of(span.process)
            if language is not of_language or scope is not of_scope:
                of_language, of_scope, origin = language, scope, origin_of(language, scope)
            start = span.startTime * NS_IN_US
            yield tuple.__new__(
                Span,
                (
                    trace_id,
                    hex_digits(span.spanID, 16),
                    parent,
                    service,
                    span.operationName or "",
                    kind,
                    start,
                    start + span.duration * NS_IN_US,
                    failed,
                    attributes,
                    origin,
                ),
            )
        except BAD_SPAN as error:
            warnings.add(f"malformed span ({error})", f"{place}, span {span.spanID!r}")


def language_of(process: Process) -> object:
    """Return the language that the tags of a process name."""
    if not process.tags:
        return None
    return language_of_tags(decode(process.tags))


def _wanted(raw: bytes) -> dict[str, object]:
    try:
        pairs = decode_list(raw) or ()
    except ValidationError:
        return otlp.wanted(decode(raw) or ())  # no list: as json reads it
    attributes: dict[str, object] = {}
    for pair in pairs:
        attributes |= _wanted_of_one[bytes(pair)]
    return attributes


def _wanted_one(raw: bytes) -> dict[str, object]:
    return otlp.wanted((decode(raw),))


def _tags(raw: bytes) -> Tags:
    return tags_of_list(decode(raw) or ())


_wanted_of_one: Kept[bytes, dict[str, object]] = Kept(_wanted_one)
attributes_of: Kept[bytes, dict[str, object]] = Kept(_wanted)
tags_of: Kept[bytes, Tags] = Kept(_tags)
