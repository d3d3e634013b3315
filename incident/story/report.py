"""Write the report of a replay into its folder: report.html, report.json and the charts.

The pages are drawn from the story alone: events.jsonl gives the same report again.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from incident.story import svg
from incident.story.curves import curves
from incident.story.drawing import Drawing
from incident.story.intervals import intervals
from incident.story.journal import cut_off
from incident.story.outcome import checked
from incident.story.pages import write_pages, write_whole
from incident.story.png import png
from incident.story.story import Story
from incident.story.waterfall import waterfall

CHARTS = "charts"


def write_report(folder: Path, story: Story) -> list[Path]:
    """Write every file of the report, each whole or not at all; return their paths.

    A story without an end is told as far as it goes, and the report says that its end is missing.
    """
    story = _with_an_end(story)
    (folder / CHARTS).mkdir(exist_ok=True)
    pages = write_pages(folder, story)
    files = {}
    for drawing in drawings(story):
        files[folder / CHARTS / f"{drawing.name}.svg"] = svg.file(drawing).encode()
        files[folder / CHARTS / f"{drawing.name}.png"] = png(drawing)
    for path, content in files.items():
        write_whole(path, content)
    return [*pages, *files]


def drawings(story: Story) -> Iterator[Drawing]:
    """Yield each chart of the report."""
    yield from curves(story)
    # Of several traces of one side the page shows all; a file has the name of its side.
    yield from {one.which: waterfall(one) for one in story.traces}.values()
    predicted = intervals(checked(story))
    if predicted is not None:
        yield predicted


def _with_an_end(story: Story) -> Story:
    return story if story.ended is not None else replace(story, ended=cut_off(story))
