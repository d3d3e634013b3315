"""Fold a request's spans into the rows of a waterfall."""

from incident.replay.diagnosis import fold
from otel_nplusone import Span, SpanKind

MS = 1_000_000


def span(number: int, name: str, start: int, end: int, parent: str = "root") -> Span:
    return Span(
        trace_id="a" * 32,
        span_id=f"{number}" if parent else "root",
        parent_span_id=parent,
        name=name,
        service="cat-clinic",
        kind=SpanKind.CLIENT if parent else SpanKind.SERVER,
        start_time_unix_nano=start * MS,
        end_time_unix_nano=end * MS,
        failed=False,
        attributes={},
    )


def test_equal_spans_that_follow_each_other_are_one_row() -> None:
    spans = [span(0, "GET /", 0, 100, parent="")]
    spans += [span(n, "SELECT cat", n * 2, n * 2 + 1) for n in range(1, 11)]
    spans += [span(20, "SELECT clinic", 50, 51), span(21, "SELECT clinic", 60, 61)]

    bars = fold(spans)

    assert [(one.name, one.count, one.depth, one.is_db) for one in bars] == [
        ("GET /", 1, 0, False),
        ("SELECT cat", 10, 1, True),
        ("SELECT clinic", 1, 1, True),
        ("SELECT clinic", 1, 1, True),
    ]
    assert (bars[1].start_ms, bars[1].duration_ms) == (2, 19)


def test_a_trace_that_has_lost_its_root_is_drawn() -> None:
    bars = fold([span(1, "SELECT cat", 5, 6), span(2, "SELECT cat", 7, 8)])

    assert [(one.depth, one.start_ms) for one in bars] == [(0, 0), (0, 2)]
