"""Test that folding leaves out spans, and nothing that anybody would be told of them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode

from nplusone.tests.corpus.cases import ALL
from nplusone.tests.corpus.label import Case
from nplusone.tests.corpus.score import load
from nplusone.tests.live_service import ONE, Service
from otel_nplusone._core.detect import find_repeats
from otel_nplusone._core.model import Finding, Span, Trace
from otel_nplusone._core.semconv import stands_for, statement_of
from otel_nplusone._core.tree import Tree
from otel_nplusone._live.fold import fold
from otel_nplusone._live.requests import Request, RunningRequests
from otel_nplusone._live.sdk_spans import to_part


@pytest.fixture
def service() -> Service:
    return Service(fold=True)


def loop(service: Service, rounds: int, distinct: int = 1_000) -> None:
    """Send a statement again and again from one place, which its program tells."""
    place: dict[str, Any] = {
        "code.file.path": "cats.py",
        "code.line.number": 7,
        "code.function.name": "f",
    }
    for number in range(rounds):
        service.query(value=number % distinct, **place)


def statements(service: Service) -> list[ReadableSpan]:
    return [span for span in service.spans if statement_of(span.attributes or {}) is not None]


def weights(spans: Sequence[ReadableSpan]) -> list[int]:
    return [stands_for(span.attributes or {}) for span in spans]


def test_repeats_are_the_first_three_the_slowest_and_one_for_the_rest(service: Service) -> None:
    with service.request():
        loop(service, 100)

    assert sorted(weights(statements(service))) == [1, 1, 1, 1, 96]


def test_the_span_for_the_rest_tells_what_it_stands_for(service: Service) -> None:
    with service.request():
        loop(service, 100, distinct=7)

    (folded,) = [span for span in statements(service) if stands_for(span.attributes or {}) > 1]
    told = dict(folded.attributes or {})
    assert told["aggregation.span_count"] == 96
    assert told["aggregation.is_summary"] is True
    assert told["nplusone.distinct_values"] == 7
    assert "nplusone.values_hash" not in told
    assert told["aggregation.duration_total_ns"] == pytest.approx(
        96 * int(str(told["aggregation.duration_avg_ns"])), abs=96
    )
    assert folded.start_time == told["aggregation.first_start_unix_nano"]
    assert int(str(told["aggregation.last_start_unix_nano"])) <= (folded.end_time or 0)


def test_what_fails_is_sent_as_it_is(service: Service) -> None:
    with service.request():
        for value in range(30):
            span = service.start_query(value=value)
            if value == 20:
                span.set_status(Status(StatusCode.ERROR, "gone"))
            span.end()

    failed = [span for span in statements(service) if span.status.status_code is StatusCode.ERROR]
    assert weights(failed) == [1]
    assert sum(weights(statements(service))) == 30


def test_the_request_says_the_same_with_folding_and_without() -> None:
    marks = []
    for fold_spans in (False, True):
        service = Service(fold=fold_spans)
        with service.request():
            service.query("SELECT person.id FROM person")
            service.queries(60)
        marks.append(service.marks)

    assert marks[0] == marks[1] != []


def test_a_loop_of_several_statements_stays_as_it_is(service: Service) -> None:
    with service.request():
        for value in range(20):
            service.query(ONE, value)
            service.query("SELECT owner.name FROM owner WHERE owner.id = ?", value)

    assert weights(statements(service)) == [1] * 40


def test_what_is_not_sent_is_counted(service: Service) -> None:
    with service.request():
        loop(service, 100)

    (point,) = service.points("nplusone.spans.folded")
    assert point.value == 95


def test_nothing_is_folded_unless_it_is_asked_for() -> None:
    service = Service()

    with service.request():
        service.queries(100)

    assert weights(statements(service)) == [1] * 100


def test_a_flush_sends_what_waits_for_its_request(service: Service) -> None:
    with service.request():
        service.queries(10)
        service.processor.force_flush()

        assert len(statements(service)) == 10

    assert weights(statements(service)) == [1] * 10


def test_a_shutdown_sends_what_waits_for_its_request(service: Service) -> None:
    with service.request():
        service.queries(10)
        waiting = len(statements(service))
        service.processor.force_flush()
        assert (waiting, len(statements(service))) == (0, 10)


def test_spans_of_a_request_that_is_given_up_are_sent() -> None:
    service = Service(RunningRequests(max_open_spans=3), fold=True)

    with service.request():
        service.queries(10)
        for _ in range(4):
            service.tracer.start_span("endless", kind=SpanKind.SERVER)

        assert len(statements(service)) == 10


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_findings_are_the_same_before_and_after_folding(case: Case) -> None:
    for trace in load(case):
        folded = Trace(trace.trace_id, tuple(folded_spans(trace)))

        assert told(find_repeats(folded)) == told(find_repeats(trace))


def test_much_of_the_corpus_is_folded() -> None:
    traces = [trace for case in ALL for trace in load(case)]

    before = sum(len(trace.spans) for trace in traces)

    assert sum(len(folded_spans(trace)) for trace in traces) < 0.9 * before  # few repeat often


def told(findings: Sequence[Finding]) -> list[str]:
    """Return what a reader is told, but for which spans it is of, and for times."""
    return sorted(
        repr(
            replace(
                finding.what,
                offender_span_ids=(),
                source_span_id=None,
                total_ns=0,
                overlapping=False,
            )
        )
        for finding in findings
    )


def folded_spans(trace: Trace) -> list[Span]:
    """Fold each request of a stored trace, as a processor does as it ends."""
    tree = Tree(trace)
    by_entry: dict[str, list[Span]] = defaultdict(list)
    for span in trace.spans:
        by_entry[tree.entry_id(span)].append(span)
    found: list[Span] = []
    for entry_id, spans in by_entry.items():
        originals = {int(span.span_id, 16): span for span in spans}
        request = Request(int(entry_id, 16))
        held = [ended(span) for span in spans if span.span_id != entry_id]
        judge = partial(request.judge, 5)
        for sent in fold(held, judge(held), judge).spans:
            context = sent.get_span_context()
            assert context is not None
            part, original = to_part(context.span_id, sent), originals.pop(context.span_id)
            found.append(
                original._replace(
                    attributes=part.attributes, end_time_unix_nano=part.end_time_unix_nano
                )
            )
        found += [span for span in spans if span.span_id == entry_id]
    return found


def ended(span: Span) -> ReadableSpan:
    """Make the SDK's span of a stored one."""
    parent = int(span.parent_span_id or "0", 16)
    return ReadableSpan(
        span.name,
        SpanContext(1, int(span.span_id, 16), is_remote=False),
        SpanContext(1, parent, is_remote=False) if parent else None,
        attributes=dict(span.attributes),  # type: ignore[arg-type]  # of the SDK's types
        kind=SpanKind(max(span.kind - 1, 0)),
        status=Status(StatusCode.ERROR if span.failed else StatusCode.UNSET),
        start_time=span.start_time_unix_nano,
        end_time=span.end_time_unix_nano,
    )
