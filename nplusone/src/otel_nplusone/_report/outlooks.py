"""Write predictions as a table: what a route costs, and what it would cost if it were mended.

mended   by          statements   p50                      p95    capacity
         nothing     534          172 ms (160 ms–207 ms)   …      1
1        rows        12–13        29 ms (6.7 ms–53 ms)     …      6.2 (3.6–25)
1, 2     select_in   4            15 ms (9.0 ms–27 ms)     …      12 (6.3–21)
"""

from collections.abc import Iterator

from otel_nplusone._core.words import count, duration
from otel_nplusone._predict.growth import Growth
from otel_nplusone._predict.interval import Interval
from otel_nplusone._predict.model import Outlook, Prediction
from otel_nplusone.scan import Result

HEAD = ("mended", "by", "statements", "p50", "p95", "capacity")
Row = tuple[str, ...]


def shown(result: Result) -> Iterator[tuple[Outlook, list[Row]]]:
    """Return each route's outlook with its table, where a finding of it is in the report."""
    for outlook in result.outlooks:
        rows = [_row(outlook, one, result) for one in outlook.predictions]
        table = [row for row in rows if row is not None]
        if table:
            yield outlook, [_before(outlook), *table]


def told(outlook: Outlook) -> list[str]:
    """Return what is to be said of the route besides the table."""
    growth = outlook.growth
    return [*(_of(growth) if growth else ()), *outlook.notes]


def title(outlook: Outlook) -> str:
    """Return the route, and how much of it was seen."""
    return f"{outlook.route}, from {count(outlook.sampled, 'request')}" + (
        f" of {outlook.requests:,}" if outlook.requests > outlook.sampled else ""
    )


def _before(outlook: Outlook) -> Row:
    figures = outlook.before
    p50, p95 = _time(figures.p50_ns), _time(figures.p95_ns)
    return ("", "nothing", _whole(figures.statements), p50, p95, "1")


def _row(outlook: Outlook, one: Prediction, result: Result) -> Row | None:
    """Return a prediction's row; None where it mends what the report does not show."""
    numbers = {
        found.fingerprint: number
        for number, found in enumerate(result.findings, start=1)
        if (found.service, found.route) == (outlook.service, outlook.route)
    }
    if not numbers.keys() >= set(one.mends):
        return None
    return (
        ", ".join(str(number) for number in sorted(numbers[name] for name in one.mends)),
        one.repair.value,
        _whole(one.statements),
        _time(one.p50_ns),
        _time(one.p95_ns),
        _spread(f"{one.capacity.mid:.1f}", f"{one.capacity.low:.1f}", f"{one.capacity.high:.1f}"),
    )


def _whole(interval: Interval) -> str:
    if interval.is_exact:
        return f"{interval.mid:,.0f}"
    return f"{interval.low:,.0f}–{interval.high:,.0f}"


def _time(interval: Interval) -> str:
    return _spread(duration(interval.mid), duration(interval.low), duration(interval.high))


def _spread(mid: str, low: str, high: str) -> str:
    return mid if low == high else f"{mid} ({low}–{high})"


def _of(growth: Growth) -> Iterator[str]:
    """Say how the route grows, and when it is too slow."""
    if growth.counted == "rows":
        line = growth.repeats
        yield f"repeats = {line.intercept:.1f} + {line.slope.mid:.2f} · rows of the query before"
    seen = f"seen from {growth.smallest:,.0f} to {growth.largest:,.0f} {growth.counted}"
    each = f"each costs {duration(growth.duration.slope.mid)}"
    found, limit = growth.rows_at_limit, duration(growth.limit_ns)
    if found is None:
        yield f"{seen}; a request does not grow with them, and never takes {limit}"
        return
    high = "any number" if found.high == float("inf") else f"{found.high:,.0f}"
    yield (
        f"{seen}, {each}: a request takes more than {limit} from {found.mid:,.0f}"
        f" {growth.counted} on ({found.low:,.0f}–{high})"
    )
