"""Keep what is known of an instruction of a function, by the identity of its code.

Code objects are equal whose files differ, and to hash one takes longer than all that is kept here.
"""

from collections.abc import Callable
from types import CodeType
from typing import Generic, TypeVar

T = TypeVar("T")
_MOST_KEPT = 4_096


class ByCode(dict[tuple[int, int], tuple[CodeType, T]], Generic[T]):
    """Hold values by the id of the code and the offset; each keeps its code, so no id is reused.

    Bounded: it forgets everything when it is full, as where templates are compiled again and again.
    """

    def look_up(self, code: CodeType, offset: int, read: Callable[[], T]) -> T:
        """Return what is kept, or what read() returns, which is kept from now on."""
        known = self.get((id(code), offset))
        if known is not None:
            return known[1]
        value = read()
        if len(self) >= _MOST_KEPT:
            self.clear()
        self[(id(code), offset)] = code, value
        return value
