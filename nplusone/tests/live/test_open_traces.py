"""Test when a trace is over, whose spans come one by one."""

from otel_nplusone._core.model import Span, SpanKind, Trace
from otel_nplusone._live.open_traces import WAIT_S, OpenTraces


class Clock:
    """Be a clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def span(trace: str, span_id: str, parent: str = "") -> Span:
    return Span(trace, span_id, parent, "shop", "name", SpanKind.INTERNAL, 1, 2, False, {})


def ids(traces: list[Trace]) -> list[list[str]]:
    return [sorted(span.span_id for span in trace.spans) for trace in traces]


def given(traces: OpenTraces, *spans: Span) -> list[Trace]:
    """Give spans of which nothing tells what else is open; return what is over with them."""
    for one in spans:
        is_local_root = not one.parent_span_id or "remote" in one.parent_span_id
        traces.ended_alone(one, is_local_root=is_local_root)
    return list(traces.due())


def test_trace_is_over_when_its_last_open_span_has_ended_and_not_with_its_root() -> None:
    traces = OpenTraces()
    traces.opened("t", 1, 2)

    traces.opened("t", 1, 1)
    traces.ended(span("t", "outer"))
    before = list(traces.due())
    traces.opened("t", 1, 0)
    traces.ended(span("t", "inner", "outer"))
    after = list(traces.due())

    assert before == []
    assert ids(after) == [["inner", "outer"]]
    assert list(traces.rest()) == []


def test_trace_of_two_processes_is_over_when_both_have_ended_their_spans() -> None:
    traces = OpenTraces()
    traces.opened("t", 1, 1)
    traces.opened("t", 2, 1)

    traces.opened("t", 2, 0)
    traces.ended(span("t", "task", "send"))
    before = list(traces.due())
    traces.opened("t", 1, 0)
    traces.ended(span("t", "send"))

    assert before == []
    assert ids(list(traces.due())) == [["send", "task"]]


def test_trace_waits_for_what_begins_when_its_root_has_ended() -> None:
    clock = Clock()
    traces = OpenTraces(quiet_s=1, clock=clock)
    traces.ended(span("t", "request"))
    traces.opened("t", 1, 0)

    clock.now = 0.9
    before = list(traces.due())
    traces.ended(span("t", "background", "request"))
    clock.now = 1.8
    meanwhile = list(traces.due())
    clock.now = 2.0

    assert (before, meanwhile) == ([], [])
    assert ids(list(traces.due())) == [["background", "request"]]


def test_trace_whose_span_never_ends_is_given_after_the_stated_wait() -> None:
    clock = Clock()
    traces = OpenTraces(clock=clock)
    traces.opened("t", 1, 1)
    traces.ended(span("t", "b", "a"))

    clock.now = WAIT_S - 0.1
    before = list(traces.due())
    clock.now = WAIT_S

    assert before == []
    assert ids(list(traces.due())) == [["b"]]


def test_parent_that_has_not_come_is_open_where_nothing_tells_of_starts() -> None:
    traces = OpenTraces()

    before = given(traces, span("t", "c", "b"), span("t", "a"))
    after = given(traces, span("t", "b", "a"))

    assert before == []
    assert ids(after) == [["a", "b", "c"]]


def test_caller_in_another_process_is_not_waited_for() -> None:
    traces = OpenTraces()

    assert ids(given(traces, span("t", "x1", "x"), span("t", "x", "remote"))) == [["x", "x1"]]


def test_two_requests_of_one_trace_are_judged_together() -> None:
    traces = OpenTraces()

    first = given(traces, span("t", "x1", "x"), span("t", "y1", "y"), span("t", "x", "remote"))
    second = given(traces, span("t", "y2", "y"), span("t", "y", "remote"))

    assert first == []
    assert ids(second) == [["x", "x1", "y", "y1", "y2"]]


def test_what_is_not_over_is_given_at_the_end() -> None:
    traces = OpenTraces()
    traces.opened("nothing has ended", 1, 1)
    given(traces, span("t", "b", "a"), span("u", "d", "c"))

    assert ids(list(traces.rest())) == [["b"], ["d"]]


def test_oldest_is_given_when_there_is_no_room() -> None:
    traces = OpenTraces(max_spans=3)

    evicted = given(traces, *(span(f"t{number}", "b", "a") for number in range(10)))

    assert [trace.trace_id for trace in evicted] == [f"t{number}" for number in range(7)]
    assert len(list(traces.rest())) == 3


def test_traces_of_which_nothing_has_ended_have_a_bound_as_well() -> None:
    traces = OpenTraces(max_traces=2)
    for number in range(10):
        traces.opened(f"t{number}", 1, 1)
    traces.ended(span("t0", "a"))

    assert ids(list(traces.due())) == [["a"]]
    assert len(traces) == 2
