"""Tell what happened in a replay, line by line; pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from incident.story import events as ev
from incident.story.story import Story
from incident.story.words import counted, milliseconds, number


@dataclass(frozen=True, slots=True)
class Moment:
    """Hold one line of the timeline."""

    at_s: float
    kind: str  # phase, switch, alert, finding, note, short
    text: str


def timeline(story: Story) -> list[Moment]:
    """Return what happened, in the order of time."""
    return sorted(_moments(story), key=lambda one: one.at_s)


def _moments(story: Story) -> Iterator[Moment]:
    for seen in story.phases if not story.standing else ():
        yield Moment(seen.begun.at_s, "phase", f"{seen.begun.title}: {seen.begun.text}")
    for skipped in story.skipped:
        yield Moment(skipped.at_s, "note", f"{skipped.title} was left out: {skipped.why}")
    for switch in story.switches:
        yield Moment(switch.at_s, "switch", _switched(switch))
    for alert in story.alerts:
        said = "The alert fires" if alert.firing else "The alert is over"
        yield Moment(alert.at_s, "alert", f"{said}: {alert.text} ({alert.name}).")
    for finding in story.findings:
        yield Moment(finding.at_s, "finding", _found(finding))
    for recovery in story.recoveries:
        yield Moment(recovery.at_s, "note", _recovered(recovery))
    for note in story.notes:
        yield Moment(note.at_s, "note", note.text)
    for short in story.shortfalls:
        yield Moment(short.at_s, "short", f"Fell short: {short.text}")
    if story.ended is not None:
        why = story.ended.why
        said = f"The replay could not finish: {why}" if why else "The replay is over."
        yield Moment(story.ended.at_s, "short" if why else "note", said)


def _switched(switch: ev.Switch) -> str:
    what = {"workers": "number of workers", "users": "number of visitors"}
    by = "" if switch.by == "replay" else f" ({switch.by})"
    return (
        f"The {what.get(switch.what, switch.what)} goes from {switch.before} to {switch.now}{by}."
    )


def _found(finding: ev.Finding) -> str:
    return (
        f"The detector has asked the traces for {finding.took_s:.1f} s: {finding.route} sends one "
        f"statement {number(finding.repeats)} times, from {finding.loop}."
    )


def _recovered(one: ev.Recovery) -> str:
    limit = milliseconds(one.limit_ms)
    if one.seconds is None:
        return f"With {one.strategy} p95 did not come under {limit}."
    failed = (
        f"{counted(one.failed_requests, 'request')} failed"
        if one.failed_requests
        else ("no request failed")
    )
    restarted = "the service was restarted" if one.restarted else "nothing was restarted"
    return (
        f"{one.seconds:.1f} s after the switch to {one.strategy} p95 is under {limit}: "
        f"{restarted}, {failed}."
    )
