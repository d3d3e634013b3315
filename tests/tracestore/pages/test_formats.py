import pytest

from tracestore.pages.formats import duration, moment, percent


@pytest.mark.parametrize(
    ("nano", "text"),
    [
        (0, "0.00 ns"),
        (850_000, "850 µs"),
        (999_999, "1.00 ms"),
        (19_240_000, "19.2 ms"),
        (1_900_000_000, "1.90 s"),
        (119_000_000_000, "119 s"),
        (3_725_000_000_000, "62 min 05 s"),
    ],
)
def test_durations_have_three_figures(nano: int, text: str) -> None:
    assert duration(nano) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.0, "0.0 %"), (0.0004, "< 0.1 %"), (0.0949, "9.5 %"), (0.83, "83 %"), (2.5, "250 %")],
)
def test_percentages_are_short(share: float, text: str) -> None:
    assert percent(share) == text


def test_a_moment_is_in_utc_with_milliseconds() -> None:
    assert moment(1_784_000_000_123_456_789) == "2026-07-14 03:33:20.123"


def test_a_moment_past_the_calendar_is_still_shown() -> None:
    assert moment(2**64 - 1) == "2554-07-21 23:34:33.709"
