import os
from collections.abc import Callable
from typing import Any

import pytest

from incident.replay.measure import Phase, SpanCounts, Spread
from incident.replay.table import LABEL, change, meaning, milliseconds, slowest, status, table
from incident.story.events import Cost, Sample

TOTALS = SpanCounts(44_000, 44_000, 0)
COSTS = [
    Cost(at_s=80.0, strategy=strategy, with_ms=with_ms, without_ms=without_ms, pages=12)
    for strategy, with_ms, without_ms in (("naive", 180.0, 72.0), ("core", 4.2, 3.0))
]


def test_the_table_fits_into_80_columns(phase: Callable[..., Phase], core: Phase) -> None:
    lines = table(phase(sql_per_minute=123_456_789), core, totals=TOTALS).splitlines()

    assert max(map(len, lines)) <= 80


def test_a_row_holds_both_phases_and_the_change(phase: Callable[..., Phase], core: Phase) -> None:
    rows = table(phase(), core, totals=TOTALS).splitlines()

    assert [row.split()[-5:] for row in rows if row.startswith("SQL statements per request")] == [
        ["request", "500", "1", "500x", "less"]
    ]


def rows_of(before: Phase, after: Phase, totals: SpanCounts = TOTALS) -> dict[str, list[str]]:
    """Return the columns of each row by its label."""
    lines = table(before, after, totals=totals).splitlines()
    return {line[:LABEL].strip(): line[LABEL:].split() for line in lines}


def test_waiting_before_the_span_is_a_row_next_to_the_time_in_the_span(
    phase: Callable[..., Phase], core: Phase
) -> None:
    rows = rows_of(phase(), core)

    assert rows["waiting, before its span"][:2] == ["7.50", "s"]
    assert rows["in the service, its span"][:2] == ["3.50", "s"]


def test_spans_are_one_row_unless_some_are_lost(phase: Callable[..., Phase], core: Phase) -> None:
    kept = rows_of(phase(), core)
    lost = rows_of(phase(), core, SpanCounts(44_000, 43_999, 1))

    assert kept["spans, all of them stored"] == ["42,000", "1,800", "44,000"]
    assert not [label for label in kept if label.startswith(("spans created", "spans stored"))]
    assert lost["spans stored"] == ["42,000", "1,800", "43,999"]
    assert lost["spans dropped"] == ["0", "0", "1"]


def test_the_same_page_with_telemetry_off_is_a_row_where_it_was_measured(
    phase: Callable[..., Phase], core: Phase
) -> None:
    measured = table(phase(), core, totals=TOTALS, costs=COSTS).splitlines()
    [row] = [line.split() for line in measured if line.strip().startswith("with telemetry off")]

    assert row[3:7] == ["72", "ms", "3.0", "ms"]
    assert "with telemetry off" not in rows_of(phase(), core)
    assert "with telemetry off" not in table(phase(), core, totals=TOTALS, costs=COSTS[:1])


def test_the_share_of_telemetry_in_a_page_is_said_where_it_was_measured(
    phase: Callable[..., Phase], core: Phase
) -> None:
    said = " ".join(meaning(phase(), core, users=30, costs=COSTS).split())

    assert "of the 180 ms of CPU that a page takes under naive, 60 % are telemetry" in said
    assert "telemetry" not in meaning(phase(), core, users=30)


def test_db_spans_have_a_row_only_where_they_are_not_the_statements(
    phase: Callable[..., Phase], core: Phase
) -> None:
    other = phase(db_spans_per_trace=Spread(480, 560))

    assert "DB spans per trace" not in rows_of(phase(), core)
    assert rows_of(other, core)["DB spans per trace"][0] == "480"


@pytest.mark.parametrize(("requests", "shown"), [(199, False), (200, True)])
def test_a_p99_is_of_200_requests_or_more(
    phase: Callable[..., Phase], core: Phase, requests: int, shown: bool
) -> None:
    assert ("Success Stories p99" in rows_of(phase(requests=requests), core)) == shown


def test_cpu_says_of_what_it_is(phase: Callable[..., Phase], core: Phase) -> None:
    rows = rows_of(phase(), core)

    assert rows["CPU of the service, one core"][0] == "101"
    assert rows[f"CPU of all {os.cpu_count()} cores"][0] == "61"


def sample(**other: float | None) -> Sample:
    """Make a sample of naive under load."""
    values: dict[str, Any] = {
        "at_s": 1.0,
        "phase": "launch",
        "requests_per_second": 3.8,
        "p50_ms": 7_630.0,
        "p95_ms": 8_000.0,
        "healthz_ms": 7_000.0,
        "statements_per_request": 501,
        "sql_per_minute": 100_260,
        "service_cpu_percent_of_core": 90.0,
        "machine_cpu_percent": 60.0,
        "waiting": 28,
        "gave_up": 0,
        "failures": 0,
    }
    return Sample(**(values | other))


def test_the_live_line_begins_with_those_who_wait(phase: Callable[..., Phase]) -> None:
    said = status("naive", [sample(p50_ms=None)], users=30, answered=False)

    assert said == ("naive: 28 of 30 visitors wait for their first page",)


def test_the_live_line_has_the_rates_of_the_last_five_seconds() -> None:
    samples = [sample(service_cpu_percent_of_core=percent) for percent in (110.0, 70.0)]

    assert status("naive", samples, users=30, answered=True) == (
        "naive: 28 of 30 visitors wait; last 5 s: p50 7.63 s",
        "100,260 SQL/min",
        "3.8 requests/s",
        "CPU 90 % of a core",
    )


def test_the_live_line_does_not_make_up_a_time_where_nobody_was_answered() -> None:
    first, *_ = status("naive", [sample(p50_ms=None)], users=30, answered=True)

    assert first.endswith("last 5 s: nobody answered")


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
    assert "A page took 11.0 s at the median." in said
    assert "7.50 s passed in waiting for a free thread, before the span begins" in said
    assert "and 3.50 s in the service" in said
    assert "8.00 s, and not one request failed" in said
    assert "a page takes 1 statement and 15 ms" in said


def test_the_meaning_does_not_hide_failures(phase: Callable[..., Phase], core: Phase) -> None:
    said = " ".join(meaning(phase(failures=7), core, users=30).split())

    assert "7 requests failed" in said
    assert "not one" not in said


def test_the_slowest_trace_is_told_with_the_wait_that_it_does_not_show(
    phase: Callable[..., Phase],
) -> None:
    assert slowest(phase()) == "4.00 s in the service, after 8.10 s of waiting"
