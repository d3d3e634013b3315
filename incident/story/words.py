"""Put figures into words: the same ones in the terminal, on the page and in the report; pure."""

import re


def milliseconds(value: float) -> str:
    """Write a time in the unit in which it reads best."""
    if value >= 10_000:
        return f"{value / 1000:.1f} s"
    if value >= 1000:
        return f"{value / 1000:.2f} s"
    return f"{value:.0f} ms" if value >= 10 else f"{value:.1f} ms"


def change(before: float, after: float) -> str:
    """Say by which factor a figure changed."""
    if not before or not after:
        return ""
    factor = max(before, after) / min(before, after)
    if factor < 1.05:
        return "the same"
    return f"{times(factor)}x {'more' if after > before else 'less'}"


def times(factor: float) -> str:
    """Write a factor with as many digits as it can bear."""
    return f"{factor:,.0f}" if factor >= 10 else f"{factor:.1f}"


def number(value: float) -> str:
    """Write a figure with its thousands apart: whole from 10 on, with one digit below."""
    return f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:.1f}"


def tied(text: str) -> str:
    """Keep each figure and its unit on one line."""
    return re.sub(r"(\d) (s|ms|%)(?!\w)", "\\1\N{NO-BREAK SPACE}\\2", text)


def clock(seconds: float) -> str:
    """Write a moment of the replay as minutes and seconds."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d}"


def counted(count: float, what: str) -> str:
    """Write a number with its noun, in the plural unless it is one."""
    return f"{number(count)} {what}{'' if count == 1 else 's'}"


def listed(words: list[str]) -> str:
    """Join words as a sentence does."""
    *others, last = words or [""]
    return f"{', '.join(others)} and {last}" if others else last
