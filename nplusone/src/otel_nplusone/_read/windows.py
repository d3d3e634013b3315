"""Read the traces of a long time by many small questions, each bounded by the spans it loads.

    12:00                                     13:00
    |····████|····████|····████| … |····████|····███|    slots, at least twelve: asked in turns,
                                                         the newest first, one question each time
    a slot    |·········[──window──]██████|              read from its end backwards

A backend loads all spans of all traces that a question finds, at hundreds or ten thousands of
spans each, and Badger an index key for every span of the window. So a window is a second at first
and one trace deep. What comes back says more: traces of 500 spans allow a depth of twenty, a
window that is not full allows a wider one, a full one is asked again deeper or narrower. Sizes are
remembered by slot, and a slot heeds its neighbours'. When a reader has had enough in the middle,
all of the time is read in part, rather than its newest minute alone.

Traces that overlap cannot be told apart by narrower windows. A reader of everything asks deeper
then, past the bound; any other goes on to the next window.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import pairwise
from math import inf
from statistics import median_low

from otel_nplusone._read.http_json import NoAnswerError, OverloadedError
from otel_nplusone._read.jaeger_api import Stored, Window
from otel_nplusone.errors import BackendError

MOST_SPANS = 10_000  # of one question: about a hundred megabytes in Jaeger
_MOST_DEPTH = 64
_LEAST_SLOTS = 12
_WIDEST_NS = 300_000_000_000
_FIRST_NS = 1_000_000_000
_NARROWEST_NS = 1_000_000
_RETRIES = 4
_FIRST_PAUSE_S = 0.25

Ask = Callable[[Window, int], Sequence[Stored]]
Pause = Callable[[float], None]
Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Limit:
    """Say when a reader has had enough; the last question may load more spans than are left."""

    traces: float = inf
    spans: float = inf
    seconds: float = inf


NO_LIMIT = Limit()


@dataclass(slots=True)
class Slot:
    """Hold a part of the time of one service; `left` is what of it is still to be read."""

    left: Window
    width_ns: int = 0
    depth: int = 1
    least_depth: int = 1
    most_depth: int = _MOST_DEPTH
    largest: int = 1
    failures: int = 0
    skipped: list[Window] = field(default_factory=list)

    @property
    def is_read(self) -> bool:
        """Tell whether nothing is left."""
        return self.left.end_ns <= self.left.start_ns

    @property
    def unread(self) -> list[Window]:
        """Return the windows that were not read, or not whole."""
        return [*self.skipped, *([] if self.is_read else [self.left])]

    def next_window(self) -> Window:
        """Return what to ask about next."""
        start_ns = max(self.left.start_ns, self.left.end_ns - self.width_ns)
        return replace(self.left, start_ns=start_ns)

    def go_on(self, window: Window, found: Sequence[Stored]) -> None:
        """Leave a window that was read, for a wider one if there was room for more."""
        self.left = replace(self.left, end_ns=window.start_ns)
        if len(found) * 4 <= self.depth:
            self.width_ns *= 4
        elif len(found) * 2 <= self.depth or self.width_ns < _usual_ns(found):
            self.width_ns *= 2

    def skip(self, window: Window) -> None:
        """Leave a window that was read in part."""
        self.skipped.append(window)
        self.left = replace(self.left, end_ns=window.start_ns)
        self.width_ns *= 2


class Reading:
    """Read the traces of some windows, each trace once; `whole` if none may be left out.

    `loaded` counts the spans that the backend had to load for it so far.
    """

    def __init__(
        self,
        ask: Ask,
        windows: Sequence[Window],
        *,
        whole: bool = False,
        place: str = "",
        pause: Pause = time.sleep,
        clock: Clock = time.monotonic,
    ) -> None:
        self.loaded = 0
        self.retried = 0
        self._ask = ask
        self._whole = whole
        self._place = place
        self._pause = pause
        self._clock = clock
        self._seen: set[str] = set()
        self._rows = [_slots(window) for window in windows]

    @property
    def traces(self) -> int:
        """Return how many traces were found so far."""
        return len(self._seen)

    def unread(self, service: str) -> list[Window]:
        """Return the windows of a service that were not read, or not whole, newest first."""
        return [
            window
            for row in self._rows
            for slot in row
            for window in slot.unread
            if window.service == service
        ]

    def read(self, limit: Limit = NO_LIMIT) -> Iterator[Stored]:
        """Yield traces until all are read, or as many as the limit says."""
        end_s = self._clock() + limit.seconds
        while turn := list(self._turn()):
            for row, number in turn:
                left = limit.traces - len(self._seen)
                if left <= 0 or self.loaded >= limit.spans or self._clock() >= end_s:
                    return
                yield from self._step(row, number, left)

    def _turn(self) -> Iterator[tuple[list[Slot], int]]:
        """Yield the slots of all services that are not read, the newest first."""
        for number in range(max(map(len, self._rows), default=0)):
            for row in self._rows:
                if number < len(row) and not row[number].is_read:
                    yield row, number

    def _step(self, row: list[Slot], number: int, most_traces: float) -> list[Stored]:
        """Ask one question of a slot; return the traces that are new, `most_traces` at most."""
        slot = row[number]
        slot.width_ns = slot.width_ns or (row[number - 1].width_ns if number else _FIRST_NS)
        window = slot.next_window()
        most_depth = min(_room(row, number), slot.most_depth)
        depth = max(slot.least_depth, min(slot.depth, most_depth))
        try:
            found = self._ask(window, depth)
        except OverloadedError as error:
            self._ask_less(slot, window, error)
            return []
        slot.failures = 0
        self.loaded += sum(one.size for one in found)
        slot.largest = max([slot.largest, *(one.size for one in found)])
        new = [one for one in found if one.trace_id not in self._seen]
        if len(new) > most_traces:
            new = new[: int(most_traces)]
        elif len(found) < depth:
            slot.go_on(window, found)
        else:
            self._ask_again(row, number, window, found)
        self._seen.update(one.trace_id for one in new)
        return new

    def _ask_again(
        self, row: Sequence[Slot], number: int, window: Window, found: Sequence[Stored]
    ) -> None:
        """Ask for more at a time or in less time, as there may be more in a window."""
        slot, room = row[number], _room(row, number)
        most_depth = min(room, slot.most_depth)
        narrower_ns = _narrower(window, found)
        if slot.depth < most_depth:
            slot.depth = min(most_depth, slot.depth * 4)
        elif narrower_ns:
            slot.width_ns = narrower_ns
        elif slot.most_depth < _MOST_DEPTH:  # it failed when more was asked for
            if self._whole:
                raise BackendError(f"{self._place}: {words(window)} holds more than it can give")
            slot.skip(window)
        elif self._whole or len(found) < room:
            slot.least_depth = len(found) * 2 if self._whole else min(len(found) * 2, room)
        else:
            slot.skip(window)

    def _ask_less(self, slot: Slot, window: Window, error: OverloadedError) -> None:
        """Give a backend that failed some time, and ask for less of it; or give up."""
        slot.failures += 1
        if slot.failures <= _RETRIES:
            self.retried += 1
            slot.depth = slot.most_depth = max(1, slot.depth // 4)
            slot.least_depth = 1
            slot.width_ns = max(_NARROWEST_NS, (window.end_ns - window.start_ns) // 4)
            self._pause(_FIRST_PAUSE_S * 2**slot.failures)
        elif isinstance(error, NoAnswerError):
            raise BackendError(
                f"{self._place}: the backend went away while {words(window)} was read; it may have"
                f" been killed for memory: see its log, start it again and ask for less ({error})"
            ) from error
        elif self._whole or not self._seen:
            raise error
        else:
            slot.skip(slot.left)


def words(window: Window) -> str:
    """Return `the window 12:00:05–12:00:06 of clinic`, by the local clock."""
    start, end = (
        datetime.fromtimestamp(time_ns / 1e9).astimezone()
        for time_ns in (window.start_ns, window.end_ns)
    )
    day = "" if start.date() == datetime.now().astimezone().date() else f"{start:%Y-%m-%d} "
    return f"the window {day}{start:%H:%M:%S}–{end:%H:%M:%S} of {window.service}"


def _slots(window: Window) -> list[Slot]:
    """Split a window into slots, the newest first; none is shorter than a first question."""
    length_ns = window.end_ns - window.start_ns
    count = max(_LEAST_SLOTS, -(-length_ns // _WIDEST_NS))
    count = max(1, min(count, length_ns // _FIRST_NS))
    edges = [window.end_ns - length_ns * number // count for number in range(count + 1)]
    return [
        Slot(replace(window, start_ns=start_ns, end_ns=end_ns))
        for end_ns, start_ns in pairwise(edges)
    ]


def _room(row: Sequence[Slot], number: int) -> int:
    """Return how many traces, as large as those of a slot and its neighbours, may be asked for."""
    largest = max(slot.largest for slot in row[max(0, number - 1) : number + 2])
    return max(1, MOST_SPANS // largest)


def _narrower(window: Window, found: Sequence[Stored]) -> int:
    """Return the width that may hold no more than these traces; 0 where it would part nothing.

    In a window as short as a trace is long, all traces of the time are found whatever its width.
    """
    width_ns, usual_ns = window.end_ns - window.start_ns, _usual_ns(found)
    if width_ns <= usual_ns:
        return 0
    reach_ns = window.end_ns - min(max(one.start_ns, window.start_ns) for one in found)
    return max(usual_ns, min(width_ns // 2, reach_ns))


def _usual_ns(found: Sequence[Stored]) -> int:
    return max(_NARROWEST_NS, median_low(one.end_ns - one.start_ns for one in found))
