"""Define the events of a replay, in the order in which they happen.

One line of `events.jsonl` is one event: its `kind` and its fields, `at_s` seconds after the start.

    begun ─► phase ─► sample …  switch  alert  finding  prediction  note
                 └──► figures                      (once a phase is over)
             skipped                               (a phase that the target cannot do)
          ─► repetition  capacity  recovery  cost  trace  telemetry
          ─► fell_short …  ended
"""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from incident.errors import RecordError


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Say when something happened, in seconds after the replay began."""

    at_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun(Event):
    """Say what is played: enough to play it again."""

    unix_s: float
    command: str
    target: str
    dataset: str
    seed: int
    before: str
    fix: str
    visitors_per_second: float
    loop: str  # open or closed
    phases: Sequence[str]
    links: Mapping[str, str]  # clinic, traces, and what else the target has
    versions: Mapping[str, str]
    machine: Mapping[str, Any]
    db_latency_ms: float = 0.0  # how long each statement waits, on purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseBegun(Event):
    """Begin a phase: what happens in it, and what is to be seen."""

    name: str
    title: str
    text: str
    to_see: str
    strategy: str
    audience_percent: float
    workers: int
    dataset: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped(Event):
    """Leave a phase out, with the reason."""

    name: str
    title: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample(Event):
    """Hold the last seconds: rates and percentiles of what was answered in them.

    Latencies are from the intended start, None where nothing was answered. `waiting` are visitors
    without an answer yet, `gave_up` those who have left without one, since the replay began.
    """

    phase: str
    requests_per_second: float
    p50_ms: float | None
    p95_ms: float | None
    healthz_ms: float | None
    statements_per_request: float | None
    sql_per_minute: float
    service_cpu_percent_of_core: float | None  # None where it is out of reach, as the next
    machine_cpu_percent: float | None
    waiting: int
    gave_up: int
    failures: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch(Event):
    """Change the running service: `what` is strategy, audience or workers."""

    what: str
    before: str
    now: str
    by: str = "replay"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert(Event):
    """Report an alert that fires, or that is over."""

    name: str
    firing: bool
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding(Event):
    """Hold what the detector says, and how long it took to ask the traces."""

    phase: str
    took_s: float
    route: str
    statement: str
    repeats: float
    share_of_time_percent: float | None
    line: str  # where the statement is sent: file:line function
    loop: str  # where it is sent from, again and again
    advice: str
    trace_id: str
    code: Sequence[Sequence[Any]] = ()  # (number, text, marked) of the lines around the loop
    code_file: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Hold a value with the interval in which it is expected."""

    low: float
    mid: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction(Event):
    """Say what a repair would bring, by the traces before it."""

    strategy: str
    statements: Range
    p50_ms: Range
    p95_ms: Range
    capacity_ratio: Range


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures(Event):
    """Hold what a phase came to, from all that was answered in it.

    `latency_ms` is from the intended start: it holds the wait of a visitor whom the service kept
    from asking. `sent_latency_ms` is from the moment of sending, as a closed loop sees it.
    `waited_ms` is what of it passed before the service took the request up and its span began, and
    `service_ms` the rest, which is what a trace shows; both are of the pages that were answered.
    `statements_per_request` counts each clinic once, so that it is the same in every run.
    """

    name: str
    strategy: str
    seconds: float
    requests: int
    failures: int
    gave_up: int
    requests_per_second: float
    latency_ms: Mapping[str, float]  # p50, p95, p99
    sent_latency_ms: Mapping[str, float]
    healthz_ms: Mapping[str, float]  # p50, max
    other_pages_ms: Mapping[str, float]  # p50, max; empty if nobody asked for one
    statements_per_request: Mapping[str, float]  # p50, max
    db_spans_per_trace: Mapping[str, float]  # p50, max
    statements_by_clinic: Mapping[str, int]
    sql_per_minute: float
    service_cpu_percent_of_core: float | None  # None where it is out of reach, as the next
    machine_cpu_percent: float | None
    watcher_cpu_percent_of_core: float  # what measuring costs
    spans: Mapping[str, int]  # created, stored, dropped
    slowest_trace_id: str
    # Empty and 0 in records of earlier versions.
    waited_ms: Mapping[str, float] = field(default_factory=dict)  # p50, max
    service_ms: Mapping[str, float] = field(default_factory=dict)  # p50, p95, p99
    slowest_service_ms: float = 0.0
    slowest_waited_ms: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Repetition(Event):
    """Hold one of the repetitions that the ratios come from; the launch and the fix are the first.

    `p50_ms` and `p95_ms` are from the intended start, the service's times those of its spans.
    """

    number: int
    strategy: str
    statements: float
    p50_ms: float
    p95_ms: float
    requests_per_second: float
    # 0 in records of earlier versions.
    service_p50_ms: float = 0.0
    service_p95_ms: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """Hold one rate that was tried, and whether p95 held."""

    rate: float
    p95_ms: float | None
    held: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity(Event):
    """Hold the highest rate of a strategy that kept p95 under the limit, and how it was found."""

    strategy: str
    limit_ms: float
    rate: float
    attempts: Sequence[Attempt]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery(Event):
    """Say how long after a switch p95 was under the limit; None if it was not."""

    strategy: str
    limit_ms: float
    seconds: float | None
    failed_requests: int
    restarted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost(Event):
    """Compare a page with telemetry and without, CPU of the service, medians in ms."""

    strategy: str
    with_ms: float
    without_ms: float
    pages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """Draw one row of a waterfall: one span, or `count` equal ones folded."""

    name: str
    start_ms: float
    duration_ms: float
    depth: int
    count: int
    is_db: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace(Event):
    """Hold a request's waterfall; `which` is before or after."""

    which: str
    phase: str
    trace_id: str
    link: str
    duration_ms: float
    spans: int
    bars: Sequence[Bar]


@dataclass(frozen=True, slots=True, kw_only=True)
class Telemetry(Event):
    """Count the spans of the whole replay: nothing of them should be lost."""

    created: int
    stored: int
    dropped: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Note(Event):
    """Tell one line of the story that no other event holds."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FellShort(Event):
    """Say where the run did not show what it should."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended(Event):
    """End the replay; `why` is empty when it was played to its end."""

    exit_code: int
    why: str = ""


KINDS: Mapping[str, type[Event]] = {
    "begun": Begun,
    "phase": PhaseBegun,
    "skipped": Skipped,
    "sample": Sample,
    "switch": Switch,
    "alert": Alert,
    "finding": Finding,
    "prediction": Prediction,
    "figures": Figures,
    "repetition": Repetition,
    "capacity": Capacity,
    "recovery": Recovery,
    "cost": Cost,
    "trace": Trace,
    "telemetry": Telemetry,
    "note": Note,
    "fell_short": FellShort,
    "ended": Ended,
}
_NAMES = {kind: name for name, kind in KINDS.items()}
_RANGES = ("statements", "p50_ms", "p95_ms", "capacity_ratio")


def to_json(event: Event) -> str:
    """Write an event as one line."""
    return json.dumps({"kind": _NAMES[type(event)]} | dataclasses.asdict(event))


def from_json(line: str) -> Event:
    """Read an event from its line; raise RecordError if it is not one."""
    try:
        fields = json.loads(line)
        kind = KINDS[fields.pop("kind")]
        if kind is Prediction:
            fields |= {name: Range(**fields[name]) for name in _RANGES}
        elif kind is Capacity:
            fields["attempts"] = [Attempt(**one) for one in fields["attempts"]]
        elif kind is Trace:
            fields["bars"] = [Bar(**one) for one in fields["bars"]]
        return kind(**fields)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise RecordError(f"not an event of a replay: {line[:80]!r} ({error})") from error
