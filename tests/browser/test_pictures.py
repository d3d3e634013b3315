"""Test that the pictures in docs/ show the pages of today."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from harness.project import PROJECT
from tools.pictures import take, words_of


@pytest.mark.browser
def test_pictures_in_the_documentation_show_the_pages_of_today(
    tmp_path: Path, browser: Browser
) -> None:
    take(browser, tmp_path)

    for name in ("waterfall", "compare"):
        shown = words_of(PROJECT / "docs" / f"{name}.png")
        assert words_of(tmp_path / f"{name}.png") == shown, f"{name}.png is old: make pictures"
        assert len(shown) > 20
