"""Test what the span processor says of a running service."""

import asyncio
import contextvars
import logging
import time
from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

import pytest
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.trace import ReadableSpan, SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)
from opentelemetry.util.types import Attributes

from nplusone.tests.live_service import CHUNK, ONE, Service
from otel_nplusone._core.fingerprint import fingerprint
from otel_nplusone._live.requests import MAX_WAITING, Request, RunningRequests
from otel_nplusone.live import NPlusOneSpanProcessor


@pytest.fixture
def service() -> Service:
    return Service()


def test_entry_span_says_what_repeats_how_often_and_where_from(service: Service) -> None:
    code: dict[str, Any] = {
        "code.file.path": "cats.py",
        "code.line.number": 7,
        "code.function.name": "f",
    }
    with service.request():
        service.query("SELECT person.id FROM person")
        for value in range(6):
            service.query(value=value, **code)

    (marks,) = service.marks
    assert marks.pop("fingerprint")
    assert marks == {
        "detected": True,
        "class": "n_plus_one",
        "statements": 7,
        "repeats": 6,
        "code": "cats.py:7 in f",
    }


def test_marked_span_is_otherwise_as_it_was(service: Service) -> None:
    with service.request() as span:
        span.add_event("rendered")
        service.queries(5)

    marked = service.spans[-1]
    assert marked.name == "GET /cats"
    assert marked.kind is SpanKind.SERVER
    assert marked.context == span.get_span_context()
    assert marked.attributes is not None
    assert marked.attributes["http.route"] == "/cats"
    assert [event.name for event in marked.events] == ["rendered"]
    assert marked.start_time is not None
    assert marked.end_time is not None
    assert marked.start_time < marked.end_time


def test_marked_span_still_tells_what_it_had_to_drop() -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider(
        shutdown_on_exit=False, span_limits=SpanLimits(max_events=1, max_span_attributes=4)
    )
    provider.add_span_processor(NPlusOneSpanProcessor(SimpleSpanProcessor(exporter)))
    tracer = provider.get_tracer("test")
    with tracer.start_as_current_span("GET /cats", kind=SpanKind.SERVER) as span:
        for number in range(5):
            span.set_attribute(f"key{number}", number)
            span.add_event(f"event{number}")
            tracer.start_span("SELECT", attributes={"db.query.text": ONE}).end()

    marked = exporter.get_finished_spans()[-1]

    assert "nplusone.detected" in (marked.attributes or {})
    assert (marked.dropped_attributes, marked.dropped_events, marked.dropped_links) == (1, 4, 0)


def test_marks_reach_the_otlp_encoding(service: Service) -> None:
    with service.request():
        service.queries(5)

    (resource,) = encode_spans(service.spans[-1:]).resource_spans
    encoded = resource.scope_spans[0].spans[0]
    assert {"nplusone.detected", "nplusone.repeats"} <= {pair.key for pair in encoded.attributes}


def test_finding_that_took_the_most_time_is_told(service: Service) -> None:
    dogs = "SELECT dog.name FROM dog WHERE dog.id = ?"
    with service.request():
        service.queries(5)
        for value in range(5):
            service.start_query(dogs, value).end(end_time=time.time_ns() + 10**10)

    assert service.marks[0]["fingerprint"] == fingerprint(dogs).digest
    assert [point.value for point in service.points("nplusone.findings")] == [2]


@pytest.mark.parametrize(
    ("statements", "sql"),
    [(4, ONE), (20, CHUNK), (20, "BEGIN"), (20, "SELECT 1")],
    ids=["four repeats", "chunks of a loader", "transactions", "pings"],
)
def test_near_miss_is_not_marked(service: Service, statements: int, sql: str) -> None:
    with service.request():
        service.queries(statements, sql)

    assert service.marks == [{}]


def test_mixed_statements_are_not_marked(service: Service) -> None:
    with service.request():
        for table in ("cat", "dog", "cow", "pig", "hen", "fox"):
            service.query(f"SELECT name FROM {table} WHERE id = ?")

    assert service.marks == [{}]


def test_statements_of_inner_spans_belong_to_the_request(service: Service) -> None:
    with service.request():
        for value in range(5):
            with service.tracer.start_as_current_span("serialize"):
                service.query(value=value)

    assert service.marks[0]["repeats"] == 5


def test_requests_do_not_share_their_statements(service: Service) -> None:
    for _ in range(3):
        with service.request():
            service.queries(4)

    assert service.marks == [{}, {}, {}]


def test_request_within_a_request_has_its_own_statements(service: Service) -> None:
    with service.request("/outer"):
        service.queries(3)
        with service.request("/inner"):
            service.queries(5)
        service.queries(1)

    inner, outer = service.marks
    assert inner["statements"] == 5
    assert outer == {}


def test_request_of_a_remote_caller_is_an_entry(service: Service) -> None:
    caller = SpanContext(7, 8, is_remote=True, trace_flags=TraceFlags(1))
    context = set_span_in_context(NonRecordingSpan(caller))
    span = service.tracer.start_span("consume", context=context, attributes={"http.route": "/"})
    for value in range(5):
        service.tracer.start_span(
            "SELECT",
            context=set_span_in_context(span),
            attributes={"db.query.text": ONE, "nplusone.values_hash": str(value)},
        ).end()
    span.end()

    assert service.marks[0]["repeats"] == 5


def test_statements_per_request_are_recorded_by_route_with_an_exemplar(service: Service) -> None:
    with service.request("/cats") as span:
        service.queries(3)
    with service.request("/empty"):
        pass

    points = {p.attributes["http.route"]: p for p in service.points("nplusone.request.statements")}
    assert points["/cats"].sum == 3
    assert points["/empty"].sum == 0
    (exemplar,) = points["/cats"].exemplars
    assert exemplar.trace_id == span.get_span_context().trace_id
    assert exemplar.span_id == span.get_span_context().span_id


def test_findings_are_counted_by_route_and_class(service: Service) -> None:
    for _ in range(2):
        with service.request("/cats"):
            service.queries(5)
    with service.request("/same"):
        for _ in range(5):
            service.query(value=1)

    keys = ("http.request.method", "http.route", "nplusone.class")
    counted = {
        tuple(point.attributes[key] for key in keys): point.value
        for point in service.points("nplusone.findings")
    }
    assert counted == {("GET", "/cats", "n_plus_one"): 2, ("GET", "/same", "redundant"): 1}


def test_request_without_a_route_goes_by_its_name(service: Service) -> None:
    with service.tracer.start_as_current_span("nightly job"):
        service.queries(1)

    (point,) = service.points("nplusone.request.statements")
    assert point.attributes == {"http.route": "nightly job"}


def test_routes_beyond_the_bound_share_one_series(service: Service) -> None:
    for number in range(250):
        with service.request(f"/cats/{number}"):
            pass

    points = {p.attributes["http.route"]: p for p in service.points("nplusone.request.statements")}
    assert len(points) == 201
    assert points["_OTHER"].count == 50


def test_span_without_a_request_and_without_statements_is_not_recorded(service: Service) -> None:
    service.tracer.start_span("connect", kind=SpanKind.CLIENT).end()

    assert service.points("nplusone.request.statements") == []
    assert len(service.spans) == 1


def test_check_of_a_connection_outside_any_request_is_not_recorded(service: Service) -> None:
    with service.tracer.start_as_current_span("check"):
        service.query("SELECT 1")

    assert service.points("nplusone.request.statements") == []


def test_failed_handler_hides_nothing(service: Service) -> None:
    with service.request():
        handler = service.tracer.start_span("handler")
        context = set_span_in_context(handler)
        for value in range(8):
            service.query(value=value, context=context)
        handler.set_status(StatusCode.ERROR)
        handler.end()

    assert service.marks[0]["repeats"] == 8


def test_attempts_that_failed_are_retries(service: Service) -> None:
    with service.request():
        for number in range(8):
            attempt = service.tracer.start_span("attempt")
            service.query(context=set_span_in_context(attempt))
            if number < 7:
                attempt.set_status(StatusCode.ERROR)
            attempt.end()

    assert service.marks == [{}]


def test_calls_that_repeat_are_told(service: Service) -> None:
    with service.request():
        for number in range(6):
            attributes = {"http.request.method": "GET", "url.full": f"http://users/users/{number}"}
            service.tracer.start_span("GET", kind=SpanKind.CLIENT, attributes=attributes).end()

    assert (service.marks[0]["class"], service.marks[0]["repeats"]) == ("n_plus_one", 6)


def test_statement_that_ends_after_its_request_is_late(service: Service) -> None:
    with service.request():
        late = service.start_query()
        service.queries(4)
    late.end()

    assert service.marks == [{}]
    assert [point.value for point in service.points("nplusone.spans.late")] == [1]
    assert len(service.spans) == 6


def test_statement_that_begins_after_its_request_is_late(service: Service) -> None:
    with service.request() as request:
        pass
    context = set_span_in_context(request)
    service.tracer.start_span("SELECT", context, attributes={"db.query.text": ONE}).end()

    assert [point.value for point in service.points("nplusone.spans.late")] == [1]


def test_spans_that_never_end_do_not_pile_up() -> None:
    requests = RunningRequests(max_open_spans=100)
    service = Service(requests)
    forever = [service.tracer.start_span(f"job {number}") for number in range(1000)]

    with service.request():
        service.queries(5)

    assert len(forever) == 1000
    assert requests.open_spans <= 100
    assert service.marks[0]["repeats"] == 5


def test_request_that_never_ends_makes_room_for_others() -> None:
    requests = RunningRequests(max_statements=150)
    service = Service(requests)
    with service.request("/forever"):
        service.queries(128)
        with service.request("/cats"):
            service.queries(64)
        service.queries(3)

    cats, forever = service.marks
    assert cats["repeats"] == 64
    assert forever == {}
    assert requests.statements == 0
    assert [point.value for point in service.points("nplusone.spans.late")] == [3]


def test_a_request_that_made_room_holds_nothing() -> None:
    requests = RunningRequests(max_statements=64)
    service = Service(requests)
    with service.request("/forever"):
        late = service.start_query()
        service.queries(64 + 5)
        with service.request("/cats"):
            service.queries(64)
            still = (requests.statements, requests.waiting, requests.open_spans)

    assert still == (64, 0, 2)  # of /cats, and the late query
    assert isinstance(late, ReadableSpan)
    evicted = requests.end(late.get_span_context().span_id, late)
    assert evicted is not None and evicted.closed
    assert evicted.asking == []


def test_statements_up_to_the_bound_are_held() -> None:
    requests = RunningRequests(max_statements=64)
    service = Service(requests)
    with service.request():
        service.queries(64)
        held = requests.statements

    assert held == 64
    assert service.marks[0]["repeats"] == 64


def test_statements_beyond_the_bound_are_still_counted() -> None:
    requests = RunningRequests(max_statements_per_request=10)
    service = Service(requests)
    with service.request():
        service.queries(100)
        kept = requests.statements

    assert kept == 10
    assert service.marks[0]["statements"] == 100


def test_spans_of_many_requests_do_not_wait_for_all_of_them_to_end() -> None:
    requests = RunningRequests()
    service = Service(requests)
    roots = [service.tracer.start_span(f"request {number}") for number in range(500)]
    for root in roots:
        for value in range(20):
            service.query(value=value, context=set_span_in_context(root))

    assert requests.waiting < 4096
    assert requests.waiting + requests.statements == 500 * 20


class EndsAnother(ReadableSpan):
    """Hold a statement whose attributes, once looked at, end one more: as a finalizer may."""

    def __init__(self, end: Callable[[], object] | None = None) -> None:
        super().__init__("SELECT", start_time=1, end_time=2)
        self._end = end

    @property
    def attributes(self) -> Attributes:
        end, self._end = self._end, None
        if end is not None:
            end()
        return {"db.query.text": ONE}


def test_span_that_ends_while_others_are_counted_is_counted_once() -> None:
    requests = RunningRequests()
    last = MAX_WAITING + 2
    requests.begin(1)
    for number in range(2, last + 1):
        requests.join(number, 1)

    requests.end(2, EndsAnother(lambda: requests.end(last, EndsAnother())))
    for number in range(3, last):
        requests.end(number, EndsAnother())
    ended = requests.end(1, EndsAnother())

    assert ended is not None
    assert ended.statements == last - 1
    assert (requests.statements, requests.waiting) == (0, 0)


def test_nothing_is_kept_of_requests_that_have_ended(service: Service) -> None:
    requests = RunningRequests()
    service = Service(requests)
    for _ in range(20):
        with service.request():
            service.queries(20)

    assert (requests.open_spans, requests.statements) == (0, 0)


class BrokenRequests(RunningRequests):
    """Fail whenever it is asked."""

    def begin(self, span_id: int) -> None:
        raise RuntimeError("broken")

    def end(self, span_id: int, span: ReadableSpan, *, hold: bool = False) -> Request | None:
        raise RuntimeError("broken")


def test_fault_inside_is_logged_once_and_no_span_is_lost(caplog: pytest.LogCaptureFixture) -> None:
    service = Service(BrokenRequests())
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            with service.request():
                service.queries(5)

    assert len(service.spans) == 18
    assert [record.message for record in caplog.records] == [
        "A span could not be examined; later faults are not logged."
    ]


@pytest.mark.parametrize("sql", [7, "", "\ud800", "SELECT " * 50_000, ("SELECT", "1")])
def test_any_query_text_is_survived(
    service: Service, sql: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with service.request():
        for _ in range(6):
            service.query(sql)

    assert len(service.spans) == 7
    assert "could not be examined" not in caplog.text


def test_threads_that_serve_at_once_count_exactly() -> None:
    service = Service()
    together = Barrier(8)

    def serve() -> None:
        together.wait()
        for _ in range(10):
            with service.request():
                service.queries(25)

    _run([Thread(target=serve) for _ in range(8)])

    assert [marks["repeats"] for marks in service.marks] == [25] * 80
    (point,) = service.points("nplusone.request.statements")
    assert (point.count, point.sum) == (80, 2000)


def test_threads_of_one_request_count_together() -> None:
    service = Service()
    with service.request():
        contexts = [contextvars.copy_context() for _ in range(8)]
        _run([Thread(target=context.run, args=(service.queries, 50)) for context in contexts])

    assert service.marks[0]["statements"] == 400


def test_tasks_that_interleave_count_each_for_themselves() -> None:
    service = Service()

    async def serve(statements: int) -> None:
        with service.request(f"/{statements}"):
            for value in range(statements):
                service.query(value=value)
                await asyncio.sleep(0)

    async def serve_all() -> None:
        await asyncio.gather(*map(serve, range(5, 15)))

    asyncio.run(serve_all())

    assert sorted(marks["repeats"] for marks in service.marks) == list(range(5, 15))


def test_processor_hands_flush_and_shutdown_on() -> None:
    inner = RecordingProcessor(InMemorySpanExporter())
    processor = NPlusOneSpanProcessor(inner)

    flushed = processor.force_flush(1234)
    processor.shutdown()

    assert flushed is True
    assert inner.calls == ["flush 1234", "shutdown"]


class RecordingProcessor(SimpleSpanProcessor):
    """Remember what it was told."""

    def __init__(self, exporter: InMemorySpanExporter) -> None:
        super().__init__(exporter)
        self.calls: list[str] = []

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        self.calls.append(f"flush {timeout_millis}")
        return super().force_flush(timeout_millis)

    def shutdown(self) -> None:
        self.calls.append("shutdown")
        super().shutdown()


def _run(threads: list[Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
