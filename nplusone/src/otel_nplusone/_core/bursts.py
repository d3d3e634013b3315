"""Tell what repeats because there is much to do from what repeats because time passes.

    poll · · · · · poll · · · · · poll · · · · · poll        one statement a burst: no fault
    message: A A A A A A A · · · · · message: A A A A A A    an N+1 in each message

Two bursts are parted by two seconds in which an entry span has nothing running, or by less where a
timer ticks: pauses of 200 ms and more that differ by a tenth at most and make up 95 % of the time,
or of half a second and more that differ by a third and make up 80 %. What counts is what repeats
within one burst. Shorter pauses without a rhythm are those of a service that is overloaded: its N+1
is one all the same.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from statistics import median

from otel_nplusone._core.group import Group
from otel_nplusone._core.model import Span

_PAUSE_NS = 2_000_000_000
_TICK_NS = 200_000_000
_TICKS = 4
# The least pause, by what part the pauses may differ from the usual one, and what part of the time
# they are: a timer is exact, a loop that sleeps after its work is not.
_TIMERS = ((_TICK_NS, 0.1, 0.95), (500_000_000, 0.35, 0.8))


def burst_starts(spans: Sequence[Span]) -> list[int]:
    """Return where the bursts begin, the first one left out; spans are in order."""
    if not spans or spans[-1][6] - spans[0][6] < _TICK_NS * _TICKS:
        return []
    pauses = _pauses(spans)
    ticks = [pause for pause, _ in pauses]
    threshold = _TICK_NS if _is_timer(ticks, spans) else _PAUSE_NS
    return [start for pause, start in pauses if pause >= threshold]


def keep_bursts(groups: Sequence[Group], starts: Sequence[int], min_repeats: int) -> None:
    """Count what repeats within one burst, of all bursts in which it does."""
    for group in groups if starts else ():
        if group.repeats >= min_repeats and not group.folded:
            bursts = Counter(bisect_right(starts, span[6]) for span in group.spans)
            full = {burst for burst, times in bursts.items() if times >= min_repeats}
            group.count_only([s for s in group.spans if bisect_right(starts, s[6]) in full])


def _pauses(spans: Sequence[Span]) -> list[tuple[int, int]]:
    """Return the pauses of a tick and more, each with the start of what came after."""
    found = []
    latest = spans[0][7]
    for span in spans:
        if span[6] - latest >= _TICK_NS:
            found.append((span[6] - latest, span[6]))
        if span[7] > latest:
            latest = span[7]
    return found


def _is_timer(pauses: Sequence[int], spans: Sequence[Span]) -> bool:
    if len(pauses) < _TICKS:
        return False
    usual, idle = median(pauses), sum(pauses) / (spans[-1][6] - spans[0][6])
    return any(
        usual >= least
        and idle >= part
        and sum(abs(pause - usual) <= usual * most for pause in pauses) >= len(pauses) * 0.9
        for least, most, part in _TIMERS
    )
