"""Take spans and metrics into the store, however they came."""

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from tracestore.errors import InvalidBodyError
from tracestore.intake._decode_metrics import decode_points
from tracestore.intake._upload import read_upload
from tracestore.intake.decode import DecodedSpans, decode_spans
from tracestore.store.database import Store
from tracestore.store.metrics import write_points
from tracestore.store.writer import write_spans


def take_traces(store: Store, request: ExportTraceServiceRequest) -> ExportTraceServiceResponse:
    """Store a request's spans; after a StoreUnavailableError none of them is stored."""
    decoded = _take_spans(store, request)
    answer = ExportTraceServiceResponse()
    if decoded.rejected:
        answer.partial_success.rejected_spans = decoded.rejected
        answer.partial_success.error_message = decoded.reason
    return answer


def take_metrics(
    store: Store, request: ExportMetricsServiceRequest
) -> ExportMetricsServiceResponse:
    """Store a request's points; after a StoreUnavailableError none of them is stored."""
    decoded = decode_points(request)
    if decoded.points:
        write_points(store, decoded.points)
    answer = ExportMetricsServiceResponse()
    if decoded.rejected:
        answer.partial_success.rejected_data_points = decoded.rejected
        answer.partial_success.error_message = decoded.reason
    return answer


def take_upload(store: Store, body: bytes) -> set[bytes]:
    """Store a file's spans and return the ids of their traces.

    Raises InvalidBodyError for a file of another kind, and for one without a span to store.
    """
    decoded = _take_spans(store, read_upload(body))
    if not decoded.sources:
        raise InvalidBodyError(decoded.reason or "the file has no spans")
    return {span.trace_id for source in decoded.sources for span in source.spans}


def _take_spans(store: Store, request: ExportTraceServiceRequest) -> DecodedSpans:
    decoded = decode_spans(request)
    if decoded.sources:
        write_spans(store, decoded.sources)
    return decoded
