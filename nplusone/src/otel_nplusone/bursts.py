"""Tells what repeats because there is much to do from what repeats because time passes.

    poll · · · · · poll · · · · · poll · · · · · poll        one statement a burst: no fault
    message: A A A A A A A · · · · · message: A A A A A A    an N+1 in each message

Two bursts are parted by two seconds in which an entry span has nothing running, or by less where a
timer ticks: pauses of 200 ms and more that differ by a tenth at most, and 20 times as long as the
work between them. What counts is what repeats within one burst. Shorter pauses without a rhythm are
those of a service that is overloaded: its N+1 is no less one.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from statistics import median

from otel_nplusone.group import Group
from otel_nplusone.model import Span

_PAUSE_NS = 2_000_000_000
_TICK_NS = 200_000_000
_TICKS = 4
_IDLE = 20


def burst_starts(spans: Sequence[Span]) -> list[int]:
    """Where the bursts of an entry span begin, the first one left out; spans are in order."""
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
    """The pauses of a tick and more, each with the start of what came after."""
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
    usual = median(pauses)
    alike = sum(abs(pause - usual) * 10 <= usual for pause in pauses) * 10 >= len(pauses) * 9
    whole = spans[-1][6] - spans[0][6]
    return alike and sum(pauses) * _IDLE >= whole * (_IDLE - 1)
