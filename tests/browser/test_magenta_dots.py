"""Test how an exemplar is found, which is drawn and not an element of its page."""

import pytest
from playwright.sync_api import Page

from tests.chromium import magenta_dot

pytestmark = pytest.mark.browser

# Twice as many pixels as it takes of the page, and below a heading, as on a dense display.
CANVAS = """
<h1>Heatmap</h1>
<canvas width="0" height="0"></canvas>
<canvas width="800" height="400" style="width: 400px; height: 200px"></canvas>
<script>
  const canvas = document.querySelectorAll("canvas")[1], pen = canvas.getContext("2d");
  pen.fillStyle = "rgb(253, 141, 60)";
  pen.fillRect(0, 0, 800, 400);
  pen.fillStyle = "rgba(255, 0, 255, 0.7)";
  %s
  canvas.addEventListener("click", event => {
    const {data} = pen.getImageData(2 * event.offsetX, 2 * event.offsetY, 1, 1);
    document.title = data[1] < 100 ? "dot" : "no dot";
  });
</script>
"""


def test_a_dot_is_found_where_a_click_hits_it(page: Page) -> None:
    page.set_content(CANVAS % "pen.fillRect(600, 300, 8, 8);")

    dot = magenta_dot(page)

    assert dot
    page.mouse.click(*dot)
    assert page.title() == "dot"


def test_a_page_without_dots_has_none(page: Page) -> None:
    page.set_content(CANVAS % "")

    assert magenta_dot(page) is None
