"""Add the events of a replay up to what there is to tell; the page and the report draw this."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from incident.story import events as ev


@dataclass(slots=True, kw_only=True)
class PhaseSeen:
    """Hold a phase that has begun; `ended_s` and `figures` are None while it runs."""

    begun: ev.PhaseBegun
    ended_s: float | None = None
    figures: ev.Figures | None = None


@dataclass(slots=True)
class Story:
    """Hold a replay so far: every list is in the order of time."""

    begun: ev.Begun | None = None
    phases: list[PhaseSeen] = field(default_factory=list)
    skipped: list[ev.Skipped] = field(default_factory=list)
    samples: list[ev.Sample] = field(default_factory=list)
    switches: list[ev.Switch] = field(default_factory=list)
    alerts: list[ev.Alert] = field(default_factory=list)
    findings: list[ev.Finding] = field(default_factory=list)
    predictions: list[ev.Prediction] = field(default_factory=list)
    repetitions: list[ev.Repetition] = field(default_factory=list)
    capacities: list[ev.Capacity] = field(default_factory=list)
    recoveries: list[ev.Recovery] = field(default_factory=list)
    costs: list[ev.Cost] = field(default_factory=list)
    traces: list[ev.Trace] = field(default_factory=list)
    telemetry: ev.Telemetry | None = None
    notes: list[ev.Note] = field(default_factory=list)
    shortfalls: list[ev.FellShort] = field(default_factory=list)
    ended: ev.Ended | None = None
    # Of a stack that is shown as it runs, without a replay: `users` are its own visitors.
    standing: bool = False
    users: int | None = None

    @property
    def now_s(self) -> float:
        """Return the time of the latest event that moves the clock on."""
        moments: list[float] = [0.0]
        moments += [one.at_s for one in self.samples[-1:]]
        moments += [one.begun.at_s for one in self.phases[-1:]]
        moments += [] if self.ended is None else [self.ended.at_s]
        return max(moments)

    @property
    def current(self) -> PhaseSeen | None:
        """Return the phase that runs."""
        latest = self.phases[-1] if self.phases else None
        return latest if latest is not None and latest.ended_s is None else None

    @property
    def strategy(self) -> str:
        """Return the strategy in force."""
        latest = [one.now for one in self.switches if one.what == "strategy"]
        return latest[-1] if latest else self.phases[-1].begun.strategy if self.phases else ""

    def phase(self, name: str) -> PhaseSeen | None:
        """Return a phase by its name; None if it has not begun."""
        return next((one for one in self.phases if one.begun.name == name), None)

    def take(self, event: ev.Event) -> None:
        """Take in the next event."""
        match event:
            case ev.Begun():
                self.begun = event
            case ev.PhaseBegun():
                self._end_phase(event.at_s)
                self.phases.append(PhaseSeen(begun=event))
            case ev.Figures():
                for seen in self.phases:
                    if seen.begun.name == event.name:
                        seen.figures = event
            case ev.Telemetry():
                self.telemetry = event
            case ev.Ended():
                self._end_phase(event.at_s)
                self.ended = event
            case _:
                getattr(self, _LISTS[type(event)]).append(event)

    def _end_phase(self, at_s: float) -> None:
        if self.phases and self.phases[-1].ended_s is None:
            self.phases[-1].ended_s = at_s


_LISTS: dict[type[ev.Event], str] = {
    ev.Skipped: "skipped",
    ev.Sample: "samples",
    ev.Switch: "switches",
    ev.Alert: "alerts",
    ev.Finding: "findings",
    ev.Prediction: "predictions",
    ev.Repetition: "repetitions",
    ev.Capacity: "capacities",
    ev.Recovery: "recoveries",
    ev.Cost: "costs",
    ev.Trace: "traces",
    ev.Note: "notes",
    ev.FellShort: "shortfalls",
}


def tell(events: Iterable[ev.Event]) -> Story:
    """Add up events."""
    story = Story()
    for event in events:
        story.take(event)
    return story
