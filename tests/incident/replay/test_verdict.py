from collections.abc import Callable
from dataclasses import replace

import pytest

from incident.replay.measure import Phase, SpanCounts, Spread
from incident.replay.verdict import judge

MakePhase = Callable[..., Phase]
ALL_STORED = SpanCounts(44_000, 44_000, 0)


def test_the_incident_and_its_fix_exit_with_0(phase: MakePhase, core: Phase) -> None:
    verdict = judge(phase(), core, totals=ALL_STORED, disagreements=0)

    assert (verdict.exit_code, verdict.reasons, verdict.warnings) == (0, [], [])


def test_200_db_spans_are_an_incident_and_199_are_not(phase: MakePhase, core: Phase) -> None:
    enough = judge(
        phase(db_spans_per_trace=Spread(200, 300)), core, totals=ALL_STORED, disagreements=0
    )
    too_few = judge(
        phase(db_spans_per_trace=Spread(199, 300)), core, totals=ALL_STORED, disagreements=0
    )

    assert enough.exit_code == 0
    assert too_few.exit_code == 1
    assert "naive left 199 DB spans" in too_few.reasons[0]


def test_3_db_spans_are_a_fix_and_4_are_not(phase: MakePhase, core: Phase) -> None:
    enough = judge(
        phase(), replace(core, db_spans_per_trace=Spread(3, 9)), totals=ALL_STORED, disagreements=0
    )
    too_many = judge(
        phase(), replace(core, db_spans_per_trace=Spread(4, 4)), totals=ALL_STORED, disagreements=0
    )

    assert enough.reasons == []
    assert "core left 4 DB spans" in too_many.reasons[0]


@pytest.mark.parametrize(
    ("stored", "dropped"), [(43_999, 0), (44_001, 0), (44_000, 1), (43_999, 1)]
)
def test_a_span_that_is_lost_dropped_or_stored_twice_is_a_reason(
    phase: MakePhase, core: Phase, stored: int, dropped: int
) -> None:
    totals = SpanCounts(44_000, stored, dropped)

    verdict = judge(phase(), core, totals=totals, disagreements=0)

    assert verdict.reasons == [
        f"44,000 spans were created in the whole run, {stored:,} stored and {dropped} dropped; "
        "all should have been stored."
    ]


def test_the_phase_that_lost_a_span_is_named(phase: MakePhase, core: Phase) -> None:
    losing = SpanCounts(42_000, 41_999, 1)

    before = judge(phase(spans=losing), core, totals=ALL_STORED, disagreements=0)
    after = judge(phase(), replace(core, spans=losing), totals=ALL_STORED, disagreements=0)

    assert "under naive" in before.reasons[0]
    assert "under core" in after.reasons[0]


def test_two_ends_that_disagree_are_a_reason(phase: MakePhase, core: Phase) -> None:
    verdict = judge(phase(), core, totals=ALL_STORED, disagreements=1)

    assert verdict.exit_code == 1
    assert verdict.reasons[0].startswith("1 traces hold more or fewer DB spans")


def test_an_idle_service_and_failures_are_warned_about_and_not_judged(
    phase: MakePhase, core: Phase
) -> None:
    verdict = judge(
        phase(service_cpu_percent_of_core=40, failures=3), core, totals=ALL_STORED, disagreements=0
    )

    assert verdict.exit_code == 0
    assert "40 % of a core" in verdict.warnings[0]
    assert verdict.warnings[1] == "3 of 84 requests failed under naive."


def test_a_service_is_idle_below_60_percent_of_a_core(phase: MakePhase, core: Phase) -> None:
    busy = judge(phase(service_cpu_percent_of_core=60), core, totals=ALL_STORED, disagreements=0)
    idle = judge(phase(service_cpu_percent_of_core=59.9), core, totals=ALL_STORED, disagreements=0)

    assert busy.warnings == []
    assert len(idle.warnings) == 1


def test_failures_after_the_fix_are_warned_about(phase: MakePhase, core: Phase) -> None:
    verdict = judge(phase(), replace(core, failures=1), totals=ALL_STORED, disagreements=0)

    assert verdict.warnings == ["1 of 600 requests failed under core."]
