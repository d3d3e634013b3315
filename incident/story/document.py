"""Put a story into a document for programs: report.json, as docs/reference describes it."""

from dataclasses import asdict, dataclass
from typing import Any

from incident.story import events as ev
from incident.story import outcome, view
from incident.story.story import Story

VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Hold how the replay ended: its headline, and where it fell short."""

    headline: str
    fell_short: list[str]
    finished: bool
    exit_code: int | None
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseOfReport:
    """Hold a phase with its figures; null if it was not measured to its end."""

    begun: ev.PhaseBegun
    ended_s: float | None
    figures: ev.Figures | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedOfReport:
    """Hold a prediction next to what was measured; `inside` is null if nothing was."""

    strategy: str
    measure: str
    low: float
    mid: float
    high: float
    measured: float | None
    inside: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RatioOfReport:
    """Hold by which factor the fix is better: the median of the repetitions, and their spread."""

    measure: str
    before: float
    after: float
    low: float
    mid: float
    high: float
    repetitions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """Hold the report of a replay. Times are seconds since its start, latencies milliseconds."""

    version: int
    result: Result
    replay: ev.Begun | None
    phases: list[PhaseOfReport]
    skipped: list[ev.Skipped]
    switches: list[ev.Switch]
    alerts: list[ev.Alert]
    findings: list[ev.Finding]
    predictions: list[CheckedOfReport]
    repetitions: list[ev.Repetition]
    ratios: list[RatioOfReport]
    capacities: list[ev.Capacity]
    recoveries: list[ev.Recovery]
    costs: list[ev.Cost]
    traces: list[ev.Trace]
    telemetry: ev.Telemetry | None
    notes: list[ev.Note]


def document(story: Story) -> dict[str, Any]:
    """Return the report of a story, as report.json holds it."""
    return asdict(
        Document(
            version=VERSION,
            result=_result(story),
            replay=story.begun,
            phases=[
                PhaseOfReport(begun=one.begun, ended_s=one.ended_s, figures=one.figures)
                for one in story.phases
            ],
            skipped=story.skipped,
            switches=story.switches,
            alerts=story.alerts,
            findings=story.findings,
            predictions=[_checked(one) for one in outcome.checked(story)],
            repetitions=story.repetitions,
            ratios=[_ratio(one) for one in outcome.ratios(story)],
            capacities=story.capacities,
            recoveries=story.recoveries,
            costs=story.costs,
            traces=story.traces,
            telemetry=story.telemetry,
            notes=story.notes,
        )
    )


def _result(story: Story) -> Result:
    ended = story.ended
    return Result(
        headline=view.headline(story).text,
        fell_short=[one.text for one in story.shortfalls],
        finished=ended is not None and not ended.why,
        exit_code=None if ended is None else ended.exit_code,
        why="" if ended is None else ended.why,
    )


def _checked(one: outcome.Checked) -> CheckedOfReport:
    return CheckedOfReport(
        strategy=one.strategy,
        measure=one.measure.name,
        low=one.expected.low,
        mid=one.expected.mid,
        high=one.expected.high,
        measured=one.measured,
        inside=one.inside,
    )


def _ratio(one: outcome.Ratio) -> RatioOfReport:
    spread = one.spread
    return RatioOfReport(
        measure=one.measure.name,
        before=one.before,
        after=one.after,
        low=spread.low,
        mid=spread.mid,
        high=spread.high,
        repetitions=spread.count,
    )
