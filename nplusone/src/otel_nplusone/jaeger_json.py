"""Jaeger's own JSON → spans, as its UI downloads it and as its older query API answers.

{"data": [{"traceID", "processes": {"p1": {"serviceName"}},
           "spans": [{"traceID", "spanID", "operationName", "references", "startTime" (µs),
                      "duration" (µs), "tags": [{"key", "type", "value"}], "processID"}]}]}
"""

from collections.abc import Iterator
from typing import Any

from otel_nplusone.model import Span, SpanKind
from otel_nplusone.semconv import is_wanted
from otel_nplusone.troubles import Warnings

_KINDS = {kind.name.lower(): int(kind) for kind in SpanKind}
_NS_IN_US = 1_000
_BAD_SPAN = (AttributeError, KeyError, TypeError, ValueError)


def from_jaeger(trace: object, place: str, warnings: Warnings) -> Iterator[Span]:
    """The spans of one element of `data`; what is malformed is counted and left out."""
    if not isinstance(trace, dict) or not isinstance(trace.get("spans"), list):
        warnings.add("Jaeger trace without spans", place)
        return
    processes = trace.get("processes")
    services = _services(processes if isinstance(processes, dict) else {})
    for span in trace["spans"]:
        try:
            yield _span(span, services)
        except _BAD_SPAN as error:
            span_id = span.get("spanID") if isinstance(span, dict) else None
            warnings.add(f"malformed span ({error})", f"{place}, span {span_id!r}")


def _services(processes: dict[str, Any]) -> dict[str, str]:
    return {
        key: str(process.get("serviceName", ""))
        for key, process in processes.items()
        if isinstance(process, dict)
    }


def _span(span: dict[str, Any], services: dict[str, str]) -> Span:
    tags = {tag["key"]: tag.get("value") for tag in span.get("tags") or ()}
    start_us, duration_us = int(span["startTime"]), int(span["duration"])
    service = services.get(span.get("processID", ""), "")
    if not service and isinstance(span.get("process"), dict):
        service = str(span["process"].get("serviceName", ""))
    return Span(
        _hex(span["traceID"], 32),
        _hex(span["spanID"], 16),
        _parent(span),
        service,
        str(span.get("operationName", "")),
        _KINDS.get(str(tags.get("span.kind", "internal")), 0),
        start_us * _NS_IN_US,
        (start_us + duration_us) * _NS_IN_US,
        tags.get("otel.status_code") == "ERROR" or tags.get("error") in (True, "true"),
        {key: value for key, value in tags.items() if is_wanted(key)},
    )


def _hex(text: str, digits: int) -> str:
    if not text or len(text) > digits:
        raise ValueError(f"id {text[:40]!r} is no id of {digits} hex digits")
    return text.lower().zfill(digits)


def _parent(span: dict[str, Any]) -> str:
    for reference in span.get("references") or ():
        if reference.get("refType") == "CHILD_OF" and reference["traceID"] == span["traceID"]:
            return _hex(reference["spanID"], 16)
    return ""
