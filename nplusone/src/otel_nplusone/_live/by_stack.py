"""Keep what is known of a call by the way that leads to it: each frame's code and instruction.

A statement of a loop comes by the same way each time, and to follow it frame by frame through the
names of files takes ten times as long as to see that it is the same.
"""

from collections.abc import Callable, Mapping
from types import CodeType, FrameType
from typing import Generic, TypeVar

T = TypeVar("T")
_MOST_KEPT = 4_096
_MOST_FRAMES = 200


class ByStack(Generic[T]):
    """Hold values by the frames around a call; each keeps its codes, so that no id is reused.

    Bounded: it forgets everything when it is full.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[int, ...], tuple[list[CodeType], T]] = {}
        self._skipped: Mapping[int, CodeType] = {}

    def look_up(
        self, frame: FrameType, skipped: Mapping[int, CodeType], read: Callable[[], tuple[T, bool]]
    ) -> T:
        """Return what is kept, or what read() returns, which says as well whether to keep it.

        skipped: codes that make no difference before the first other one; another mapping says
        that all that was read may be another now.
        """
        if skipped is not self._skipped:
            self._known, self._skipped = {}, skipped
        kept = self._known
        known = kept.get(_stack(frame, skipped))
        if known is not None:
            return known[1]
        value, is_worth_keeping = read()
        if is_worth_keeping:
            if len(kept) >= _MOST_KEPT:
                kept.clear()
            # What was read may have added to `skipped`: the next call has a shorter stack.
            kept[_stack(frame, skipped)] = _codes(frame), value
        return value


def _stack(frame: FrameType | None, skipped: Mapping[int, CodeType]) -> tuple[int, ...]:
    """Return code and instruction of each frame, from the first that is not skipped outwards."""
    while frame is not None and id(frame.f_code) in skipped:
        frame = frame.f_back
    found: list[int] = []
    add = found.append
    while frame is not None and len(found) < 2 * _MOST_FRAMES:
        add(id(frame.f_code))
        add(frame.f_lasti)
        frame = frame.f_back
    return tuple(found)


def _codes(frame: FrameType | None) -> list[CodeType]:
    found = []
    while frame is not None:
        found.append(frame.f_code)
        frame = frame.f_back
    return found
