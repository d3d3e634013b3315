"""Make the next batch in a thread while the last one is stored.

The thread is there because numpy and SQLite both let go of the interpreter's lock: two cores work
instead of one.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def made_ahead(items: Iterator[T]) -> Iterator[T]:
    """Yield what an iterator makes; a thread makes the next in the meantime."""
    with ThreadPoolExecutor(max_workers=1) as maker:
        coming = maker.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = maker.submit(next, items, None)
            yield item
