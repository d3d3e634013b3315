"""An export request into the store, whichever way it came; the answer that OTLP wants."""

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from tracestore.metrics import decode_points, write_points
from tracestore.spans import decode_spans
from tracestore.store import Store
from tracestore.writer import write_spans


def take_traces(store: Store, request: ExportTraceServiceRequest) -> ExportTraceServiceResponse:
    """Store a request's spans; StoreUnavailableError means that none of them was stored."""
    decoded = decode_spans(request)
    if decoded.sources:
        write_spans(store, decoded.sources)
    answer = ExportTraceServiceResponse()
    if decoded.rejected:
        answer.partial_success.rejected_spans = decoded.rejected
        answer.partial_success.error_message = decoded.reason
    return answer


def take_metrics(
    store: Store, request: ExportMetricsServiceRequest
) -> ExportMetricsServiceResponse:
    """Store a request's points; StoreUnavailableError means that none of them was stored."""
    decoded = decode_points(request)
    if decoded.points:
        write_points(store, decoded.points)
    answer = ExportMetricsServiceResponse()
    if decoded.rejected:
        answer.partial_success.rejected_data_points = decoded.rejected
        answer.partial_success.error_message = decoded.reason
    return answer
