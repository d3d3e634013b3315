"""Test predictions against pages whose costs are known."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nplusone.tests.predict.foreseen import NS_IN_MS, collected, foreseen, only
from nplusone.tests.predict.shop_page import CAT, VISIT, Page
from nplusone.tests.traces import MS, Drawing
from otel_nplusone._core.model import SpanKind, Trace
from otel_nplusone._predict.collect import MOST_REQUESTS, MOST_ROUTES
from otel_nplusone.predict import Interval, Outlook, Repair

TRUTH = {
    Repair.ROWS: "as_rows_ms",
    Repair.JOIN: "as_entities_ms",
    Repair.SELECT_IN: "as_entities_ms",
    Repair.ONCE: "once_ms",
}
PAGES = st.builds(
    Page,
    repeats=st.integers(40, 200),
    keys=st.integers(10, 39),
    trip_ms=st.floats(0.05, 20),
    gap_ms=st.floats(0.05, 0.9),
    row_ms=st.floats(0.001, 0.05),
    before_ms=st.floats(0.5, 50),
    after_ms=st.floats(0.5, 50),
)


def requests(page: Page, count: int = 20) -> list[Trace]:
    """Draw requests one after another, as a visitor sends them."""
    pause = page.duration_ms + 10
    return [page.draw(n + 1, at_ms=n * pause) for n in range(count)]


@pytest.mark.parametrize("repair", Repair)
@settings(max_examples=30)
@given(page=PAGES)
def test_what_a_mended_page_takes_is_in_the_interval(repair: Repair, page: Page) -> None:
    said = only(foreseen(requests(page, 4)), repair)

    truth_ms = getattr(page, TRUTH[repair])
    assert truth_ms * NS_IN_MS in said.p50_ns
    assert truth_ms * NS_IN_MS in said.p95_ns
    assert page.duration_ms / truth_ms in said.capacity


@settings(max_examples=30)
@given(page=PAGES)
def test_repairs_are_told_apart_and_intervals_are_in_order(page: Page) -> None:
    outlook = foreseen(requests(page, 2))

    for one in outlook.predictions:
        for interval in (one.statements, one.p50_ns, one.p95_ns, one.capacity):
            assert interval.low <= interval.mid <= interval.high
        assert one.p50_ns.high <= outlook.before.p50_ns.high
    entities, rows = (only(outlook, repair) for repair in (Repair.SELECT_IN, Repair.ROWS))
    assert rows.p50_ns.mid <= entities.p50_ns.mid


def test_statements_before_and_after_are_exact() -> None:
    outlook = foreseen(requests(Page(repeats=1_200, keys=600), 2))

    sent = {one.repair: one.statements for one in outlook.predictions}
    assert outlook.before.statements == Interval(1_202, 1_202, 1_202)
    assert sent[Repair.SELECT_IN] == Interval(3, 4, 4)
    assert sent[Repair.JOIN] == Interval(1, 2, 2)
    assert sent[Repair.ONCE] == Interval(602, 602, 602)


def test_what_a_row_costs_is_read_from_the_gap_after_the_query_before() -> None:
    cheap, dear = Page(row_ms=0.001), Page(row_ms=0.1)

    short, long = (only(foreseen(requests(page)), Repair.JOIN) for page in (cheap, dear))

    # A hundred cats, and the hundred visits that are made either way.
    expected = 200 * (0.1 - 0.001) * NS_IN_MS
    assert long.p50_ns.mid - short.p50_ns.mid == pytest.approx(expected, rel=0.01)


def test_a_slow_network_is_not_kept_and_slow_code_is() -> None:
    network, code = Page(trip_ms=20), Page(gap_ms=20)

    far, busy = (only(foreseen(requests(page)), Repair.ROWS) for page in (network, code))

    assert far.p50_ns.high < 100 * MS  # of 2 s
    assert busy.p50_ns.low < 100 * MS < 1_500 * MS < busy.p50_ns.high  # not known, and told so


def test_two_scans_of_many_requests_say_the_same_from_a_sample_of_fixed_size() -> None:
    few = Page(repeats=6, keys=6)
    traces = [
        replace(few, after_ms=float(n % 50)).draw(n + 1, at_ms=n * 100)
        for n in range(3 * MOST_REQUESTS)
    ]

    first, second = foreseen(traces), foreseen(iter(traces))

    assert first == second
    assert (first.requests, first.sampled) == (3 * MOST_REQUESTS, MOST_REQUESTS)
    middle = replace(few, after_ms=25).duration_ms * NS_IN_MS
    assert first.before.p50_ns.mid == pytest.approx(middle, rel=0.2)


def test_routes_past_a_fixed_number_are_counted_and_not_held() -> None:
    traces = []
    for number in range(MOST_ROUTES + 3):
        drawing = Drawing(trace_id=f"{number + 1:032x}")
        drawing.many(drawing.server(f"/page{number}"), [CAT] * 6)
        traces.append(drawing.trace())

    collector = collected(traces)

    assert len(collector.outlooks()) == MOST_ROUTES
    assert collector.left_out == 3


def test_requests_of_the_route_that_do_not_loop_count_as_they_are() -> None:
    page = Page()
    empty = Drawing(trace_id="f" * 32, start=10**18)
    request = empty.server("/stories", ms=3)
    empty.sql(request, VISIT)

    outlook = foreseen([*requests(page, 1), empty.trace()])

    assert outlook.requests == 2
    assert outlook.before.p50_ns.mid == 3 * MS
    assert only(outlook, Repair.ROWS).p50_ns.mid == 3 * MS


def overlapping() -> Outlook:
    drawing = Drawing()
    request = drawing.server("/stories", ms=50)
    start = drawing.spans[0].start_time_unix_nano
    for number in range(10):
        drawing.sql(request, CAT, start=start + number, ms=40, nplusone__values_hash=f"{number}")
    return foreseen([drawing.trace()])


def test_repeats_at_the_same_time_may_bring_nothing() -> None:
    outlook = overlapping()

    assert only(outlook, Repair.ROWS).p50_ns.high == 50 * MS
    assert any("at the same time" in note for note in outlook.notes)


def test_a_folded_span_stands_for_its_repeats() -> None:
    drawing = Drawing()
    request = drawing.server("/stories", ms=100)
    drawing.sql(request, VISIT, ms=1)
    drawing.sql(request, CAT, ms=90, composite__count=30, composite__sum=60.0)

    outlook = foreseen([drawing.trace()])

    said = only(outlook, Repair.ROWS)
    assert outlook.before.statements == Interval(31, 31, 31)
    assert said.p50_ns.low < 10 * MS
    assert said.statements == Interval(1, 1, 2)


def test_a_loop_that_calls_a_service_is_one_call_at_best_and_its_work_at_worst() -> None:
    drawing = Drawing(service="gateway")
    request = drawing.server("/orders", ms=310)
    for number in range(30):
        attributes = {"http.request.method": "GET", "url.full": f"http://users:80/users/{number}"}
        drawing.span(request, name="GET", kind=SpanKind.CLIENT, attributes=attributes, ms=10)

    said = foreseen([drawing.trace()]).predictions

    assert [one.repair for one in said] == [Repair.ROWS]
    assert said[0].statements == Interval(1, 1, 1)
    assert 10 * MS < said[0].p50_ns.low < 20 * MS
    assert said[0].p50_ns.high == 310 * MS


def test_waiting_is_told_and_the_low_end_is_without_it() -> None:
    page = Page()
    step = page.duration_ms / 8
    together = [page.draw(n + 1, at_ms=n * step) for n in range(80)]

    busy, quiet = foreseen(together), foreseen(requests(page, 80))

    assert busy.in_flight == pytest.approx(7.35, rel=0.05)
    assert any("7.4 requests were running at a time" in note for note in busy.notes)
    assert only(busy, Repair.ROWS).p50_ns.low * 7 < only(quiet, Repair.ROWS).p50_ns.low
    assert only(busy, Repair.ROWS).p50_ns.high == only(quiet, Repair.ROWS).p50_ns.high
    assert not any("waiting" in note for note in quiet.notes)


def nested_and_writes(text: str) -> list[Trace]:
    drawing = Drawing()
    drawing.many(drawing.server("/stories"), [text] * 10)
    return [drawing.trace()]


def test_writes_and_the_same_values_again_are_not_predicted() -> None:
    writes = collected(nested_and_writes("INSERT INTO visit (id) VALUES (?)"))
    same = collected(nested_and_writes("SELECT a FROM cat WHERE id = 7"))

    assert writes.outlooks() == ()
    assert same.outlooks() == ()


def test_a_pattern_is_mended_by_a_statement_for_each_of_its_members() -> None:
    drawing = Drawing()
    drawing.many(drawing.server("/stories"), [CAT, "SELECT o FROM owner WHERE id = ?"] * 10)

    said = only(foreseen([drawing.trace()]), Repair.SELECT_IN)

    assert said.statements == Interval(2, 2, 2)
