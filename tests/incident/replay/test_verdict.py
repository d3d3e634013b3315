from collections.abc import Callable

from incident.replay.measure import Phase, SpanCounts, Spread
from incident.replay.verdict import judge

MakePhase = Callable[..., Phase]
ALL_STORED = SpanCounts(44_000, 44_000, 0)


def test_the_incident_and_its_fix_exit_with_0(phase: MakePhase, core: Phase) -> None:
    verdict = judge(phase(), core, totals=ALL_STORED, disagreements=0)

    assert (verdict.exit_code, verdict.reasons, verdict.warnings) == (0, [], [])


def test_200_db_spans_are_an_incident_and_199_are_none(phase: MakePhase, core: Phase) -> None:
    enough = judge(
        phase(db_spans_per_trace=Spread(200, 300)), core, totals=ALL_STORED, disagreements=0
    )
    too_few = judge(
        phase(db_spans_per_trace=Spread(199, 300)), core, totals=ALL_STORED, disagreements=0
    )

    assert enough.exit_code == 0
    assert too_few.exit_code == 1
    assert "naive left 199 DB spans" in too_few.reasons[0]


def test_a_fix_that_still_asks_four_times_is_none(phase: MakePhase) -> None:
    verdict = judge(
        phase(), phase("core", db_spans_per_trace=Spread(4, 4)), totals=ALL_STORED, disagreements=0
    )

    assert "core left 4 DB spans" in verdict.reasons[0]


def test_a_lost_span_is_a_reason(phase: MakePhase, core: Phase) -> None:
    verdict = judge(phase(), core, totals=SpanCounts(44_000, 43_999, 0), disagreements=0)

    assert verdict.reasons == [
        "44,000 spans were created in the whole run, 43,999 stored and 0 dropped; "
        "all should have been stored."
    ]


def test_a_dropped_span_is_a_reason(phase: MakePhase, core: Phase) -> None:
    dropping = phase(spans=SpanCounts(42_000, 41_999, 1))

    verdict = judge(dropping, core, totals=ALL_STORED, disagreements=0)

    assert "under naive" in verdict.reasons[0]


def test_two_ends_that_disagree_are_a_reason(phase: MakePhase, core: Phase) -> None:
    verdict = judge(phase(), core, totals=ALL_STORED, disagreements=2)

    assert verdict.exit_code == 1


def test_an_idle_service_and_failures_are_warned_about_and_not_judged(
    phase: MakePhase, core: Phase
) -> None:
    verdict = judge(
        phase(service_cpu_percent_of_core=40, failures=3), core, totals=ALL_STORED, disagreements=0
    )

    assert verdict.exit_code == 0
    assert "40 % of a core" in verdict.warnings[0]
    assert verdict.warnings[1] == "3 of 84 requests failed under naive."
