"""Format figures for people, as filters of the templates."""

from datetime import UTC, datetime

from flask import Flask

from tracestore.findings import shorten


def init_app(app: Flask) -> None:
    """Give the templates their filters."""
    app.jinja_env.filters.update(
        duration=duration, percent=percent, moment=moment, count=count, shorten=shorten
    )


def duration(nano: int) -> str:
    """Format a duration with three figures and a unit: 850 µs, 19.2 ms, 1.90 s."""
    for unit, name in ((1, "ns"), (10**3, "µs"), (10**6, "ms")):
        if nano < 999.5 * unit:  # what would round to 1000 takes the next unit
            return f"{_three_figures(nano / unit)} {name}"
    seconds = nano / 10**9
    if seconds < 120:
        return f"{_three_figures(seconds)} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes:,} min {rest:02} s"


def percent(share: float) -> str:
    """Format a share of one, with a decimal below ten percent: 83 %, 9.5 %, < 0.1 %."""
    if 0 < share < 0.001:
        return "< 0.1 %"
    text = f"{share:.1%}" if share < 0.0995 else f"{share:.0%}"
    return text.replace("%", " %")


def moment(unix_nano: int) -> str:
    """Format a time in UTC, with its date and milliseconds."""
    try:
        at = datetime.fromtimestamp(unix_nano // 10**9, UTC)
    except (OverflowError, ValueError, OSError):
        return f"{unix_nano} ns"
    return f"{at:%Y-%m-%d %H:%M:%S}.{unix_nano // 10**6 % 1000:03}"


def count(number: int) -> str:
    """Format a whole number with thousands separated."""
    return f"{number:,}"


def _three_figures(number: float) -> str:
    if number >= 99.95:
        return f"{number:.0f}"
    return f"{number:.1f}" if number >= 9.995 else f"{number:.2f}"
