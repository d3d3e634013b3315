"""Read what a page lists, and say how it differs from what it should list."""

import re
from collections import Counter
from collections.abc import Sequence
from html.parser import HTMLParser


class _Items(HTMLParser):
    """Collect the text of each list item in a page's main part."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.items: list[str] = []
        self._in_main = self._in_item = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_main += tag == "main"
        if tag == "li" and self._in_main:
            self._in_item += 1
            self.items.append("")
        elif self._in_item:
            self.items[-1] += " "

    def handle_endtag(self, tag: str) -> None:
        self._in_main -= tag == "main"
        self._in_item -= tag == "li" and self._in_item > 0

    def handle_data(self, data: str) -> None:
        if self._in_item:
            self.items[-1] += data


def items(body: bytes) -> list[str]:
    """Return the text of each list item, without repeated spaces."""
    parser = _Items()
    parser.feed(body.decode("utf-8", "replace"))
    return [re.sub(r"\s+", " ", item).strip().replace(" ,", ",") for item in parser.items]


def difference(shown: Sequence[str], expected: Sequence[str]) -> str:
    """Say what is wrong with a list; return nothing if it is right."""
    if list(shown) == list(expected):
        return ""
    missing, extra = Counter(expected) - Counter(shown), Counter(shown) - Counter(expected)
    if missing and not extra:
        return (
            f"drops {missing.total()} of {len(expected)} entries, {next(iter(missing))!r} for one"
        )
    if extra and not missing:
        return f"lists {extra.total()} entries too many, {next(iter(extra))!r} for one"
    if extra:
        return f"lists {next(iter(extra))!r} where {next(iter(missing))!r} belongs"
    return "lists the right entries in another order"
