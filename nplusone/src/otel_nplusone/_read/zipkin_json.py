"""Read spans from Zipkin's JSON of version 2.

[{"traceId", "id", "parentId", "kind": "SERVER", "name", "timestamp" (µs), "duration" (µs),
  "localEndpoint": {"serviceName"}, "tags": {key: text}, "shared": true}]

Both halves of a call may share one id: the client's span, and the server's with `shared`. The
server's gets an id of its own below the client's, and what its service did stays below it.
https://zipkin.io/zipkin-api/zipkin2-api.yaml
"""

from collections.abc import Iterator
from typing import Any

from otel_nplusone._core.model import Span, SpanKind
from otel_nplusone._core.semconv import BATCH_SIZE, CODE_LINE, is_wanted
from otel_nplusone._read.jaeger_json import scope_of
from otel_nplusone._read.skipped import Skipped
from otel_nplusone._read.values import BAD_SPAN, hex_id, origin_of, parent_id, whole

_NS_IN_US = 1_000
_KINDS = {kind.name: int(kind) for kind in SpanKind}
# Zipkin's tags are texts; these are numbers everywhere else.
_NUMBERS = frozenset((*BATCH_SIZE, *CODE_LINE))
_TOP_BIT = 1 << 63


def from_zipkin(spans: object, place: str, warnings: Skipped) -> Iterator[Span]:
    """Read spans of one trace; what is malformed is counted and left out."""
    assert isinstance(spans, list)
    shared = shared_halves(spans)
    for span in spans:
        try:
            yield _span(span, shared)
        except BAD_SPAN as error:
            warnings.add(f"malformed span ({error})", f"{place}, span {span.get('id')!r}")


def shared_halves(spans: list[Any]) -> set[tuple[object, str]]:
    """Return the ids that a client's and a server's span share, with the server's service."""
    clients = {span.get("id") for span in spans if not span.get("shared")}
    return {
        (span.get("id"), service_of(span))
        for span in spans
        if span.get("shared") and span.get("id") in clients
    }


def ids_of(span: dict[str, Any], shared: set[tuple[object, str]]) -> tuple[str, str]:
    """Return the ids of a span and of its parent."""
    span_id, service = hex_id(span["id"], 8), service_of(span)
    if span.get("shared") and (span["id"], service) in shared:
        return _of_server(span_id), span_id
    parent = parent_id(span.get("parentId") or "")
    return span_id, _of_server(parent) if (span.get("parentId"), service) in shared else parent


def _of_server(span_id: str) -> str:
    return f"{int(span_id, 16) ^ _TOP_BIT:016x}"


def service_of(span: dict[str, Any]) -> str:
    """Return the service that recorded a span."""
    endpoint = span.get("localEndpoint")
    return str(endpoint.get("serviceName") or "") if isinstance(endpoint, dict) else ""


def _span(span: dict[str, Any], shared: set[tuple[object, str]]) -> Span:
    tags: dict[str, Any] = span.get("tags") or {}
    span_id, parent = ids_of(span, shared)
    start = whole(span["timestamp"]) * _NS_IN_US
    return Span(
        hex_id(span["traceId"], 16),
        span_id,
        parent,
        service_of(span),
        str(span.get("name") or ""),
        kind_of(span),
        start,
        start + whole(span.get("duration") or 0) * _NS_IN_US,
        has_failed(tags),
        {key: plain(key, value) for key, value in tags.items() if is_wanted(key)},
        origin_of(tags.get("telemetry.sdk.language"), scope_of(tags)),
    )


def kind_of(span: dict[str, Any]) -> int:
    """Return the number of a span's kind; without one it is internal, as OpenTelemetry has it."""
    return _KINDS.get(str(span.get("kind") or "INTERNAL"), 0)


def has_failed(tags: dict[str, Any]) -> bool:
    """Say whether a span ended with an error: Zipkin's own tag says it by being there."""
    error = tags.get("error")
    return tags.get("otel.status_code") == "ERROR" or (error is not None and error != "false")


def plain(key: str, value: object) -> object:
    """Return a tag's value, a number where the conventions want one."""
    if key in _NUMBERS and isinstance(value, str) and value.isdecimal():
        return int(value)
    return value
