"""Draw what the page shows, once for everybody who looks; the renderer draws the story itself."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from flask import Flask, render_template
from markupsafe import Markup

from incident.control.desk import Desk, DeskState
from incident.control.now import audience_percent, visitors_per_second
from incident.stack.places import COMPOSE
from incident.story.growing import Growing
from incident.story.story import PhaseSeen, Story

# Fragments of HTML by the id of the element that holds them.
Fragments = Mapping[str, str]
WEB = ("http://", "https://")
REPORTS = ("report.html", "report.json")
# The fragments of the page itself: all others are the story's.
OWN = ("control-links", "control-state", "control-desk", "said-phase", "said-alert")


@dataclass(frozen=True, slots=True)
class Link:
    """Name a page elsewhere, and its address."""

    name: str
    address: str


class Pictures:
    """Draw the fragments of a story as it is, again only when something has changed."""

    def __init__(
        self,
        app: Flask,
        journal: Growing,
        desk: Desk,
        draw: Callable[[Story], Fragments],
        token: str,
    ) -> None:
        self._app, self._journal, self._desk, self._draw = app, journal, desk, draw
        self._token = token
        self._lock = threading.Lock()
        self._key: tuple[int, int, tuple[str, ...]] | None = None
        self._drawn: dict[str, str] = {}

    def now(self) -> dict[str, str]:
        """Return all fragments, in the order of the page; those of this page stand first."""
        with self._lock:
            desk = self._desk.state()
            count, story = self._journal.copy()
            reports = tuple(name for name in REPORTS if (self._journal.folder / name).is_file())
            key = count, desk.version, reports
            if key != self._key:
                with self._app.app_context():
                    self._drawn = {**self._own(story, desk, reports), **self._draw(story)}
                self._key = key
            return self._drawn

    def _own(self, story: Story, desk: DeskState, reports: Sequence[str]) -> dict[str, str]:
        stopped = self._journal.stopped
        return {
            "control-links": render_template("_links.html", links=links(story)),
            "control-state": render_template(
                "_state.html", story=story, stopped=stopped, reports=reports
            ),
            "control-desk": render_template(
                "_desk.html",
                desk=desk,
                token=self._token,
                strategy=story.strategy,
                audience=audience_percent(story),
                load=visitors_per_second(story),
                users=story.users,
            ),
            "said-phase": said_phase(story),
            "said-alert": said_alert(story),
        }


def links(story: Story) -> list[Link]:
    """Return the worst trace and what else the target has; only addresses of web pages."""
    if story.begun is None:
        return []
    names = {"traces": "Jaeger"} if story.begun.target == COMPOSE else {}
    found = [Link(names.get(name, name), address) for name, address in story.begun.links.items()]
    worst = worst_trace(story)
    return [
        one
        for one in ([Link("the worst trace", worst)] if worst else []) + found
        if one.address.startswith(WEB)
    ]


def worst_trace(story: Story) -> str:
    """Return the address of the trace that shows the incident best; empty if none is known."""
    if before := [trace for trace in story.traces if trace.which == "before" and trace.link]:
        return before[-1].link
    backend = story.begun.links.get("traces", "") if story.begun else ""
    traces = [one.trace_id for one in story.findings if one.trace_id] or [
        seen.figures.slowest_trace_id
        for seen in sorted(story.phases, key=_p99_ms)
        if seen.figures and seen.figures.slowest_trace_id
    ]
    return f"{backend.rstrip('/')}/trace/{traces[-1]}" if traces and backend else ""


def _p99_ms(seen: PhaseSeen) -> float:
    return seen.figures.latency_ms.get("p99", 0.0) if seen.figures else 0.0


def said_phase(story: Story) -> str:
    """Return what a screen reader says when a phase begins, or the replay ends."""
    if story.standing:
        return ""
    if story.ended is not None:
        return "The replay has ended."
    if story.current is None:
        return ""
    return Markup.escape(f"{story.current.begun.title}: {story.current.begun.text}")


def said_alert(story: Story) -> str:
    """Return what a screen reader says when an alert fires, or is over."""
    if not story.alerts:
        return ""
    alert = story.alerts[-1]
    state = "fires" if alert.firing else "is over"
    return Markup.escape(f"Alert {alert.name} {state}. {alert.text}")
