"""Read off a statement what a row of it is: one by its key, those of an owner, links, a number."""

import re
from dataclasses import dataclass
from functools import lru_cache

from otel_nplusone._core.fingerprint import fingerprint

# SELECT count(DISTINCT …); SELECT (CAST (sum(…) AS numeric)), as Django casts money on SQLite
_AGGREGATE = re.compile(
    r"^SELECT (?:DISTINCT )?(?:(?:CAST|COALESCE|IFNULL|NVL|ROUND)? ?\()*(count|sum|avg|min|max)\(",
    re.IGNORECASE,
)
_NAMES = {"count": "Count", "sum": "Sum", "avg": "Avg", "min": "Min", "max": "Max"}
# `WHERE cat.owner_id = ?`, `WHERE ? = cat.owner_id`, `WHERE (cat.owner_id = ?)`, and what follows
_CONDITION = re.compile(
    r"\bWHERE \(*(?:\? = )?(?:[\w.]+\.)?(?P<column>\w+)\b(?: = \?)?(?=\)*(?:$| (?:AND|ORDER|LIMIT"
    r"|OFFSET|AS|FETCH|FOR|GROUP)\b))",
    re.IGNORECASE,
)
_FOREIGN = re.compile(r"_(?:id|fk|pk|uuid)$|[a-z](?:Id|ID)$")
_COLUMNS = re.compile(r"^SELECT (?:DISTINCT )?(?P<columns>[^()]*) FROM ", re.IGNORECASE)
# FROM tag, post_tag WHERE …;  FROM tag INNER JOIN post_tag ON …
_SECOND = re.compile(
    r" FROM [\w.]+(?: (?:AS )?\w+)?(?:,| (?:INNER |LEFT (?:OUTER )?)?JOIN) (?P<second>[\w.]+)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class AsksFor:
    """Tell what the statement asks for.

    `shape` is a field of the words of a library, or "ranged": a number under conditions that are
    not one key; `column` is what its condition is on, empty where
    that is not one; `link` is the table of links; `function` is the aggregate.
    """

    shape: str
    table: str
    column: str = ""
    link: str = ""
    function: str = ""


@lru_cache(maxsize=1024)
def asks_for(statement: str) -> AsksFor:
    """Return what a normalized SELECT asks for; never raises."""
    table = fingerprint(statement).table
    found = _CONDITION.search(statement)
    column = found["column"] if found else ""
    aggregate = _AGGREGATE.match(statement)
    if aggregate and column:
        return AsksFor("counted", table, column, function=aggregate[1].lower())
    if aggregate and " WHERE " in statement:
        return AsksFor("ranged", table, function=aggregate[1].lower())
    if not column or not _FOREIGN.search(column):
        return AsksFor("by_key", table, column)
    second = _SECOND.search(statement)
    if second and _is_of(second["second"], column, statement):
        return AsksFor("linked", table, column, link=second["second"])
    if _is_all_keys(statement):
        return AsksFor("linked", table, column, link=table)
    return AsksFor("by_owner", table, column)


def function_name(asked: AsksFor) -> str:
    """Return the aggregate as Django's classes are called."""
    return _NAMES.get(asked.function, "Count")


def _is_of(table: str, column: str, statement: str) -> bool:
    """Tell whether the condition is on a column of this table, by its name or its alias."""
    alias = re.search(rf"\b{re.escape(table)} (?:AS )?(\w+)", statement)
    names = {table.rpartition(".")[2], table, alias[1] if alias else table}
    return any(re.search(rf"\b{re.escape(name)}\.{column}\b", statement) for name in names)


def _is_all_keys(statement: str) -> bool:
    """Tell whether a statement reads keys of other tables alone, two of them or more."""
    found = _COLUMNS.match(statement)
    if found is None:
        return False
    columns = [part.partition(" ")[0].rpartition(".")[2] for part in found["columns"].split(", ")]
    keys = [column for column in columns if _FOREIGN.search(column)]
    return len(keys) >= 2 and len(keys) + columns.count("id") == len(columns)
