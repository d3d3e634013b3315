"""Receive OTLP/gRPC: the same requests as over HTTP, for exporters that speak only gRPC.

grpcio is an extra, so `cli` imports this module on demand. The two methods are registered by name:
no generated code has to match the installed version of grpcio.
https://opentelemetry.io/docs/specs/otlp/#otlpgrpc
"""

import contextlib
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import grpc  # type: ignore[import-untyped]  # it ships no types
from google.protobuf.message import Message
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tracestore.errors import PortTakenError, StoreUnavailableError
from tracestore.intake.otlp import DEFAULT_MAX_BODY_BYTES
from tracestore.intake.take import take_metrics, take_traces
from tracestore.store.database import Store

_THREADS = 4
_DRAIN_SECONDS = 8.0

M = TypeVar("M", bound=Message)
logger = logging.getLogger(__name__)


@contextlib.contextmanager
def serve_grpc(
    store: Store, host: str, port: int, *, max_body_bytes: int = DEFAULT_MAX_BODY_BYTES
) -> Iterator[None]:
    """Serve until the block ends, and answer requests in flight. Raises PortTakenError."""
    server = grpc.server(
        ThreadPoolExecutor(_THREADS, thread_name_prefix="otlp-grpc"),
        options=[("grpc.so_reuseport", 0), ("grpc.max_receive_message_length", max_body_bytes)],
    )
    server.add_generic_rpc_handlers(
        (
            _service("trace.v1.TraceService", store, ExportTraceServiceRequest, take_traces),
            _service("metrics.v1.MetricsService", store, ExportMetricsServiceRequest, take_metrics),
        )
    )
    _listen(server, host, port)
    server.start()
    try:
        yield
    finally:
        server.stop(_DRAIN_SECONDS).wait()


def _listen(server: Any, host: str, port: int) -> None:
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    try:
        server.add_insecure_port(address)
    except RuntimeError as error:
        raise PortTakenError(
            f"tracestore's OTLP/gRPC receiver cannot listen on {host} port {port}; choose another"
            " port with --grpc-port"
        ) from error


def _service(
    name: str, store: Store, request_type: type[M], take: Callable[[Store, M], Message]
) -> grpc.GenericRpcHandler:
    """Make the handler of an OTLP service and its one method."""

    def export(request: M, context: Any) -> Message:
        try:
            return take(store, request)
        except StoreUnavailableError as error:
            logger.warning("answered UNAVAILABLE: %s", error)
            context.abort(grpc.StatusCode.UNAVAILABLE, error.public_message)
            raise AssertionError("abort() has raised") from error

    handler = grpc.unary_unary_rpc_method_handler(
        export,
        request_deserializer=request_type.FromString,
        response_serializer=lambda message: message.SerializeToString(),
    )
    return grpc.method_handlers_generic_handler(
        f"opentelemetry.proto.collector.{name}", {"Export": handler}
    )
