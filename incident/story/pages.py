"""Write the report's two pages: report.html for people, report.json for programs."""

import json
import os
from pathlib import Path

from incident.story.document import document
from incident.story.render import page
from incident.story.story import Story

HTML, JSON = "report.html", "report.json"


def write_pages(folder: Path, story: Story) -> list[Path]:
    """Write both pages of a story that has ended; return their paths."""
    files = {
        folder / HTML: page(story).encode(),
        folder / JSON: (json.dumps(document(story), indent=2) + "\n").encode(),
    }
    for path, content in files.items():
        write_whole(path, content)
    return list(files)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that whoever opens it finds the old content or the new one."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
