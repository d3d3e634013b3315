"""Drive Debian's Chromium, and keep pictures of its pages."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from harness.project import PROJECT

SCREENSHOTS = PROJECT / "var" / "screenshots"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PROGRAMS = ("chromium", "google-chrome")

# A dot is found by its inside: the pixels around it have its colour as well.
_FIND_DOT = """
canvases => {
  for (const canvas of canvases) {
    const {width, height} = canvas, place = canvas.getBoundingClientRect();
    if (!width || !height) continue;
    const data = canvas.getContext("2d").getImageData(0, 0, width, height).data;
    const magenta = (x, y) => {
      const at = 4 * (y * width + x);
      return data[at] > 150 && data[at + 1] < 100 && data[at + 2] > 150 && data[at + 3] > 100;
    };
    for (let y = 1; y < height - 1; y++)
      for (let x = 1; x < width - 1; x++)
        if ([-1, 0, 1].every(dy => [-1, 0, 1].every(dx => magenta(x + dx, y + dy))))
          return [
            place.left + (x + 0.5) * place.width / width,
            place.top + (y + 0.5) * place.height / height,
          ];
  }
  return null;
}
"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run a Chromium that is installed on this machine."""
    executable = next(filter(None, map(shutil.which, PROGRAMS)), None)
    assert executable, "chromium is not installed: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield browser
        browser.close()


def magenta_dot(page: Page) -> tuple[float, float] | None:
    """Return where on the page a canvas has a magenta dot; None if none has."""
    found: Any = page.locator("canvas").evaluate_all(_FIND_DOT)
    return (found[0], found[1]) if found else None
