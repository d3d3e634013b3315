"""Keep what is known of a call by the way that leads to it: each frame's code and instruction.

A statement of a loop comes by the same way each time, and to follow it frame by frame through the
names of files takes ten times as long as to see that it is the same.
"""

from collections.abc import Callable, Mapping
from types import CodeType, FrameType
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")
_MOST_KEPT = 4_096
_MOST_NUMBERS = 400


class Read(NamedTuple, Generic[T]):
    """Hold what was read off a stack; `end` is the frame at which reading has ended.

    `is_of_its_code` says that all of it follows from the codes and instructions up to there.
    """

    value: T
    end: FrameType | None
    is_of_its_code: bool


class ByStack(Generic[T]):
    """Hold values by the frames around a call; each keeps its codes, so that no id is reused.

    Bounded: it forgets everything when it is full.
    """

    def __init__(self) -> None:
        self._skipped: Mapping[int, CodeType] = {}
        self._forget()

    def look_up(
        self, frame: FrameType, skipped: Mapping[int, CodeType], read: Callable[[], Read[T]]
    ) -> T:
        """Return what is kept, or what read() returns, which is kept if it is of its code.

        skipped: codes that make no difference before the first other one; another mapping says
        that all that was read may be another now.
        """
        if skipped is not self._skipped:
            self._skipped = skipped
            self._forget()
        kept, ends = self._kept, self._ends
        known = kept.get(_stack(frame, skipped, ends)[0])
        if known is not None:
            return known[1]
        found = read()
        if found.end is not None and found.is_of_its_code:
            if len(kept) >= _MOST_KEPT:
                self._forget()
                kept, ends = self._kept, self._ends
            ends[id(found.end.f_code)] = found.end.f_code
            # What was read may have added to `skipped`: the next call has a shorter stack.
            stack, last = _stack(frame, skipped, ends)
            if last is found.end:  # and not one that ended another way before
                kept[stack] = _codes(frame, last), found.value
        return found.value

    def _forget(self) -> None:
        self._kept: dict[tuple[int, ...], tuple[list[CodeType], T]] = {}
        self._ends: dict[int, CodeType] = {}


def _stack(
    frame: FrameType | None, skipped: Mapping[int, CodeType], ends: Mapping[int, CodeType]
) -> tuple[tuple[int, ...], FrameType | None]:
    """Return code and instruction of each frame outwards, and the last frame: one of `ends`.

    It begins with the first that is not skipped.
    """
    while frame is not None and id(frame.f_code) in skipped:
        frame = frame.f_back
    found: list[int] = []
    while frame is not None:
        code = id(frame.f_code)
        found += (code, frame.f_lasti)
        if code in ends or len(found) > _MOST_NUMBERS:
            break
        frame = frame.f_back
    return tuple(found), frame


def _codes(frame: FrameType | None, last: FrameType) -> list[CodeType]:
    found = [last.f_code]
    while frame is not None and frame is not last:
        found.append(frame.f_code)
        frame = frame.f_back
    return found
