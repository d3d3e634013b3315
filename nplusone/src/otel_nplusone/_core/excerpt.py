"""Shorten statements from their columns: what is asked of which table, and where, stays.

    SELECT cat.id, cat.name, … FROM cat JOIN owner ON … WHERE cat.owner_id = ? ORDER BY cat.name

The columns go first, those of INSERT and SET as well, the longest list before others; then the
middle of the joins; then the middle of the condition. FROM and WHERE are never lost.
"""

import re
from collections.abc import Callable, Iterator

_WORD = re.compile(r"[()]|\b(?:SELECT|FROM|INTO|SET|WHERE|VALUES)\b", re.IGNORECASE)
_MARK = "…"
# So much is left of whatever is cut: a column or two, the table and the first words of a join.
_LEAST = 24
_LEAST_OF_SEVERAL = 80
_Part = tuple[int, int]


def shorten(statement: str, most: int = 300) -> str:
    """Return a statement of `most` characters, or a little more if its tables need that.

    Of several statements in a row, each is shortened by itself.
    """
    if len(statement) > most and "; " in statement:
        several = statement.split("; ")
        each = max(most // len(several), _LEAST_OF_SEVERAL)
        return "; ".join(shorten(one, each) for one in several)
    for parts, clip in ((_columns, _head), (_tables, _ends), (_conditions, _ends)):
        if len(statement) > most:
            statement = _clipped(statement, _apart(parts(statement)), clip, most)
    if len(statement) <= most or _WORD.search(statement):
        return statement
    return f"{statement[: most - 2]} {_MARK}"  # no SQL: an address, a key


class Excerpts:
    """Shorten the statements of one report, so that no two of them read alike."""

    def __init__(self) -> None:
        self._statements: dict[str, str] = {}

    def __call__(self, statement: str, most: int = 300) -> str:
        """Return the short form, or the whole where another statement has that form already."""
        short = shorten(statement, most)
        return short if self._statements.setdefault(short, statement) == statement else statement


def _clipped(statement: str, parts: list[_Part], clip: Callable[[str, int], str], most: int) -> str:
    """Cut the longest parts first, and none of them more than there is need to."""
    for start, end in sorted(parts, key=lambda part: part[0] - part[1]):
        excess = len(statement) - most
        if excess > 0 and end - start > _LEAST:
            clipped = clip(statement[start:end], max(_LEAST, end - start - excess))
            # What follows keeps its place until all are clipped.
            statement = statement[:start] + clipped.ljust(end - start, "\0") + statement[end:]
            most += end - start - len(clipped)
    return statement.replace("\0", "")


def _head(part: str, most: int) -> str:
    head = part[: most - 2]
    return f"{head[: head.rfind(' ')] if ' ' in head.strip() else head} {_MARK} ".lstrip()


def _ends(part: str, most: int) -> str:
    front = part[: most * 2 // 3 - 3]
    back = part[len(part) - most // 3 :]
    return f"{front.rpartition(' ')[0] or front} {_MARK} {back.partition(' ')[2] or back}"


def _apart(parts: Iterator[_Part]) -> list[_Part]:
    """Leave out the parts that lie within others."""
    found: list[_Part] = []
    for start, end in sorted(parts, key=lambda part: (part[0], -part[1])):
        if not found or start >= found[-1][1]:
            found.append((start, end))
    return found


def _columns(statement: str) -> Iterator[_Part]:
    """Yield what stands between SELECT and FROM, SET and WHERE, and in the lists of an INSERT."""
    begun: dict[int, int] = {}
    lists: dict[int, int] = {}
    depth, is_list = 0, False
    for found in _WORD.finditer(statement):
        word = found[0].upper()
        if word == "(":
            depth += 1
            if is_list:
                lists[depth] = found.end()
        elif word == ")":
            if depth in lists:
                yield lists.pop(depth), found.start()
            begun.pop(depth, None)
            depth -= 1
        elif word in ("SELECT", "SET"):
            begun[depth] = found.end() + 1
        elif word in ("FROM", "WHERE") and depth in begun:
            yield begun.pop(depth), found.start()
        is_list = word in ("INTO", "VALUES")
    if begun.get(0):
        yield begun[0], len(statement)


def _tables(statement: str) -> Iterator[_Part]:
    """Yield what stands between FROM and WHERE."""
    at = dict(_outermost(statement))
    if "FROM" in at:
        start = at["FROM"] + len("FROM ")
        yield start, max(start, at.get("WHERE", len(statement)))


def _conditions(statement: str) -> Iterator[_Part]:
    """Yield what stands behind WHERE, with the order."""
    start = dict(_outermost(statement)).get("WHERE")
    if start is not None:
        yield start + len("WHERE "), len(statement)


def _outermost(statement: str) -> Iterator[tuple[str, int]]:
    """Yield the words of the statement itself, not of those within it, and where they begin."""
    depth = 0
    for found in _WORD.finditer(statement):
        depth += (found[0] == "(") - (found[0] == ")")
        if depth <= 0:
            yield found[0].upper(), found.start()
