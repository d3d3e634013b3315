"""Ask a real tracestore by the client of trace backends."""

import json
import time
from typing import Any

import pytest
import urllib3

from harness.clients.backend import Backend, count_db_spans
from harness.errors import BackendError
from harness.parts.start import Tracestore
from nplusone.tests.backends import backend as hangs_up
from nplusone.tests.read.badger import MINUTE, NOW, Badger, load, serving
from nplusone.tests.read.badger import SERVICE as DRAWN_SERVICE

SERVICE = "some-service"
TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
CLIENT, SERVER = 3, 2
STARTED_NS = time.time_ns()
MINUTE_NS = 60_000_000_000


@pytest.fixture
def backend(store: Tracestore) -> Backend:
    return Backend(store.ui, SERVICE)


def attributes(**values: str) -> list[dict[str, Any]]:
    return [
        {"key": key.replace("_", "."), "value": {"stringValue": value}}
        for key, value in values.items()
    ]


def span(
    number: int, name: str, kind: int, *, trace_id: str = TRACE_ID, **of_span: str
) -> dict[str, Any]:
    parent = {} if number == 1 else {"parentSpanId": f"{1:016x}"}
    return parent | {
        "traceId": trace_id,
        "spanId": f"{number:016x}",
        "name": name,
        "kind": kind,
        "startTimeUnixNano": str(STARTED_NS + number),
        "endTimeUnixNano": str(STARTED_NS + 1000 + number),
        "attributes": attributes(**of_span),
    }


SPANS = [
    span(1, "GET /success-stories", SERVER),
    span(2, "connect", CLIENT),
    span(3, "SELECT cat", CLIENT, db_query_text="SELECT 1"),
    span(4, "SELECT cat", CLIENT, db_statement="SELECT 1"),
    span(5, "render", 1, db_query_text="kept for later"),
]


def send(store: Tracestore, path: str, body: dict[str, Any]) -> None:
    response = urllib3.request(
        "POST",
        store.otlp + path,
        body=json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    assert response.status == 200, response.data


RESOURCE = {"attributes": attributes(service_name=SERVICE, service_instance_id="one")}


def send_spans(
    store: Tracestore,
    spans: list[dict[str, Any]] = SPANS,
    resource: dict[str, Any] = RESOURCE,
) -> None:
    scope = {"spans": spans}
    send(store, "/v1/traces", {"resourceSpans": [{"resource": resource, "scopeSpans": [scope]}]})


def test_spans_are_counted_per_trace_within_the_time(store: Tracestore, backend: Backend) -> None:
    send_spans(store)

    around = backend.span_counts(STARTED_NS - MINUTE_NS, STARTED_NS + MINUTE_NS)
    before = backend.span_counts(STARTED_NS - 2 * MINUTE_NS, STARTED_NS - MINUTE_NS)

    assert around == {TRACE_ID: 5}
    assert before == {}


def test_more_traces_than_one_answer_holds_are_all_counted(store: Tracestore) -> None:
    long_ago_ns = STARTED_NS - 10 * MINUTE_NS
    roots = [
        span(1, "GET /", SERVER, trace_id=f"{number:032x}")
        | {"startTimeUnixNano": str(long_ago_ns + number * 1_000_000)}
        for number in range(1, 201)
    ]
    send_spans(store, roots)

    counted = Backend(store.ui, SERVICE).span_counts(long_ago_ns, long_ago_ns + MINUTE_NS)

    assert counted == {root["traceId"]: 1 for root in roots}


def test_a_checkout_and_spans_of_other_kinds_are_not_statements(
    store: Tracestore, backend: Backend
) -> None:
    send_spans(store)

    spans = backend.spans(TRACE_ID)

    assert len(spans) == 5
    assert count_db_spans(spans) == 2


def test_an_unknown_trace_has_no_spans(backend: Backend) -> None:
    assert backend.spans("f" * 32) == []


def test_a_backend_that_is_away_is_an_error_with_its_address(free_port: int) -> None:
    address = f"http://127.0.0.1:{free_port}"

    with pytest.raises(BackendError, match=address):
        Backend(address, SERVICE).spans(TRACE_ID)


def test_an_answer_that_is_an_error_is_quoted(store: Tracestore) -> None:
    with pytest.raises(BackendError, match=r"answered 4\d\d"):
        Backend(store.ui, SERVICE).spans("no-trace-id")


def test_spans_of_other_services_in_the_same_trace_are_not_counted(
    store: Tracestore, backend: Backend
) -> None:
    trace_id = "ab" * 16
    since_ns, until_ns = STARTED_NS - MINUTE_NS, STARTED_NS + MINUTE_NS
    visitors = {"attributes": attributes(service_name="visitors")}
    send_spans(store, [span(1, "GET /", CLIENT, trace_id=trace_id)], visitors)
    send_spans(store, [span(number, "GET /", SERVER, trace_id=trace_id) for number in (2, 3)])

    counted = backend.span_counts(since_ns, until_ns)
    own = [one for one in backend.spans_between(since_ns, until_ns) if one.trace_id == trace_id]

    assert counted[trace_id] == 2
    assert sorted(int(one.span_id, 16) for one in own) == [2, 3]
    assert len(backend.spans(trace_id)) == 3


def test_a_trace_is_counted_once_by_a_jaeger_without_summaries() -> None:
    traces = load(2 * MINUTE, 20, per_second=10, size=30, lasts_s=5)

    with serving(Badger(traces, has_summaries=False)) as badger:
        backend = Backend(badger.url, DRAWN_SERVICE)
        counted = backend.span_counts(NOW - 3 * MINUTE, NOW)
        spans = list(backend.spans_between(NOW - 3 * MINUTE, NOW))

    assert counted == {one.trace_id: 30 for one in traces}
    assert len(spans) == len({(one.trace_id, one.span_id) for one in spans}) == 30 * len(traces)
    assert count_db_spans(spans) == 29 * len(traces)


def test_a_backend_that_dies_while_it_is_asked_is_an_error_that_says_so() -> None:
    traces = load(2 * MINUTE, 20, per_second=10, size=30, lasts_s=5)

    with (
        serving(Badger(traces, bears=0)) as badger,
        pytest.raises(BackendError, match="may have been killed for memory"),
    ):
        backend = Backend(badger.url, DRAWN_SERVICE, pause=lambda _: None)
        backend.span_counts(NOW - 3 * MINUTE, NOW)


def test_a_backend_that_never_answers_is_an_error_after_one_question() -> None:
    with (
        hangs_up(lambda path, query: None) as gone,
        pytest.raises(BackendError, match="is the backend running"),
    ):
        Backend(gone.url, SERVICE).span_counts(NOW - MINUTE, NOW)

    assert len(gone.asked) == 1
