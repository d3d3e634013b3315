from collections.abc import Callable

import pytest

from incident.replay.measure import Phase, SpanCounts
from incident.replay.table import change, meaning, milliseconds, table

TOTALS = SpanCounts(44_000, 44_000, 0)


def test_the_table_fits_into_80_columns(phase: Callable[..., Phase], core: Phase) -> None:
    lines = table(phase(sql_per_minute=123_456_789), core, totals=TOTALS).splitlines()

    assert max(map(len, lines)) <= 80


def test_a_row_holds_both_phases_and_the_change(phase: Callable[..., Phase], core: Phase) -> None:
    rows = table(phase(), core, totals=TOTALS).splitlines()

    assert [row.split()[-5:] for row in rows if row.startswith("SQL statements per request")] == [
        ["request", "500", "1", "500x", "less"]
    ]


def test_spans_of_both_phases_and_of_the_whole_run_are_shown(
    phase: Callable[..., Phase], core: Phase
) -> None:
    rows = table(phase(), core, totals=TOTALS).splitlines()

    assert [row.split()[2:] for row in rows if row.startswith("spans stored")] == [
        ["42,000", "1,800", "44,000"]
    ]


@pytest.mark.parametrize(
    ("value", "shown"),
    [(3.04, "3.0 ms"), (15.2, "15 ms"), (1_234, "1.23 s"), (11_240, "11.2 s")],
)
def test_a_time_is_written_in_the_unit_that_it_is_read_best_in(value: float, shown: str) -> None:
    assert milliseconds(value) == shown


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (500, 1, "500x less"),
        (2.4, 29.7, "12x more"),
        (2, 3, "1.5x more"),
        (100, 101, "the same"),
        (5, 0, ""),
    ],
)
def test_a_change_is_said_as_a_factor(before: float, after: float, said: str) -> None:
    assert change(before, after) == said


def test_the_meaning_names_what_an_alert_on_errors_would_have_missed(
    phase: Callable[..., Phase], core: Phase
) -> None:
    said = " ".join(meaning(phase(), core, users=30).split())

    assert "one page takes 500 SQL statements" in said
    assert "a page took 11.0 s, /healthz 8.00 s, and not one request failed" in said
    assert "a page takes 1 statement and 15 ms" in said


def test_the_meaning_does_not_hide_failures(phase: Callable[..., Phase], core: Phase) -> None:
    said = " ".join(meaning(phase(failures=7), core, users=30).split())

    assert "7 requests failed" in said
    assert "not one" not in said
