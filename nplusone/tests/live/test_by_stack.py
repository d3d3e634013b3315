"""Test that what is known of a call is found again by its way alone, and only where that is all."""

import sys
from collections.abc import Callable
from types import CodeType, FrameType

from otel_nplusone._live.by_stack import ByStack, Read


class Reader:
    """Read a number, another each time."""

    def __init__(self, *, is_of_its_code: bool = True, end: str = "entry") -> None:
        self.times = 0
        self._is_of_its_code = is_of_its_code
        self._end = end

    def __call__(self) -> Read[int]:
        self.times += 1
        frame: FrameType | None = sys._getframe()
        while frame is not None and frame.f_code.co_name != self._end:
            frame = frame.f_back
        return Read(self.times, frame, self._is_of_its_code)


def entry(call: Callable[[], int]) -> int:
    return call()


def ask(known: ByStack[int], reader: Reader, skipped: dict[int, CodeType]) -> int:
    return known.look_up(sys._getframe(), skipped, reader)


def test_the_same_way_is_read_once() -> None:
    known, reader, skipped = ByStack[int](), Reader(), dict[int, CodeType]()

    values = [entry(lambda: ask(known, reader, skipped)) for _ in range(3)]

    assert values == [1, 1, 1]


def test_another_line_of_the_same_functions_is_another_way() -> None:
    known, reader, skipped = ByStack[int](), Reader(), dict[int, CodeType]()

    def one() -> int:
        return ask(known, reader, skipped)

    def other() -> int:
        if not reader.times:
            return ask(known, reader, skipped)
        return ask(known, reader, skipped)

    assert [entry(one), entry(other), entry(one), entry(other)] == [1, 2, 1, 2]


def test_where_it_is_called_from_beyond_the_entry_makes_no_difference() -> None:
    known, reader, skipped = ByStack[int](), Reader(), dict[int, CodeType]()

    def call() -> int:
        return ask(known, reader, skipped)

    first = entry(call)
    second = entry(call)

    assert (first, second) == (1, 1)


def test_what_follows_from_objects_as_well_is_read_each_time() -> None:
    known, reader, skipped = ByStack[int](), Reader(is_of_its_code=False), dict[int, CodeType]()

    values = [entry(lambda: ask(known, reader, skipped)) for _ in range(2)]

    assert values == [1, 2]


def test_what_ends_nowhere_is_read_each_time() -> None:
    known, reader, skipped = ByStack[int](), Reader(end="nowhere"), dict[int, CodeType]()

    values = [entry(lambda: ask(known, reader, skipped)) for _ in range(2)]

    assert values == [1, 2]


def test_another_set_of_libraries_makes_it_forget() -> None:
    known, reader = ByStack[int](), Reader()
    skipped: list[dict[int, CodeType]] = [{}, {}]

    values = [entry(lambda n=n: ask(known, reader, skipped[n])) for n in (0, 0, 1)]  # type: ignore[misc]

    assert values == [1, 1, 2]
