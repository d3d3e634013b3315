"""Read a backend that loads whole traces: no question is too large, and nothing is missed."""

from collections import Counter
from itertools import count

import pytest

from nplusone.tests.read.badger import MINUTE, NOW, SECOND, SERVICE, Badger, Drawn, load, serving
from otel_nplusone._core.model import Span
from otel_nplusone._read.jaeger_api import JaegerApi, Window
from otel_nplusone._read.search import Search, read_backend
from otel_nplusone._read.skipped import Skipped
from otel_nplusone._read.windows import MOST_SPANS, Limit, Reading
from otel_nplusone.cli import main
from otel_nplusone.errors import BackendError

UNAVAILABLE = (503, "text/plain", "out of memory")


def incident_and_fix() -> list[Drawn]:
    """Draw the default load: eight requests of 500 spans at a time, small ones after the fix."""
    naive = load(5 * MINUTE, 100, per_second=3.4, size=500, lasts_s=2.4)
    return naive + load(3 * MINUTE, 100, per_second=30, size=4, lasts_s=0.015, first=len(naive))


def scanned(url: str, search: Search) -> tuple[list[Span], list[str]]:
    warnings = Skipped()
    spans = list(read_backend(url, search, warnings))
    return spans, warnings.lines()


def test_no_question_about_dense_traces_loads_more_than_the_bound() -> None:
    with serving(Badger(incident_and_fix())) as badger:
        spans, told = scanned(badger.url, Search(since_s=400, most_spans=40_000))

    sizes = Counter(span.trace_id for span in spans)
    assert max(badger.loaded) <= MOST_SPANS
    assert sum(badger.loaded) < 40_000 + MOST_SPANS
    assert {4, 500} == set(sizes.values())
    assert "of the time, the window " in told[0]
    assert "--max-spans 40,000" in told[0]


def test_traces_past_the_bound_are_loaded_one_at_a_time() -> None:
    huge = load(10 * MINUTE, 540, per_second=0.1, size=11_000, lasts_s=30)

    with serving(Badger(huge)) as badger:
        spans, told = scanned(badger.url, Search(since_s=600, most_spans=26_000))

    assert max(badger.loaded) == 11_000
    assert len({span.trace_id for span in spans}) >= 2
    assert "not read, or not whole: " in told[0]


def test_sparse_traces_are_read_in_few_questions() -> None:
    hourly = [Drawn(0, NOW - 40 * MINUTE, 500, SECOND)]

    with serving(Badger(hourly)) as badger:
        spans, told = scanned(badger.url, Search(since_s=3600))

    assert len(spans) == 500
    assert told == []
    assert len(badger.loaded) < 40


@pytest.mark.parametrize("has_summaries", [True, False], ids=["summaries", "full traces"])
def test_a_whole_reading_counts_every_trace_once(has_summaries: bool) -> None:
    # Fifty at a time, each of which stands in several windows.
    crowd = load(2 * MINUTE, 10, per_second=10, size=100, lasts_s=5)
    window = Window(SERVICE, NOW - 3 * MINUTE, NOW)

    with serving(Badger(crowd, has_summaries)) as badger:
        found = list(Reading(JaegerApi(badger.url).sizes, [window], whole=True).read())

    assert Counter(one.trace_id for one in found) == Counter(one.trace_id for one in crowd)
    assert {one.spans_of[SERVICE] for one in found} == {100}
    assert sum(badger.loaded) > 100 * len(crowd)
    assert max(badger.loaded) <= MOST_SPANS


def test_traces_that_overlap_past_the_bound_are_counted_all_the_same() -> None:
    crowd = load(2 * MINUTE, 10, per_second=3, size=1_000, lasts_s=20)
    window = Window(SERVICE, NOW - 3 * MINUTE, NOW)

    with serving(Badger(crowd)) as badger:
        found = list(Reading(JaegerApi(badger.url).sizes, [window], whole=True).read())

    assert Counter(one.trace_id for one in found) == Counter(one.trace_id for one in crowd)


@pytest.mark.parametrize("failure", [UNAVAILABLE, None], ids=["503", "hung up"])
def test_a_question_that_fails_is_asked_again_for_less(
    failure: tuple[int, str, str] | None,
) -> None:
    traces = load(2 * MINUTE, 60, per_second=3, size=50, lasts_s=0.2)
    window = Window(SERVICE, NOW - 3 * MINUTE, NOW)
    pauses: list[float] = []

    with serving(Badger(traces, bears=400, failure=failure)) as badger:
        reading = Reading(JaegerApi(badger.url).traces, [window], pause=pauses.append)
        found = list(reading.read())

    assert {one.trace_id for one in found} == {one.trace_id for one in traces}
    assert reading.unread(SERVICE) == []
    assert reading.retried == len(pauses) > 0


def test_questions_that_failed_are_told() -> None:
    traces = load(2 * MINUTE, 60, per_second=3, size=50, lasts_s=0.2)

    with serving(Badger(traces, bears=400, failure=UNAVAILABLE)) as badger:
        _, told = scanned(badger.url, Search(since_s=300))

    assert "were asked again for less: is it short of memory?" in told[0]


def test_a_backend_that_dies_is_said_to_have_gone_away() -> None:
    traces = load(2 * MINUTE, 60, per_second=3, size=50, lasts_s=0.2)
    window = Window(SERVICE, NOW - 3 * MINUTE, NOW)

    with serving(Badger(traces, bears=0)) as badger:
        api = JaegerApi(badger.url)
        reading = Reading(api.traces, [window], place=badger.url, pause=lambda _: None)
        with pytest.raises(BackendError, match=r"went away while the window .* of clinic was read"):
            list(reading.read())


def test_a_window_that_is_never_answered_is_told_and_the_others_are_read() -> None:
    traces = [
        *load(2 * MINUTE, 30, per_second=1, size=20, lasts_s=0.2),
        Drawn(900, NOW - 9 * MINUTE, 5_000, SECOND),
    ]
    window = Window(SERVICE, NOW - 10 * MINUTE, NOW)

    with serving(Badger(traces, bears=4_000, failure=UNAVAILABLE)) as badger:
        reading = Reading(JaegerApi(badger.url).traces, [window], pause=lambda _: None)
        found = list(reading.read())

    (unread,) = reading.unread(SERVICE)
    assert {one.trace_id for one in found} == {one.trace_id for one in traces[:-1]}
    assert unread.start_ns <= traces[-1].start_ns <= unread.end_ns


def test_a_whole_reading_of_a_window_that_is_never_answered_is_an_error() -> None:
    traces = [Drawn(0, NOW - 2 * MINUTE, 500, SECOND)]
    window = Window(SERVICE, NOW - 3 * MINUTE, NOW)

    with serving(Badger(traces, bears=100, failure=UNAVAILABLE)) as badger:
        ask = JaegerApi(badger.url).traces
        with pytest.raises(BackendError, match="answered 503"):
            list(Reading(ask, [window], whole=True, pause=lambda _: None).read())


def test_more_traces_at_a_time_than_a_backend_bears_are_told() -> None:
    crowd = load(2 * MINUTE, 2, per_second=20, size=50, lasts_s=20)
    window = Window(SERVICE, NOW - 3 * MINUTE, NOW)

    with serving(Badger(crowd, bears=1_000, failure=UNAVAILABLE)) as badger:
        reading = Reading(JaegerApi(badger.url).sizes, [window], pause=lambda _: None)
        found = list(reading.read())

    assert 0 < len(found) < len(crowd)
    assert reading.unread(SERVICE)


def test_more_traces_at_a_time_than_a_backend_bears_cannot_be_read_whole() -> None:
    crowd = load(2 * MINUTE, 2, per_second=20, size=50, lasts_s=20)
    window = Window(SERVICE, NOW - 3 * MINUTE, NOW)

    with serving(Badger(crowd, bears=1_000, failure=UNAVAILABLE)) as badger:
        ask = JaegerApi(badger.url).sizes
        with pytest.raises(BackendError, match="holds more than it can give"):
            list(Reading(ask, [window], whole=True, pause=lambda _: None).read())


def test_reading_ends_with_the_time_it_may_take() -> None:
    traces = load(10 * MINUTE, 500, per_second=1, size=10, lasts_s=0.2)
    window = Window(SERVICE, NOW - 10 * MINUTE, NOW)
    seconds = count()

    with serving(Badger(traces)) as badger:
        ask = JaegerApi(badger.url).traces
        reading = Reading(ask, [window], clock=lambda: float(next(seconds)))
        found = list(reading.read(Limit(seconds=10)))

    assert len(badger.loaded) == 9
    assert 0 < len(found) < len(traces)
    assert len(reading.unread(SERVICE)) == 12


@pytest.mark.parametrize("most", [1, 5, 70])
def test_no_more_traces_are_read_than_are_wanted(most: int) -> None:
    traces = load(10 * MINUTE, 500, per_second=2, size=4, lasts_s=0.1)

    with serving(Badger(traces)) as badger:
        spans, told = scanned(badger.url, Search(since_s=700, most_traces=most))

    assert len({span.trace_id for span in spans}) == most
    assert f"--max-traces {most}," in told[0]


@pytest.mark.parametrize("report", ["text", "json", "markdown", "sarif"])
def test_every_report_says_what_was_not_read(
    report: str, capsys: pytest.CaptureFixture[str]
) -> None:
    traces = load(10 * MINUTE, 500, per_second=2, size=10, lasts_s=0.1)

    with serving(Badger(traces)) as badger:
        code = main(["scan", badger.url, "--max-traces", "20", "--format", report, "--quiet"])

    assert code == 1
    told = " ".join(capsys.readouterr().out.split())
    assert "of the time, the window" in told


def test_a_comparison_says_what_was_not_read(capsys: pytest.CaptureFixture[str]) -> None:
    traces = load(10 * MINUTE, 500, per_second=2, size=10, lasts_s=0.1)

    with serving(Badger(traces)) as badger:
        main(["diff", badger.url, badger.url, "--max-traces", "20", "--format", "json"])

    captured = capsys.readouterr()
    assert captured.out.count("of the time, the window") == 2
    assert captured.err.count("of the time, the window") == 2
