"""Draw a story as fragments of HTML, by the id of the element that holds them."""

from markupsafe import Markup

from incident.story.story import Story


def fragments(story: Story) -> dict[str, str]:
    """Return the fragments of the page."""
    return {
        "phase": _phase(story),
        "figures": _figures(story),
        "alert": "".join(_line("p", one.text) for one in story.alerts[-1:] if one.firing),
        "finding": "".join(_line("p", f"{one.line} {one.statement}") for one in story.findings),
    }


def _phase(story: Story) -> str:
    if not story.phases:
        return ""
    begun = story.phases[-1].begun
    return _line("h1", begun.title) + _line("p", begun.text)


def _figures(story: Story) -> str:
    if not story.samples:
        return ""
    sample = story.samples[-1]
    p50 = "–" if sample.p50_ms is None else f"{sample.p50_ms:.0f} ms"
    return _line("p", f"{sample.requests_per_second:.1f} requests/s, p50 {p50}")


def _line(tag: str, text: str) -> str:
    return Markup("<{0}>{1}</{0}>").format(Markup(tag), text)
