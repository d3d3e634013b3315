"""Receive OTLP/HTTP. A 200 means: committed, and it survives the process."""

from typing import TypeVar

from flask import Blueprint, Response, current_app, request
from google.protobuf.message import Message
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tracestore.current import get_store
from tracestore.intake import otlp
from tracestore.intake.take import take_metrics, take_traces

M = TypeVar("M", bound=Message)
blueprint = Blueprint("receiver", __name__)


@blueprint.post("/v1/traces")
def export_traces() -> Response:
    return _answer(take_traces(get_store(), _read_body(ExportTraceServiceRequest)))


@blueprint.post("/v1/metrics")
def export_metrics() -> Response:
    return _answer(take_metrics(get_store(), _read_body(ExportMetricsServiceRequest)))


def _read_body(message_type: type[M]) -> M:
    kind = otlp.content_type(request.headers.get("Content-Type", ""))
    body = otlp.decompress(
        request.get_data(cache=False),
        request.headers.get("Content-Encoding", ""),
        max_bytes=current_app.config["MAX_CONTENT_LENGTH"],
    )
    return otlp.decode(body, kind, message_type)


def _answer(message: Message) -> Response:
    kind = otlp.content_type(request.headers.get("Content-Type", ""))
    return Response(otlp.encode(message, kind), content_type=kind)
