"""Test that traces are whole however their spans arrive, and however little memory there is."""

import random

import pytest

from nplusone.tests.traces import Drawing
from otel_nplusone._core.model import Span
from otel_nplusone._read import assemble
from otel_nplusone._read.assemble import Assembler


def spans_of(traces: int, spans: int) -> list[Span]:
    found = []
    for number in range(traces):
        drawing = Drawing(trace_id=f"{number:032x}")
        request = drawing.server()
        drawing.many(request, [f"SELECT {n} FROM cat" for n in range(spans - 1)])
        found += drawing.spans
    random.Random(3).shuffle(found)
    return found


@pytest.mark.parametrize("most_spans", [10, 777, 1_000_000])
def test_interleaved_traces_come_out_whole(most_spans: int) -> None:
    spans = spans_of(traces=100, spans=20)

    with Assembler(most_spans) as assembler:
        assembler.add(spans[:900])
        assembler.add(spans[900:])
        traces = {trace.trace_id: trace.spans for trace in assembler.traces()}

    assert len(traces) == 100
    assert {len(found) for found in traces.values()} == {20}
    assert sorted(span for found in traces.values() for span in found) == sorted(spans)
    assert assembler.spans_read == 2_000


def test_ten_thousand_traces_may_be_open_at_once() -> None:
    spans = spans_of(traces=10_000, spans=2)

    with Assembler(5_000) as assembler:
        assembler.add(spans)
        traces = list(assembler.traces())

    assert len(traces) == 10_000


def test_a_trace_that_is_too_large_is_cut_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assemble, "MOST_SPANS_OF_A_TRACE", 30)

    with Assembler(10) as assembler:
        assembler.add(spans_of(traces=1, spans=50))
        (trace,) = assembler.traces()

    assert len(trace.spans) == 30
    assert (assembler.spans_read, assembler.spans_left_out) == (50, 20)
