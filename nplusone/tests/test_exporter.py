"""Test the exporter `nplusone`, fed by the SDK's own batch processor."""

import io
from importlib.metadata import entry_points

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import SpanKind, Tracer, use_span

from nplusone.tests.live_service import ONE
from nplusone.tests.shop import make_shop
from otel_nplusone._core.detect import find_n_plus_one, is_incomplete
from otel_nplusone._core.model import Trace
from otel_nplusone._run.announce import Announcer
from otel_nplusone.exporter import NPlusOneExporter, Terminal
from otel_nplusone.sqlalchemy import is_instrumented


class Listener:
    """Remember what an audience is told."""

    def __init__(self) -> None:
        self.heard: list[Trace] = []
        self.closed = False

    def take(self, trace: Trace) -> None:
        self.heard.append(trace)

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

    (trace,) = listener.heard
    (finding,) = find_n_plus_one(trace)
    assert finding.what.repeats == 7
    assert finding.entry.route == "GET /cats"
    assert (len(trace.spans), is_incomplete(trace)) == (8, False)
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

    (trace,) = listener.heard
    assert find_n_plus_one(trace)[0].what.repeats == 5
    assert is_incomplete(trace)


def test_request_whose_outer_span_ends_first_is_judged_whole(listener: Listener) -> None:
    provider = provider_of(NPlusOneExporter(listener))
    tracer = provider.get_tracer("test")
    outer = tracer.start_span("GET", kind=SpanKind.SERVER)
    with use_span(outer, end_on_exit=False):
        inner = tracer.start_span("GET", kind=SpanKind.SERVER)
    with use_span(inner, end_on_exit=False):
        select = [tracer.start_span("SELECT", attributes={"db.query.text": ONE}) for _ in range(7)]
    for span in (*select[:3], outer, *select[3:], inner):
        span.end()
    provider.shutdown()

    (trace,) = listener.heard
    assert (len(trace.spans), is_incomplete(trace)) == (9, False)
    assert find_n_plus_one(trace)[0].what.repeats == 7


def test_each_kind_is_said_once_and_all_at_the_end() -> None:
    stream = io.StringIO()
    provider = provider_of(NPlusOneExporter(Terminal(Announcer(stream))))
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

    NPlusOneExporter(Terminal(Announcer(stream))).shutdown()

    assert stream.getvalue() == ""


def test_engines_are_described_while_there_is_an_exporter(listener: Listener) -> None:
    exporter = NPlusOneExporter(listener)
    during = make_shop()
    exporter.shutdown()
    after = make_shop()

    assert is_instrumented(during)
    assert not is_instrumented(after)
    during.dispose()
    after.dispose()
