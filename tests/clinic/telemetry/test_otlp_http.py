"""Test that spans are assembled where the SDK allows it, and encoded by the SDK elsewhere."""

from collections.abc import Sequence
from typing import Any

import pytest
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SpanExportResult
from opentelemetry.trace import SpanContext

from clinic.telemetry import otlp_http
from clinic.telemetry.otlp_http import AssemblingExporter, assembling, encodes_alike, has_client
from tests.clinic.telemetry.sinks import running_sink

SPAN = ReadableSpan("SELECT cat", SpanContext(1, 2, is_remote=False), start_time=1, end_time=2)


def test_a_backend_gets_the_bytes_that_the_sdk_sends() -> None:
    with running_sink() as sink:
        endpoint = f"{sink.address}/v1/traces"
        for exporter in (AssemblingExporter(endpoint=endpoint), OTLPSpanExporter(endpoint)):
            assert exporter.export([SPAN]) is SpanExportResult.SUCCESS
            exporter.shutdown()  # type: ignore[no-untyped-call]  # it is untyped

    ours, theirs = sink.requests
    assert ours == theirs
    assert ours[1] == encode_spans([SPAN]).SerializeToString()


def test_the_exporter_of_otlp_http_is_made_to_assemble() -> None:
    make = assembling(OTLPSpanExporter)

    assert make is not None
    assert isinstance(make(), AssemblingExporter)
    assert assembling(ConsoleSpanExporter) is None


def test_what_the_sdk_encodes_in_another_way_is_left_to_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def other(spans: Sequence[ReadableSpan]) -> Any:
        request = encode_spans(spans)
        request.resource_spans[0].scope_spans[0].spans[0].flags = 7
        return request

    assert encodes_alike()
    assert not encodes_alike(other)

    monkeypatch.setattr(otlp_http, "encodes_alike", lambda: encodes_alike(other))
    make = assembling(OTLPSpanExporter)
    assert make is not None
    assert type(make()) is OTLPSpanExporter
    assert "another than known" in caplog.text


def test_an_exporter_without_a_client_is_not_given_bytes() -> None:
    exporter = AssemblingExporter()
    assert has_client(exporter)

    del exporter._client

    assert not has_client(exporter)


def test_a_batch_that_cannot_be_assembled_is_the_sdks(caplog: pytest.LogCaptureFixture) -> None:
    without_id = ReadableSpan("SELECT cat", None, start_time=1, end_time=2)

    assert AssemblingExporter().export([without_id]) is SpanExportResult.FAILURE

    assert "Failed to encode span batch" in caplog.text


def test_nothing_is_sent_after_the_end(caplog: pytest.LogCaptureFixture) -> None:
    exporter = AssemblingExporter()
    exporter.shutdown()  # type: ignore[no-untyped-call]  # it is untyped

    assert exporter.export([SPAN]) is SpanExportResult.FAILURE

    assert "already shutdown" in caplog.text
