"""Read trace files in every format that otel-nplusone reads, by the same code."""

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from otel_nplusone.errors import NPlusOneError
from otel_nplusone.read import Skipped, read_messages
from tracestore.errors import InvalidBodyError
from tracestore.intake.otlp import DEFAULT_MAX_BODY_BYTES

_FILE = "the file"


def read_upload(body: bytes) -> ExportTraceServiceRequest:
    """Read the spans of a file; InvalidBodyError says what is wrong with it.

    A file that is damaged in part is refused as a whole: a trace that lacks spans would look as if
    it had been recorded so.
    """
    warnings = Skipped()
    try:
        messages = list(read_messages(body, _FILE, warnings, DEFAULT_MAX_BODY_BYTES))
    except NPlusOneError as error:
        raise InvalidBodyError(str(error)) from error
    if len(warnings):
        raise InvalidBodyError(f"{_FILE} is damaged: {'; '.join(warnings.lines())}")
    if not messages:
        raise InvalidBodyError(f"{_FILE} holds no spans")
    return ExportTraceServiceRequest(resource_spans=messages)
