"""The OTLP/HTTP endpoints. An answer of 200 means: committed, and it survives the process."""

import logging
from typing import TypeVar

from flask import Blueprint, Response, current_app, request
from google.protobuf.message import Message
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from werkzeug.exceptions import RequestEntityTooLarge

from tracestore import otlp
from tracestore.errors import OtlpError, StoreUnavailableError
from tracestore.intake import take_metrics, take_traces
from tracestore.store import Store

RETRY_AFTER_S = 1

M = TypeVar("M", bound=Message)
logger = logging.getLogger(__name__)


def create_blueprint(store: Store) -> Blueprint:
    """POST /v1/traces and POST /v1/metrics, into `store`."""
    blueprint = Blueprint("receiver", __name__)

    @blueprint.post("/v1/traces")
    def export_traces() -> Response:
        return _answer(take_traces(store, _read_body(ExportTraceServiceRequest)))

    @blueprint.post("/v1/metrics")
    def export_metrics() -> Response:
        return _answer(take_metrics(store, _read_body(ExportMetricsServiceRequest)))

    @blueprint.errorhandler(OtlpError)
    def refuse(error: OtlpError) -> Response:
        return _error(str(error), error.http_status)

    @blueprint.errorhandler(RequestEntityTooLarge)
    def refuse_size(_: RequestEntityTooLarge) -> Response:
        return _error(f"the body is larger than {_max_body_bytes()} bytes", 413)

    @blueprint.errorhandler(StoreUnavailableError)
    def ask_to_retry(error: StoreUnavailableError) -> Response:
        logger.warning("not stored, the exporter is asked to retry: %s", error)
        response = _error("the store cannot write now: try again", 503)
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
        return response

    return blueprint


def _read_body(message_type: type[M]) -> M:
    kind = otlp.content_type(request.headers.get("Content-Type", ""))
    body = otlp.decompress(
        request.get_data(cache=False),
        request.headers.get("Content-Encoding", ""),
        max_bytes=_max_body_bytes(),
    )
    return otlp.decode(body, kind, message_type)


def _max_body_bytes() -> int:
    return int(current_app.config["MAX_CONTENT_LENGTH"])


def _answer(message: Message) -> Response:
    kind = otlp.content_type(request.headers.get("Content-Type", ""))
    return Response(otlp.encode(message, kind), content_type=kind)


def _error(message: str, http_status: int) -> Response:
    # Whoever sends a content type that OTLP does not have gets to read JSON.
    is_protobuf = (request.mimetype or "").lower() == otlp.PROTOBUF
    kind = otlp.PROTOBUF if is_protobuf else otlp.JSON
    return Response(
        otlp.encode_error(message, http_status, kind), status=http_status, content_type=kind
    )
