"""Reduce SQL text to a fingerprint: what is left of a statement without its values.

    SELECT "cat"."name" FROM cat WHERE cat.id = %(id_1)s::UUID
    select cat.name from cat where cat.id = 17 -- hot        → SELECT cat.name FROM cat
                                                               WHERE cat.id = ?
    … WHERE cat.id IN (?, ?, ?)                              → … WHERE cat.id IN (…)
    INSERT INTO cat (id) VALUES (?), (?)                     → INSERT INTO cat (id) VALUES (?), …

Two statements that differ in values, bind style, case, quoting, comments or the length of a list
have one fingerprint; `IN (…)` is never the same as `= ?`. Any text has a fingerprint: the digest
is that of the normalized text, and texts that are not SQL are compared as they stand.
"""

import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from otel_nplusone._core import shape
from otel_nplusone._core.tokens import KEYWORDS, VALUE, tokens

# Longer texts are bulk statements: to keep them would cost megabytes and spare nothing.
_LONGEST_CACHED = 16_384
_LONGEST_READ = 262_144
_WRITES = frozenset({"INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE"})
_BULK = frozenset({"COPY", "LOAD"})
# Functions that make rows of an array or a document (PostgreSQL, SQL Server, MySQL, SQLite).
_SET_OF_ROWS = re.compile(
    r"\b(?:unnest|jsonb?_to_recordset|jsonb?_populate_recordset|jsonb?_array_elements"
    r"|openjson|json_table|json_each)\s*\("
)
_CURSORS = frozenset(["FETCH", "GETMORE", "GET_MORE", "SCAN", "HSCAN", "SSCAN", "ZSCAN", "SCROLL"])
_VERBS = _WRITES | {"SELECT"}
_CONTROL_WORDS = """
    BEGIN COMMIT ROLLBACK SAVEPOINT RELEASE START END
    SET RESET SHOW USE PRAGMA DISCARD DEALLOCATE CLOSE PING DESCRIBE EXPLAIN
"""
_CONTROL = frozenset(_CONTROL_WORDS.split())
_TABLE_FOLLOWS = frozenset({"FROM", "INTO", "UPDATE", "JOIN"})
# Words of SQL that are names of tables as well, without quotes.
_NAMES_TOO = frozenset({"FIRST", "KEY", "NEXT", "RELEASE", "SHARE", "START", "TRANSACTION"})
_NO_NAMES = KEYWORDS - _NAMES_TOO
_LIST = frozenset({VALUE, ",", "(", ")"})
_NO_SPACE_BEFORE = frozenset({",", ")", "]", ";"})
_NO_SPACE_AFTER = frozenset({"(", "["})
_ANY_LIST = "(…)"
_MORE_ROWS = ", …"
_ARRAY_SIZE = 1_000  # one bind holds an array of unknown length: it counts as a long list
# As Diesel's debug_query writes the values: `… WHERE id = ? -- binds: [7, "Tom"]`.
_BINDS = re.compile(r"--\s*binds: \[(.*)\]\s*\Z", re.DOTALL)
_BIND = re.compile(r'"(?:[^"\\]|\\.)*+"|[^\s,"][^,"]*')
_SP_EXECUTESQL = re.compile(r"\bsp_executesql\s+N?'((?:[^']|'')*)'", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Hold a statement without its values.

    `text` may be shown to anybody; `digest` names it. `has_binds` says that the values are not in
    the text, `list_size` how many there are in the longest `IN (…)`, `has_equality` that there is
    a condition on one value as well, `many_rows` that several rows are written at once, and
    `is_control` that no loop over rows sends it: transactions, settings, pings. `is_cut` says that
    the end of the text is missing, `is_page` that it reads a page of many rows, `is_sequence` that
    it gives another value each time. `values` is a hash of the values that are in the text.
    """

    text: str
    digest: str
    verb: str
    table: str
    has_binds: bool
    has_equality: bool
    list_size: int
    many_rows: bool
    is_control: bool
    is_cut: bool = False
    is_page: bool = False
    is_sequence: bool = False
    values: int = 0

    @property
    def is_write(self) -> bool:
        """Tell whether it changes rows."""
        return self.verb in _WRITES

    @property
    def is_cursor(self) -> bool:
        """Tell whether it reads on where it was, with the same words: FETCH, getMore, SCAN."""
        return self.verb in _CURSORS

    @property
    def summary(self) -> str:
        """Return verb and first table, `SELECT cat`."""
        return f"{self.verb} {self.table}".strip()


def fingerprint(sql: str) -> Fingerprint:
    """Return the fingerprint of any text; never raises."""
    if len(sql) <= _LONGEST_CACHED:
        return _cached(sql)
    return _fingerprint(sql[:_LONGEST_READ])


def _fingerprint(sql: str) -> Fingerprint:
    inner = _SP_EXECUTESQL.search(sql) if "_executesql" in sql.lower() else None
    scanned, values = tokens(inner[1].replace("''", "'") if inner else sql)
    told = _BINDS.search(sql) if "binds: [" in sql else None
    if told:
        values = _with_binds(values, told[1])
    found, again = shape.significant(scanned, _CONTROL)
    verb, table = _verb(found), _table(found)
    collapsed, list_size, many_rows = _collapse(found)
    text = _join(collapsed)
    if list_size == 1 and "__[" in sql:  # SQLAlchemy's IN list before it is expanded
        list_size = _ARRAY_SIZE
    return Fingerprint(
        text=text,
        digest=digest(text),
        verb=verb,
        table=table,
        has_binds=None in values or (inner is None and len(found) == 1),
        has_equality="= ?" in text,
        list_size=list_size,
        many_rows=many_rows or again or verb in _BULK or _writes_a_set(verb, text),
        is_control=verb in _CONTROL or shape.is_not_of_the_application(text, table),
        is_cut=shape.is_cut(sql, scanned, values),
        is_page=shape.is_page(scanned, values, text),
        is_sequence=shape.is_sequence(text),
        values=hash(tuple(values)),
    )


def _with_binds(values: list[str | None], told: str) -> list[str | None]:
    """Put the values that a comment tells where the binds are; all of them where that is open."""
    binds = _BIND.findall(told)
    if len(binds) != values.count(None):
        binds = [told] * values.count(None)
    each = iter(binds)
    return [next(each) if value is None else value for value in values]


def _writes_a_set(verb: str, text: str) -> bool:
    """Tell whether rows are written that one parameter holds, an array or a document of them."""
    return verb in _WRITES and _SET_OF_ROWS.search(text) is not None


def digest(text: str) -> str:
    """Name a text by 16 hex digits."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


_cached = lru_cache(maxsize=4096)(_fingerprint)


def _verb(found: list[str]) -> str:
    """Return the first word, or the verb after the common table expressions."""
    if not found:
        return ""
    depth = 0
    for token in found:
        if token == "(":
            depth += 1
        elif token == ")":
            depth -= 1
        elif token in _VERBS and (depth <= 0 or found[0] == "("):
            return token
        elif found[0] not in ("WITH", "("):
            break
    return found[0].upper()


def _table(found: list[str]) -> str:
    """Return the first table, that of the statement before that of a subquery in its columns."""
    first, depth = "", 0
    takes_any = found[:1] in (["WITH"], ["("])
    for token, following in pairwise(found):
        depth += (token == "(") - (token == ")")
        if token not in _TABLE_FOLLOWS:
            continue
        if following == "(" and depth == 0:
            takes_any = True  # FROM (SELECT … FROM cat): what it is made of
        elif following[0] not in "(?" and following not in _NO_NAMES:
            name = following.lower() if following in _NAMES_TOO else following
            if takes_any or depth <= 0:
                return name
            first = first or name
    return first


def _collapse(found: list[str]) -> tuple[list[str], int, bool]:
    """Make lists of any length one list, and rows of any number one row and a mark."""
    out: list[str] = []
    list_size, many_rows = 0, False
    at = 0
    while at < len(found):
        token = found[at]
        out.append(token)
        at += 1
        if token in ("IN", "ANY", "ARRAY"):
            end = _end_of_list(found, at)
            if end > at:
                out.append(_ANY_LIST)
                size = _size(token, found[at:end])
                list_size, at = max(list_size, size), end
        elif token == "VALUES":
            first_end, end = _rows(found, at)
            out.extend(found[at:first_end])
            if end > first_end:
                out.append(_MORE_ROWS)
                many_rows = True
            at = end
    return out, list_size, many_rows


def _size(word: str, values: list[str]) -> int:
    """Count the keys of a list; one bind without parentheses, or in ANY, may hold any number."""
    size = values.count(VALUE)
    is_unknown = values[0] == VALUE or (size == 1 and word == "ANY")
    return _ARRAY_SIZE if is_unknown else size


def _end_of_list(found: list[str], start: int) -> int:
    """Return where a list of values ends that begins at `start`; `start` if there is none."""
    if start < len(found) and found[start] == VALUE:
        return start + 1
    if start < len(found) and found[start] == "[":
        return _end_of_array(found, start)
    depth = 0
    for at in range(start, len(found)):
        token = found[at]
        if token not in _LIST or (at == start and token != "("):
            return start
        depth += (token == "(") - (token == ")")
        if depth == 0:
            return at + 1
    return len(found)


def _end_of_array(found: list[str], start: int) -> int:
    for at in range(start + 1, len(found)):
        if found[at] == "]":
            return at + 1
        if found[at] not in _LIST:
            return start
    return len(found)


def _rows(found: list[str], start: int) -> tuple[int, int]:
    """Return where the first row after VALUES ends, and where the last one does."""
    first_end = end = _end_of_row(found, start)
    while end > start and found[end : end + 2] == [",", "("]:
        end = _end_of_row(found, end + 1)
    return first_end, end


def _end_of_row(found: list[str], start: int) -> int:
    depth = 0
    for at in range(start, len(found)):
        depth += (found[at] == "(") - (found[at] == ")")
        if depth == 0:
            return at + 1 if at > start else start
    return len(found)


def _join(found: list[str]) -> str:
    parts: list[str] = []
    before, before_that = "(", ""
    for token in found:
        is_table = before_that in _TABLE_FOLLOWS and token == "("  # INSERT INTO cat (name)
        if is_table or not _touch(before, token):
            parts.append(" ")
        parts.append(token)
        before, before_that = token, before
    return "".join(parts)


def _touch(before: str, token: str) -> bool:
    if token in _NO_SPACE_BEFORE or before in _NO_SPACE_AFTER:
        return True
    if token == _MORE_ROWS or token.startswith("::"):
        return True
    called = before[-1].isalnum() or before[-1] == "_"
    return token in _NO_SPACE_AFTER and called and before not in KEYWORDS
