"""Write numbers and statements as people read them."""

import textwrap

_NS_IN_MS = 1_000_000
_NS_IN_S = 1_000_000_000


def duration(nanoseconds: float) -> str:
    """Write a time: `8.4 s`, `12.3 ms`."""
    if nanoseconds >= _NS_IN_S:
        return f"{nanoseconds / _NS_IN_S:,.1f} s"
    return f"{nanoseconds / _NS_IN_MS:,.1f} ms"


def count(number: int, noun: str) -> str:
    """Write a number of things: `1 trace`, `2,000 traces`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def wrap(text: str, indent: str, width: int = 100) -> str:
    """Wrap text in lines that are indented, all but the first; a package's name stays whole."""
    width -= len(indent)
    lines = textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False) or [""]
    return f"\n{indent}".join(lines)
