from collections.abc import Callable
from typing import Any

import pytest

from incident.errors import IncidentError
from incident.replay.load import Request
from incident.replay.measure import (
    Observed,
    Phase,
    SpanCounts,
    Spread,
    Window,
    disagreements,
    expected_of,
    measure,
    percentile,
    ratios,
    recovery_s,
    requests_of,
    sample,
)
from incident.replay.probe import HealthCheck

SECOND_NS = 1_000_000_000
WINDOW = Window(10 * SECOND_NS, 20 * SECOND_NS)
Make = Callable[..., Request]


def observed(requests: list[Request], **other: Any) -> Observed:
    values: dict[str, Any] = {
        "name": "launch",
        "strategy": "naive",
        "window": WINDOW,
        "requests": requests,
        "health_checks": [HealthCheck(11 * SECOND_NS, 40), HealthCheck(12 * SECOND_NS, 90)],
        "service_cpu_percent_of_core": 101.26,
        "machine_cpu_percent": 60.04,
        "stored_spans": {str(one.trace_id): one.spans for one in requests if one.strategy},
        "db_spans": {str(one.trace_id): one.statements for one in requests if one.strategy},
        "dropped_spans": 0,
    }
    return Observed(**(values | other))


@pytest.mark.parametrize(
    ("percent", "expected"), [(0, 1), (50, 5), (51, 6), (95, 10), (99, 10), (100, 10)]
)
def test_a_percentile_is_the_value_at_the_nearest_rank(percent: float, expected: float) -> None:
    values = [10, 1, 9, 2, 8, 3, 7, 4, 6, 5]

    assert percentile(values, percent) == expected


def test_a_request_belongs_to_a_phase_when_it_began_and_ended_in_it(story: Make) -> None:
    inside = story(at_s=12, ms=100)
    begun_before = story(at_s=9.95, ms=100)
    ended_after = story(at_s=19.95, ms=100)

    kept = requests_of([begun_before, inside, ended_after], window=WINDOW, strategy="naive")

    assert kept == [inside]


def test_a_page_by_another_strategy_belongs_to_another_phase(story: Make) -> None:
    kept = requests_of([story(at_s=12, strategy="core")], window=WINDOW, strategy="naive")

    assert kept == []


def test_veterinarians_count_as_requests_and_not_in_the_figures_of_the_page(story: Make) -> None:
    veterinarians = story(at_s=13, ms=1, name="/veterinarians", strategy=None, statements=2)

    phase = measure(observed([story(at_s=12, ms=100), veterinarians]))

    assert phase.requests == 2
    assert phase.requests_per_second == 0.2
    assert phase.latency_ms.p50 == 100
    assert phase.statements_per_request == Spread(500, 500)
    assert phase.sql_per_minute == 502 / 10 * 60


def test_a_request_without_an_answer_is_a_failure_and_no_latency(story: Make) -> None:
    refused = story(
        at_s=13, ms=0.2, failure="refused", status=0, strategy=None, statements=None, spans=None
    )

    phase = measure(observed([story(at_s=12, ms=100), refused]))

    assert phase.failures == 1
    assert phase.latency_ms.p50 == 100


def test_only_health_checks_within_the_phase_count(story: Make) -> None:
    checks = [
        HealthCheck(11 * SECOND_NS, 40),
        HealthCheck(9 * SECOND_NS, 1_500),
        HealthCheck(19 * SECOND_NS, 1_500),
    ]

    phase = measure(observed([story(at_s=12)], health_checks=checks))

    assert phase.healthz_ms == Spread(40, 40)


def test_a_health_check_without_an_answer_counts_with_its_wait(story: Make) -> None:
    phase = measure(observed([story(at_s=12)], health_checks=[], health_waiting_ms=[2_900, 400]))

    assert phase.healthz_ms == Spread(400, 2_900)


def test_spans_are_counted_on_both_ends(story: Make) -> None:
    requests = [story(at_s=12), story(at_s=13)]

    phase = measure(observed(requests, stored_spans={"12": 502, "13": 499}, dropped_spans=3))

    assert phase.spans == SpanCounts(created=1004, stored=1001, dropped=3)


def test_the_slowest_trace_is_the_one_that_took_the_service_longest(story: Make) -> None:
    queued = story(at_s=12, ms=5_000, server_ms=100, trace_id="queued")
    slow = story(at_s=13, ms=900, server_ms=890, trace_id="slow")

    phase = measure(observed([queued, slow]))

    assert phase.slowest_trace_id == "slow"


def test_a_phase_without_a_page_says_what_to_change() -> None:
    with pytest.raises(IncidentError, match=r"no page of Success Stories .* --before-seconds"):
        measure(observed([]))


def test_traces_that_the_two_ends_count_differently_are_found(story: Make) -> None:
    requests = [story(at_s=12), story(at_s=13)]

    assert disagreements(observed(requests)) == 0
    assert disagreements(observed(requests, db_spans={"12": 500, "13": 501})) == 1


def test_a_sample_is_spread_over_all_traces() -> None:
    traces = [str(number) for number in range(10)]

    assert sample(traces, 20) == traces
    assert sample(traces, 5) == ["0", "2", "4", "6", "8"]


def test_ratios_are_before_divided_by_after(phase: Callable[..., Phase], core: Phase) -> None:
    computed = ratios(phase(), core)

    assert computed["statements_per_request"] == 500
    assert computed["requests_per_second"] == 0.08


def test_a_ratio_to_nothing_is_none(phase: Callable[..., Phase]) -> None:
    computed = ratios(phase(), phase(sql_per_minute=0))

    assert computed["sql_per_minute"] is None


def test_a_visitor_who_has_no_answer_counts_with_the_time_they_have_waited(story: Make) -> None:
    figures = measure(observed([story(at_s=12, ms=100)], waiting_ms=(4000, 5000)))

    assert (figures.latency_ms.p50, figures.latency_ms.p99) == (4000, 5000)
    assert figures.sent_latency_ms.p99 == 100


def test_a_visitors_time_counts_from_when_they_came(story: Make) -> None:
    request = story(at_s=14, ms=100, intended_time_unix_nano=12 * SECOND_NS)

    figures = measure(observed([request]))

    assert figures.latency_ms.p50 == 2100
    assert figures.sent_latency_ms.p50 == 100


def test_who_came_before_the_phase_does_not_belong_to_it(story: Make) -> None:
    late = story(at_s=12, ms=100, intended_time_unix_nano=9 * SECOND_NS)

    assert requests_of([late], window=WINDOW, strategy="naive") == []


def test_each_clinic_counts_once_in_the_statements_per_request(story: Make) -> None:
    requests = [story(at_s=11 + n / 10, clinic="A", statements=500) for n in range(5)]
    requests += [story(at_s=13, clinic=name, statements=n) for name, n in (("B", 510), ("C", 520))]

    figures = measure(observed(requests))

    assert figures.statements_per_request.p50 == 510
    assert figures.statements_by_clinic == {"A": 500, "B": 510, "C": 520}


def test_a_page_recovers_when_p95_holds_for_three_seconds(story: Make) -> None:
    slow = [story(at_s=n / 10, ms=900, strategy="core") for n in range(20)]
    quick = [story(at_s=2 + n / 10, ms=10, strategy="core") for n in range(60)]

    found = recovery_s([*slow, *quick], strategy="core", since_ns=0, limit_ms=100)

    assert found == pytest.approx(2.81, abs=0.2)  # the last slow answer came at 2.8 s
    assert recovery_s(slow, strategy="core", since_ns=0, limit_ms=100) is None


def test_pages_by_the_old_strategy_are_no_recovery(story: Make) -> None:
    old = [story(at_s=n / 10, ms=10) for n in range(60)]

    assert recovery_s(old, strategy="core", since_ns=0, limit_ms=100) is None


def test_statements_are_of_those_whom_the_seed_lets_come_whenever_they_are_answered(
    story: Make,
) -> None:
    early = story(at_s=11, clinic="A", load=3, offset_s=0.4, statements=40)
    late = story(at_s=11.1, ms=60_000, clinic="B", load=3, offset_s=0.5, statements=50)
    beyond = story(at_s=12, clinic="C", load=3, offset_s=9.5, statements=60)
    other = story(at_s=11, clinic="D", load=4, offset_s=0.1, statements=70)

    expected = expected_of(
        [early, late, beyond, other], load=3, strategy=early.strategy or "", within_s=9
    )

    assert expected == [early, late]
    figures = measure(observed([early, beyond], expected=expected))
    assert figures.statements_by_clinic == {"A": 40, "B": 50}


def test_what_a_visitor_waited_is_told_apart_from_what_the_trace_shows(story: Make) -> None:
    requests = [
        story(at_s=11, ms=900, server_ms=300.0, trace_id="quick"),
        story(at_s=12, ms=1000, server_ms=400.0, trace_id="slow"),
        # The longest for its visitor, and not in the service.
        story(at_s=13, ms=5000, server_ms=200.0, trace_id="queued"),
    ]

    figures = measure(observed(requests))

    assert (figures.service_ms.p50, figures.service_ms.p95) == (300, 400)
    assert (figures.waited_ms.p50, figures.waited_ms.max) == (600, 4800)
    assert figures.slowest_trace_id == "slow"
    assert (figures.slowest_service_ms, figures.slowest_waited_ms) == (400, 600)
