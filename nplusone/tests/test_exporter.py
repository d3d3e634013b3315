"""Test the exporter `nplusone`, fed by the SDK's own batch processor."""

import io
import logging
import socket
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import SpanKind, Tracer

from nplusone.tests.live_service import ONE
from nplusone.tests.shop import make_shop
from otel_nplusone._run.announce import Announcer, Judged
from otel_nplusone._run.wire import SOCKET_VARIABLE, Receiver, Sender, decode, encode
from otel_nplusone.errors import SourceError
from otel_nplusone.exporter import NPlusOneExporter
from otel_nplusone.sqlalchemy import is_instrumented


class Listener:
    """Remember what an audience is told."""

    def __init__(self) -> None:
        self.heard: list[Judged] = []
        self.closed = False

    def take(self, judged: Judged) -> None:
        self.heard.append(judged)

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def listener() -> Listener:
    return Listener()


def provider_of(exporter: SpanExporter, batch: int = 3) -> TracerProvider:
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(exporter, max_export_batch_size=batch))
    return provider


def serve(tracer: Tracer, statements: int = 7, route: str = "/cats") -> None:
    attributes = {"http.request.method": "GET", "http.route": route}
    with tracer.start_as_current_span("GET", kind=SpanKind.SERVER, attributes=attributes):
        for value in range(statements):
            tracer.start_span(
                "SELECT", attributes={"db.query.text": ONE, "nplusone.values_hash": str(value)}
            ).end()


def test_exporter_is_found_by_the_name_nplusone() -> None:
    (found,) = entry_points(group="opentelemetry_traces_exporter", name="nplusone")

    assert found.load() is NPlusOneExporter


def test_request_in_several_batches_is_judged_as_one(listener: Listener) -> None:
    provider = provider_of(NPlusOneExporter(listener), batch=3)

    serve(provider.get_tracer("test"), statements=7)
    provider.shutdown()

    (judged,) = listener.heard
    (finding,) = judged.findings
    assert finding.what.repeats == 7
    assert finding.entry.route == "GET /cats"
    assert (judged.spans, judged.incomplete) == (8, False)
    assert listener.closed


def test_spans_without_their_root_are_judged_at_the_end(listener: Listener) -> None:
    provider = provider_of(NPlusOneExporter(listener))
    tracer = provider.get_tracer("test")
    root = tracer.start_as_current_span("forever")
    root.__enter__()
    serve_inside = [
        tracer.start_span("SELECT", attributes={"db.query.text": ONE}) for _ in range(5)
    ]
    for span in serve_inside:
        span.end()
    provider.shutdown()
    root.__exit__(None, None, None)

    (judged,) = listener.heard
    assert judged.findings[0].what.repeats == 5
    assert judged.incomplete


def test_each_kind_is_said_once_and_all_at_the_end() -> None:
    stream = io.StringIO()
    provider = provider_of(NPlusOneExporter(Announcer(stream)))
    tracer = provider.get_tracer("test")
    for route in ("/cats", "/cats", "/dogs"):
        serve(tracer, route=route)
    provider.force_flush()
    said = stream.getvalue()
    provider.shutdown()

    assert said.count("n_plus_one in GET /cats: 7 times") == 1
    assert said.count("n_plus_one in GET /dogs: 7 times") == 1
    assert "otel-nplusone: 2 findings in 3 traces (24 spans)" in stream.getvalue()


def test_nothing_is_said_of_a_process_without_requests() -> None:
    stream = io.StringIO()

    NPlusOneExporter(Announcer(stream)).shutdown()

    assert stream.getvalue() == ""


def test_findings_pass_the_socket_as_they_were(listener: Listener, tmp_path: Path) -> None:
    provider = provider_of(NPlusOneExporter(listener))
    serve(provider.get_tracer("test"))
    provider.shutdown()
    (sent,) = listener.heard
    receiver, sender = Receiver(tmp_path / "s"), Sender(tmp_path / "s")

    sender.take(sent)
    received = receiver.receive(30)
    sender.close()
    receiver.close()

    assert received is not None
    assert encode(received) == encode(sent)
    assert received.findings[0].entry == sent.findings[0].entry
    assert received.findings[0].what.statement == ONE


def test_nothing_is_received_where_nothing_is_sent(tmp_path: Path) -> None:
    receiver = Receiver(tmp_path / "s")

    received = receiver.receive(0.01)
    receiver.close()

    assert received is None


@pytest.mark.parametrize("message", [b"", b"{", b"[]", b'{"findings": [{}]}', b"\xff"])
def test_message_that_is_none_is_refused(message: bytes) -> None:
    with pytest.raises(SourceError, match="not a message"):
        decode(message)


def test_parent_that_is_gone_is_complained_of_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as gone:
        gone.bind(str(tmp_path / "s"))
    monkeypatch.setenv(SOCKET_VARIABLE, str(tmp_path / "s"))
    provider = provider_of(NPlusOneExporter())
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            serve(provider.get_tracer("test"))
        provider.shutdown()

    assert [record.message for record in caplog.records if "sent" in record.message] == [
        "Findings cannot be sent: [Errno 111] Connection refused. Later ones are dropped as well."
    ]


def test_engines_are_described_while_there_is_an_exporter(listener: Listener) -> None:
    exporter = NPlusOneExporter(listener)
    during = make_shop()
    exporter.shutdown()
    after = make_shop()

    assert is_instrumented(during)
    assert not is_instrumented(after)
    during.dispose()
    after.dispose()
