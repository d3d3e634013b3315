"""Send mixed load to the sampling variant: traces of four kinds, as a service would send them."""

import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from harness.clients.otlp import send_spans

SERVICE = "mixed-load"
QUICK_MS, SLOW_MS = 20, 1500


@dataclass(frozen=True, slots=True)
class Kind:
    """Describe the traces of a kind."""

    name: str
    statements: int
    duration_ms: int = QUICK_MS
    nplusone: bool = False
    error: bool = False


@dataclass(frozen=True, slots=True)
class Trace:
    """Hold a trace to be sent: its kind, and its spans, the root last."""

    kind: Kind
    trace_id: bytes = field(default_factory=lambda: os.urandom(16))

    def spans(self) -> list[Span]:
        end_ns = time.time_ns()
        start_ns = end_ns - self.kind.duration_ms * 1_000_000
        root = Span(
            trace_id=self.trace_id,
            span_id=os.urandom(8),
            name=f"GET /{self.kind.name}",
            kind=Span.SPAN_KIND_SERVER,
            start_time_unix_nano=start_ns,
            end_time_unix_nano=end_ns,
        )
        if self.kind.nplusone:
            root.attributes.add(key="nplusone.detected").value.bool_value = True
        if self.kind.error:
            root.status.code = Status.STATUS_CODE_ERROR
        return [*(self._statement(root) for _ in range(self.kind.statements)), root]

    def _statement(self, root: Span) -> Span:
        span = Span(
            trace_id=self.trace_id,
            span_id=os.urandom(8),
            parent_span_id=root.span_id,
            name="SELECT cat",
            kind=Span.SPAN_KIND_CLIENT,
            start_time_unix_nano=root.start_time_unix_nano,
            end_time_unix_nano=root.start_time_unix_nano + 100_000,
        )
        text = "SELECT cat.id, cat.name FROM cat WHERE cat.id = $1"
        span.attributes.add(key="db.query.text").value.string_value = text
        return span


def request_of(spans: Iterable[Span]) -> ExportTraceServiceRequest:
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    resource.resource.attributes.add(key="service.name").value.string_value = SERVICE
    resource.scope_spans.add().spans.extend(spans)
    return request


def send(otlp: str, spans: Iterable[Span]) -> None:
    """Send spans in one request, which has to be accepted."""
    send_spans(otlp, request_of(spans).SerializeToString())


def size(traces: Mapping[bytes, int], kept: Iterable[bytes]) -> float:
    """Return the share of the bytes that is kept."""
    return sum(traces[trace_id] for trace_id in kept) / sum(traces.values())
