"""Make the next batch while the last one is stored: on two cores instead of one."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def made_ahead(items: Iterator[T]) -> Iterator[T]:
    """Yield what an iterator makes; a thread makes the next in the meantime.

    It pays where both sides let go of the interpreter's lock, as numpy and SQLite do.
    """
    with ThreadPoolExecutor(max_workers=1) as maker:
        coming = maker.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = maker.submit(next, items, None)
            yield item
