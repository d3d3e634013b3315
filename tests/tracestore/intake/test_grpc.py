"""Test OTLP/gRPC with grpcio's own client."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import grpc  # type: ignore[import-untyped]  # it ships no types
import pytest
from google.protobuf.message import Message
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from harness.ports import unused_port
from tests.tracestore.samples import naive_trace, request, span
from tracestore.errors import PortTakenError
from tracestore.intake.grpc import serve_grpc
from tracestore.store import reader
from tracestore.store.database import Store
from tracestore.store.metrics import latest_points

DEADLINE_S = 30


@pytest.fixture
def channel(store: Store) -> Iterator[grpc.Channel]:
    port = unused_port()
    with (
        serve_grpc(store, "127.0.0.1", port, max_body_bytes=1_000_000),
        grpc.insecure_channel(f"127.0.0.1:{port}") as channel,
    ):
        yield channel


def export(channel: grpc.Channel, sent: Message, service: str = "trace.v1.TraceService") -> bytes:
    """Call a service's one method; return its answer as bytes."""
    method = channel.unary_unary(
        f"/opentelemetry.proto.collector.{service}/Export",
        request_serializer=lambda message: message.SerializeToString(),
    )
    answer: bytes = method(sent, timeout=DEADLINE_S, compression=grpc.Compression.Gzip)
    return answer


def test_spans_are_stored(channel: grpc.Channel, store: Store) -> None:
    answer = export(channel, request(naive_trace()))

    assert answer == b""
    assert reader.stored_span_count(store) == 514


def test_metrics_are_stored(channel: grpc.Channel, store: Store) -> None:
    sent = ExportMetricsServiceRequest()
    metric = sent.resource_metrics.add().scope_metrics.add().metrics.add(name="cats")
    metric.sum.data_points.add(as_int=9)

    export(channel, sent, "metrics.v1.MetricsService")

    assert [point.name for point in latest_points(store)] == ["cats"]


def test_spans_that_are_refused_are_counted(channel: grpc.Channel, store: Store) -> None:
    bad = span(2)
    bad.trace_id = b"short"

    answer = export(channel, request([span(1), bad]))

    parsed = ExportTraceServiceResponse.FromString(answer)
    assert parsed.partial_success.rejected_spans == 1
    assert reader.stored_span_count(store) == 1


def test_a_store_that_cannot_write_asks_to_retry(channel: grpc.Channel, database: Path) -> None:
    other = sqlite3.connect(database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(grpc.RpcError) as refused:
        export(channel, request([span(1)]))

    other.close()
    assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
    assert "try again" in refused.value.details()


def test_a_request_that_is_too_large_is_refused_for_good(
    channel: grpc.Channel, store: Store
) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        export(channel, request([span(1, name="x" * 1_000_001)]))

    assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert reader.stored_span_count(store) == 0


def test_a_taken_port_is_named_with_its_option(store: Store) -> None:
    port = unused_port()

    with (
        serve_grpc(store, "127.0.0.1", port),
        pytest.raises(PortTakenError, match=f"{port}.*--grpc-port"),
        serve_grpc(store, "127.0.0.1", port),
    ):
        pass
