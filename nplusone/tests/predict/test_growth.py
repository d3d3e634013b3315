"""Test how a request grows with its rows, against lines that are known."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nplusone.tests.predict.foreseen import NS_IN_MS, foreseen, only
from nplusone.tests.predict.shop_page import Page
from otel_nplusone._core.model import Trace
from otel_nplusone._predict.growth import Growth, Line, fit
from otel_nplusone.predict import Interval, Repair

SIZES = (60, 80, 100, 120, 140)
MS = NS_IN_MS


def pages(page: Page, *, told_rows: bool = False) -> list[Trace]:
    """Draw requests of several sizes, one after another."""
    return [
        replace(page, repeats=size, keys=size).draw(
            number + 1, at_ms=number * 1_000, told_rows=told_rows
        )
        for number, size in enumerate(SIZES * 4)
    ]


@given(
    a=st.floats(-100, 100),
    b=st.floats(-10, 10),
    xs=st.lists(st.integers(0, 1_000), min_size=2, max_size=30, unique=True),
)
def test_a_line_is_found_again(a: float, b: float, xs: list[int]) -> None:
    line = fit([(x, a + b * x) for x in xs])

    assert line is not None
    assert line.slope.mid == pytest.approx(b, abs=1e-6)
    assert line.intercept == pytest.approx(a, abs=1e-3)
    assert line.residual == pytest.approx(0, abs=1e-6)


@given(slow=st.sets(st.integers(0, 39), max_size=8), by=st.floats(10, 10_000))
def test_a_fifth_of_slow_requests_leaves_the_slope_near(slow: set[int], by: float) -> None:
    points = [(float(x), 3.0 * x + (by if x in slow else 0)) for x in range(40)]

    line = fit(points)

    assert line is not None
    assert line.slope.mid == pytest.approx(3.0, abs=by * 0.002 + 1e-9) or 3.0 in line.slope


def test_one_size_tells_nothing_of_growth() -> None:
    outlook = foreseen([Page().draw(n + 1, at_ms=n * 1_000) for n in range(10)])

    assert fit([(5.0, 1.0), (5.0, 2.0)]) is None
    assert outlook.growth is None
    assert all(one.growth is None for one in outlook.predictions)
    assert "how the route grows is unknown: all requests have one size" in outlook.notes


def test_the_size_at_which_a_page_is_too_slow_is_found() -> None:
    page = Page()
    growth = foreseen(pages(page), limit_s=2.0).growth

    assert growth is not None and growth.rows_at_limit is not None
    truth = next(n for n in range(10_000) if replace(page, repeats=n).duration_ms > 2_000)
    assert (growth.counted, growth.smallest, growth.largest) == ("repeats", 60, 140)
    assert growth.rows_at_limit.ends == pytest.approx((truth,) * 3, abs=1)
    assert growth.duration_ns(25_000).mid == pytest.approx(
        replace(page, repeats=25_000).duration_ms * MS, rel=0.01
    )


def test_rows_that_the_query_before_tells_are_counted() -> None:
    growth = foreseen(pages(Page(), told_rows=True)).growth

    assert growth is not None
    assert growth.counted == "rows"
    assert growth.repeats.slope.mid == pytest.approx(1.0)
    assert growth.repeats.intercept == pytest.approx(0.0)


def test_a_mended_page_grows_by_what_a_row_costs() -> None:
    page = Page(row_ms=0.02)

    said = only(foreseen(pages(page)), Repair.SELECT_IN)

    assert said.growth is not None
    # Its visit and its cat.
    assert said.growth.duration.slope.mid == pytest.approx(0.04 * MS, rel=0.02)
    assert said.growth.duration_ns(25_000).mid == pytest.approx(
        replace(page, repeats=25_000, keys=25_000).as_entities_ms * MS, rel=0.1
    )


def test_statements_are_counted_for_another_size() -> None:
    said = only(foreseen(pages(Page())), Repair.SELECT_IN)
    (loop,) = said.loops

    assert said.statements == Interval(3, 3, 3)
    assert said.statements_at({loop.fingerprint: 10_986}) == Interval(3, 24, 24)


def bent(gain_ms: float, *, until: int = 1_000_000) -> list[Trace]:
    """Draw loops in which each gap is longer than the one before, up to a repeat."""
    traces = []
    for number, size in enumerate(SIZES * 4):
        drawing = replace(Page(), repeats=size, keys=size).drawn(number + 1, number * 10_000.0)
        later, spans = 0, []
        for at, span in enumerate(drawing.spans):
            later += round(gain_ms * MS * min(max(0, at - 3), until))
            shift = later if at else 0
            spans.append(
                span._replace(
                    start_time_unix_nano=span.start_time_unix_nano + shift,
                    end_time_unix_nano=span.end_time_unix_nano + shift,
                )
            )
        spans[0] = spans[0]._replace(end_time_unix_nano=spans[0].end_time_unix_nano + later)
        traces.append(Trace(drawing.trace_id, tuple(spans)))
    return traces


def test_a_loop_whose_gaps_grow_makes_the_page_grow_with_the_square() -> None:
    gain, size = 0.001, 5_000
    growth = foreseen(bent(gain)).growth

    truth_ms = replace(Page(), repeats=size).duration_ms + gain * size * size / 2
    assert growth is not None
    assert growth.bend_ns.mid == pytest.approx(gain * MS, rel=0.1)
    assert growth.duration_ns(size).mid == pytest.approx(truth_ms * MS, rel=0.1)


def test_gaps_that_are_longer_from_somewhere_on_are_no_bend() -> None:
    growth = foreseen(bent(0.005, until=15)).growth

    assert growth is not None
    assert growth.bend_ns == Interval(0, 0, 0)


def flat(slope: float) -> Growth:
    identity = Line(100.0, 100.0, Interval(1, 1, 1), 0.0)
    duration = Line(100.0, 50 * MS, Interval(slope, slope, slope), 0.0)
    return Growth("repeats", 50, 150, identity, duration, Interval(0, 0, 0), 1_000 * MS)


def test_a_page_that_does_not_grow_never_passes_the_limit() -> None:
    assert flat(0.0).rows_at_limit is None
    assert flat(0.1 * MS).rows_at_limit == Interval(9_601, 9_601, 9_601)


def test_an_end_that_is_not_known_is_infinite() -> None:
    growth = flat(1 * MS)
    line = replace(growth.duration, slope=Interval(0, MS, 2 * MS))

    found = replace(growth, duration=line).rows_at_limit

    assert found is not None
    assert (found.low, found.mid, found.high) == (576, 1_051, math.inf)
