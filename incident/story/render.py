"""Draw a story as fragments of HTML: the control page grows by them, and the report is all of them.

Each fragment is what stands in the element of its name. It holds no script, no inline style and no
address but those of traces, so that a page with a strict content security policy can show it.
"""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from incident.story import words
from incident.story.story import Story

# In the order of the page.
PARTS = ("headline", "now", "curves")


def fragments(story: Story) -> dict[str, str]:
    """Return one fragment for each part of the page, by the id of its element."""
    return {name: _template(f"{name}.html").render(story=story, words=words) for name in PARTS}


@cache
def environment() -> Environment:
    """Return the templates; whatever a story says is escaped."""
    return Environment(
        loader=PackageLoader("incident.story"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _template(name: str):  # type: ignore[no-untyped-def]
    return environment().get_template(name)
