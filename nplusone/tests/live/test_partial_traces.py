"""Put traces together that arrive in pieces."""

from otel_nplusone._core.model import Span, SpanKind, Trace
from otel_nplusone._live.partial_traces import Pieces


def span(trace: str, span_id: str, parent: str = "") -> Span:
    return Span(trace, span_id, parent, "shop", "name", SpanKind.INTERNAL, 1, 2, False, {})


def ids(traces: list[Trace]) -> list[list[str]]:
    return [sorted(span.span_id for span in trace.spans) for trace in traces]


def given(pieces: Pieces, *spans: Span) -> list[Trace]:
    """Give spans; those without a parent are local roots."""
    return [
        trace
        for one in spans
        for trace in pieces.add(one, is_local_root=not one.parent_span_id or "remote" in one[2])
    ]


def test_request_is_whole_when_its_root_comes() -> None:
    pieces = Pieces()

    before = given(pieces, span("t", "b", "a"), span("t", "c", "b"))
    after = given(pieces, span("t", "a"))

    assert before == []
    assert ids(after) == [["a", "b", "c"]]
    assert list(pieces.rest()) == []


def test_two_requests_of_one_trace_do_not_take_each_others_spans() -> None:
    pieces = Pieces()

    first = given(pieces, span("t", "x1", "x"), span("t", "y1", "y"), span("t", "x", "remote"))
    second = given(pieces, span("t", "y2", "y"), span("t", "y", "remote"))

    assert ids(first) == [["x", "x1"]]
    assert ids(second) == [["y", "y1", "y2"]]


def test_what_has_no_root_is_given_at_the_end() -> None:
    pieces = Pieces()
    given(pieces, span("t", "b", "a"), span("u", "d", "c"))

    assert ids(list(pieces.rest())) == [["b"], ["d"]]


def test_oldest_is_given_when_there_is_no_room() -> None:
    pieces = Pieces(max_spans=3)

    evicted = given(pieces, *(span(f"t{number}", "b", "a") for number in range(10)))

    assert [trace.trace_id for trace in evicted] == [f"t{number}" for number in range(7)]
    assert len(list(pieces.rest())) == 3


def test_what_another_root_waits_for_still_takes_room() -> None:
    pieces = Pieces(max_spans=2)
    given(pieces, span("t", "y1", "y"), span("t", "x", "remote"))

    evicted = given(pieces, span("u", "b", "a"), span("v", "b", "a"))

    assert ids(evicted) == [["y1"]]


def test_cycle_of_parents_ends() -> None:
    pieces = Pieces()

    given(pieces, span("t", "b", "c"), span("t", "c", "b"), span("t", "a", "a"))
    root = list(pieces.add(span("t", "r", "b"), is_local_root=True))

    assert ids(root) == [["r"]]
    assert ids(list(pieces.rest())) == [["a", "b", "c"]]
