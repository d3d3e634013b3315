"""Read spans from Jaeger's own JSON, as its UI downloads it and its older query API answers.

{"data": [{"traceID", "processes": {"p1": {"serviceName"}},
           "spans": [{"traceID", "spanID", "operationName", "references", "startTime" (µs),
                      "duration" (µs), "tags": [{"key", "type", "value"}], "processID"}]}]}

Ids may lack their leading zeros, each by itself.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from otel_nplusone._core.model import Span, SpanKind
from otel_nplusone._core.semconv import is_wanted
from otel_nplusone._read.skipped import Skipped
from otel_nplusone._read.values import BAD_SPAN, origin_of, whole

KINDS = {kind.name.lower(): int(kind) for kind in SpanKind}
NS_IN_US = 1_000
# What names a parent: the first of the first kind, if its span is in the same trace.
_PARENTS = ("CHILD_OF", "FOLLOWS_FROM")


class Tags(NamedTuple):
    """Hold what the tags of a span say."""

    kind: int
    failed: bool
    attributes: dict[str, object]
    scope: object


def from_jaeger(trace: object, place: str, warnings: Skipped) -> Iterator[Span]:
    """Read one element of `data`; what is malformed is counted and left out."""
    if not isinstance(trace, dict) or not isinstance(trace.get("spans"), list):
        warnings.add("Jaeger trace without spans", place)
        return
    services = services_of(trace.get("processes"))
    languages = languages_of(trace.get("processes"))
    for span in trace["spans"]:
        try:
            yield _span(span, services, languages)
        except BAD_SPAN as error:
            span_id = span.get("spanID") if isinstance(span, dict) else None
            warnings.add(f"malformed span ({error})", f"{place}, span {span_id!r}")


def services_of(processes: object) -> dict[str, str]:
    """Return the service of each process of a trace."""
    if not isinstance(processes, dict):
        return {}
    return {
        key: str(process.get("serviceName") or "")
        for key, process in processes.items()
        if isinstance(process, dict)
    }


def languages_of(processes: object) -> dict[str, object]:
    """Return the language of each process of a trace, where it is told."""
    if not isinstance(processes, dict):
        return {}
    return {
        key: language_of_tags(process.get("tags"))
        for key, process in processes.items()
        if isinstance(process, dict)
    }


def language_of_tags(tags: object) -> object:
    """Return the language that the tags of a process name."""
    for tag in tags if isinstance(tags, list) else ():
        if isinstance(tag, dict) and tag.get("key") == "telemetry.sdk.language":
            return tag.get("value")
    return None


def _span(span: dict[str, Any], services: dict[str, str], languages: dict[str, object]) -> Span:
    tags = tags_of(span.get("tags") or ())
    trace_id = hex_digits(span["traceID"], 32)
    references = [
        (found.get("refType"), found.get("traceID"), found.get("spanID"))
        for found in span.get("references") or ()
    ]
    process = span.get("processID") or ""
    service, language = services.get(process, ""), languages.get(process)
    if not service and isinstance(span.get("process"), dict):
        service = str(span["process"].get("serviceName") or "")
        language = language_of_tags(span["process"].get("tags"))
    start = whole(span["startTime"]) * NS_IN_US
    return Span(
        trace_id,
        hex_digits(span["spanID"], 16),
        parent_of(trace_id, references, span.get("parentSpanID")),
        service,
        str(span.get("operationName") or ""),
        tags.kind,
        start,
        start + whole(span["duration"]) * NS_IN_US,
        tags.failed,
        tags.attributes,
        origin_of(language, tags.scope),
    )


def tags_of(tags: Any) -> Tags:
    """Read a list of tags, as far as the detector needs it."""
    values = {tag["key"]: tag.get("value") for tag in tags}
    return Tags(
        KINDS.get(str(values.get("span.kind", "internal")).lower(), 0),
        values.get("otel.status_code") == "ERROR" or values.get("error") in (True, "true"),
        {key: value for key, value in values.items() if is_wanted(key)},
        scope_of(values),
    )


def scope_of(values: Mapping[str, object]) -> object:
    """Return the instrumentation scope that the tags of a span name, by its new or its old key."""
    return values.get("otel.scope.name") or values.get("otel.library.name")


def hex_digits(text: str, digits: int) -> str:
    """Return an id with the leading zeros that Jaeger leaves out."""
    if len(text) == digits:
        return text.lower()
    if not text or len(text) > digits:
        raise ValueError(f"id {text[:40]!r} is not an id of {digits} hex digits")
    return text.lower().zfill(digits)


def parent_of(trace_id: str, references: list[tuple[Any, Any, Any]], old: str | None) -> str:
    """Return the first CHILD_OF in the same trace, else FOLLOWS_FROM, else `parentSpanID`."""
    for wanted in _PARENTS:
        for kind, other, span_id in references:
            if kind == wanted and other and hex_digits(other, 32) == trace_id:
                return hex_digits(span_id, 16)
    return hex_digits(old, 16) if old and old.strip("0") else ""
