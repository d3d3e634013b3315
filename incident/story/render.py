"""Draw a story as fragments of HTML: the control page grows by them, and the report is all of them.

Each fragment is what stands in the element of its name. It holds no script, no inline style and no
address but those of traces, so that a page with a strict content security policy can show it.
"""

from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from incident.story import outcome, svg, view, words
from incident.story.curves import curves
from incident.story.drawing import COLOURS
from incident.story.intervals import intervals
from incident.story.story import Story
from incident.story.timeline import timeline
from incident.story.waterfall import waterfall

TEMPLATES = Path(__file__).with_name("templates")
WEB = ("http://", "https://")


def _predictions(story: Story) -> dict[str, Any]:
    checks = outcome.checked(story)
    measured = [one for one in checks if one.inside is not None]
    return {
        "checks": checks,
        "measured": len(measured),
        "inside": sum(bool(one.inside) for one in measured),
        "drawing": intervals(checks),
    }


# What each part needs beyond the story, in the order of the page.
_PARTS: Mapping[str, Callable[[Story], dict[str, Any]]] = {
    "headline": lambda story: {"headline": view.headline(story)},
    "now": lambda story: {"tiles": view.tiles(story), "sides": view.sides(story)},
    "curves": lambda story: {"drawings": curves(story)},
    "story": lambda story: {"timeline": timeline(story)},
    "alert": lambda story: {},
    "finding": lambda story: {},
    "phases": lambda story: {},
    "waterfalls": lambda story: {
        "waterfall": waterfall,
        "waited_ms": partial(outcome.waited_ms, story),
    },
    "ratios": lambda story: {"ratios": outcome.ratios(story)},
    "capacity": lambda story: {},
    "predictions": _predictions,
    "telemetry": lambda story: {},
    "about": lambda story: {},
}
PARTS = tuple(_PARTS)
# What there is to tell of a stack that runs without a replay.
OF_A_STACK = ("headline", "now", "curves", "story", "alert")


def fragments(story: Story) -> dict[str, str]:
    """Return one fragment for each part of the page, by the id of its element.

    Those that tell of a replay are empty for a stack that runs without one.
    """
    return {
        name: _template(f"{name}.html").render(story=story, **needed(story))
        if name in OF_A_STACK or not story.standing
        else ""
        for name, needed in _PARTS.items()
    }


def page(story: Story) -> str:
    """Return the whole report as one file that needs nothing else."""
    headline = view.headline(story)
    report: str = _template("report.html").render(
        title=headline.text, fragments=fragments(story), style=Markup(style())
    )
    return report


def style() -> str:
    """Return the style sheet that the fragments look right with, light and dark."""
    return (TEMPLATES / "story.css").read_text(encoding="utf-8")


def address(link: str) -> str:
    """Return an address that may be followed; empty for any that is not of the web."""
    return link if link.startswith(WEB) else ""


@cache
def environment() -> Environment:
    """Return the templates; whatever a story says is escaped."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(outcome=outcome, svg=svg.inline, address=address, colours=COLOURS)
    made.filters.update(
        ms=lambda value: view.NOTHING if value is None else words.milliseconds(value),
        figure=lambda value: view.NOTHING if value is None else words.number(value),
        times=words.times,
        clock=words.clock,
        tied=words.tied,
        bytes=lambda value: f"{value / 2**30:.1f} GiB",
    )
    return made


@cache
def _template(name: str) -> Any:
    return environment().get_template(name)
