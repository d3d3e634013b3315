"""Test where bursts begin, and when pauses are those of a timer."""

from itertools import accumulate

import pytest

from nplusone.tests.traces import MS, Drawing
from otel_nplusone._core.bursts import burst_starts
from otel_nplusone._core.detect import find_n_plus_one
from otel_nplusone._core.model import Span

CAT = "SELECT name FROM cat WHERE id = ?"


def running(ms: int, pauses: list[int]) -> list[Span]:
    """Draw statements that run so long, with these pauses between them."""
    drawing = Drawing()
    for start in accumulate((ms + pause for pause in pauses), initial=0):
        drawing.sql("", CAT, ms=ms, start=start * MS)
    return drawing.spans


def starts_ms(spans: list[Span]) -> list[int]:
    return [start // MS for start in burst_starts(spans)]


def test_nothing_has_no_burst() -> None:
    assert burst_starts([]) == []


def test_two_seconds_part_two_bursts_and_a_millisecond_less_does_not() -> None:
    assert starts_ms(running(1, [2_000])) == [2_001]
    assert starts_ms(running(1, [1_999])) == []


@pytest.mark.parametrize(
    ("ms", "pauses", "ticks"),
    [
        (1, [200] * 4, True),
        (1, [199] * 4, False),
        (1, [200] * 3, False),
        (10, [200] * 4, True),
        (11, [200] * 4, False),
        (20, [380] * 4, True),
        (1, [200, 200, 200, 220], True),
        (1, [200, 200, 200, 221], False),
        (1, [200, 200, 200, 400], False),
        (1, [200] * 9 + [400], True),
        (1, [200] * 8 + [400] * 2, False),
        (100, [500] * 4, True),
        (126, [500] * 4, False),
        (1, [500, 500, 500, 675], True),
        (1, [500, 500, 500, 676], False),
    ],
)
def test_a_timer_ticks_at_even_pauses_that_are_most_of_the_time(
    ms: int, pauses: list[int], ticks: bool
) -> None:
    found = starts_ms(running(ms, pauses))

    assert found == (list(accumulate(ms + pause for pause in pauses)) if ticks else [])


def test_what_repeats_in_full_bursts_alone_counts() -> None:
    drawing = Drawing()
    request = drawing.server()
    for burst, times in enumerate((5, 4, 6)):
        for number in range(times):
            drawing.sql(request, CAT, start=(burst * 3_000 + number) * MS)

    (finding,) = find_n_plus_one(drawing.trace())

    assert finding.what.repeats == 5 + 6
