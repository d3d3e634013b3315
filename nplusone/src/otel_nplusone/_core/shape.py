"""Recognize a SQL text that is cut, a page, a sequence, and what a framework sends for itself."""

import re
from collections.abc import Collection

from otel_nplusone._core.tokens import KEYWORDS, VALUE

# Where exporters, SDKs and databases cut: at powers of two and round numbers.
_CUT_AT = frozenset(
    {128, 200, 255, 256, 500, 512, 1000, 1023, 1024, 2000, 2047, 2048, 4000, 4095, 4096}
)
_ENDS = (["ASC"], ["DESC"])
_CUT_MARKS = ("...", "…", "[truncated]", "(truncated)", "<truncated>")
_NOT_LAST = frozenset({",", "(", "=", "<", ">", ">=", "<=", "<>", "!=", "||", "+", "-", "."})
_MAY_BE_LAST_WORDS = """
    ALL ASC DESC END FIRST LAST LOCKED NOTHING NOWAIT ONLY UPDATE
"""
_MAY_BE_LAST = frozenset(_MAY_BE_LAST_WORDS.split())
_MAY_BE_LAST |= frozenset({"DEFAULT", "KEY", "RECURSIVE", "SHARE", "TRANSACTION", "COMMIT"})
_MAY_BE_LAST |= frozenset({"ROLLBACK", "BEGIN", "START"})
_CLAUSES = ("WHERE", "ORDER", "GROUP", "LIMIT", "LEFT", "INNER", "JOIN", "UNION", "HAVING", "FETCH")
_BLOCK_WORDS_WORDS = """
    TRANSACTION TRAN WORK IMMEDIATE DEFERRED EXCLUSIVE CONCURRENT
"""
_BLOCK_WORDS = frozenset(_BLOCK_WORDS_WORDS.split())
_CONDITIONS = frozenset({"WHERE", "AND", "OR", "ON", "BY"})
_PREAMBLE = frozenset({"DECLARE"})
_SEQUENCE = re.compile(
    r"\bnextval\(|\.nextval\b|\bNEXT value FOR\b|\bnext_val\b|\bgen_id\(", re.IGNORECASE
)
# Asked for itself, without a table: another value each time, or the state of the connection.
_FUNCTION = re.compile(
    r"""(?: (?:SELECT|,)\ (?: (?:dbo|pg_catalog)\.)? (?:
        now | current_timestamp | current_date | getdate | sysdate | clock_timestamp | random | rand
      | uuid | uuid_generate_v\d | gen_random_uuid | newid | newsequentialid | last_insert_id
      | scope_identity | lastval | currval | last_insert_rowid | changes | row_count | found_rows
      | quote | version | sqlite_version | database | current_database | current_schema
      | current_user | connection_id | pg_backend_pid | pg_is_in_recovery | set_config
      | current_setting | @\ \? | \?
    ) (?: \([^()]*\) )? (?: \ AS\ [\w?]+ )? )+""",
    re.VERBOSE | re.IGNORECASE,
)
_NO_TABLE = frozenset({"dual", "sysibm.sysdummy1", "rdb$database"})
_CATALOGUE = re.compile(
    r"(?:information_schema\.|pg_catalog\.|pg_(?:type|class|attribute|namespace|index|enum)$"
    r"|sqlite_(?:master|schema|temp_master)$|sys\.|all_tab|user_tab)"
)
_LIMITS = frozenset({"LIMIT", "FETCH", "top"})
_RANGE = re.compile(r"(?:^|[\w)\]] )[<>]=? (?:\?|\(\?)")
_KEYSET = re.compile(
    r"(?P<ranged>(?:\w+\.)*(?:id|pk|uuid|key)) [<>] \?.* ORDER BY (?P<ordered>[\w.]+)"
)
_OFFSETS = frozenset({"OFFSET"})
_LARGE_PAGE = 100


def significant(found: list[str], control: Collection[str]) -> tuple[list[str], bool]:
    """Leave out what stands around the statement that matters: `SET …;`, `BEGIN … END;`.

    The flag says that the same statement stands in the text several times: a batch.
    """
    if ";" not in found:
        return _bare(found), False
    parts = [_bare(part) for part in _parts(found)]
    kept = [p for p in parts if p and p[0].upper() not in control and p[0].upper() not in _PREAMBLE]
    if not kept:
        return next(iter(parts), []), False
    again = len(kept) > 2 and kept.count(kept[0]) > 1
    main: list[str] = []
    for part in [kept[0], *(part for part in kept[1:] if part not in kept[:1])][
        : 1 if again else 8
    ]:
        main += [";", *part] if main else part
    return main, again


def _parts(found: list[str]) -> list[list[str]]:
    parts: list[list[str]] = [[]]
    for token in found:
        if token == ";":
            parts.append([])
        else:
            parts[-1].append(token)
    return [part for part in parts if part]


def _bare(part: list[str]) -> list[str]:
    """Take the BEGIN of a block, the braces of `{call …}` and the name of a cursor away."""
    if part[:1] == ["declare"] and "cursor" in part and "FOR" in part:
        return part[part.index("FOR") + 1 :]
    if len(part) > 1 and part[0] == "BEGIN" and part[1].upper() not in _BLOCK_WORDS:
        return part[1:]
    if len(part) > 2 and part[0] == "{" and part[-1] == "}":
        return part[1:-1]
    return part


def is_not_of_the_application(text: str, table: str) -> bool:
    """Tell whether it is a ping, a look into the catalogue, or what a framework asks for itself."""
    if not text or _CATALOGUE.match(table):
        return True
    asked, _, rest = text.partition(" FROM ")
    return (not rest or rest in _NO_TABLE) and bool(_FUNCTION.fullmatch(asked))


def is_sequence(text: str) -> bool:
    """Tell whether it takes the next number of a sequence, another one each time."""
    return bool(_SEQUENCE.search(text))


def is_cut(sql: str, found: list[str], values: list[str | None]) -> bool:
    """Tell whether the end of the text is missing, as far as the text tells."""
    # A text that ends in a bind is hardly cut there, and its values are not in it either way; nor
    # is one that ends with the direction of its order.
    ends_well = (found[-1:] == [VALUE] and values[-1:] == [None]) or found[-1:] in _ENDS
    if (len(sql) in _CUT_AT and not ends_well) or sql.endswith(_CUT_MARKS):
        return True
    if not found:
        return False
    last = found[-1]
    if last in _NOT_LAST or (last in KEYWORDS and last not in _MAY_BE_LAST):
        return True
    return (
        found.count("(") > found.count(")")
        or _is_open(values[-1] if last == VALUE and values else None)
        or _ends_in_a_word(sql, found)
        or _has_no_table(found, values)
    )


def _is_open(value: str | None) -> bool:
    return value is not None and value.startswith("'") and (len(value) == 1 or value[-1] != "'")


def _ends_in_a_word(sql: str, found: list[str]) -> bool:
    """Tell whether a clause's word is cut: `FROM a WH`; an alias would be used elsewhere."""
    if found[0] != "SELECT" or len(found) < 4:
        return False
    if _is_part_of_a_name(found[-1], found[-2] in _CONDITIONS, found[:-2]):
        return True
    if "WHERE" in found:
        return False
    last = found[-1].upper()
    if sql[-1] == " " != sql[0] and "\n" not in sql and found[-2] in ("FROM", "JOIN"):
        return True
    if found[-2] in KEYWORDS or found[-2] in (",", VALUE) or f"{found[-1]}." in sql.lower():
        return False
    return any(clause != last and clause.startswith(last) for clause in _CLAUSES)


def _is_part_of_a_name(last: str, is_condition: bool, before: list[str]) -> bool:
    """Tell whether a longer name of the text begins so: `cat.name FROM c`, `… WHERE cat`."""
    tables = {name.rpartition(".")[0] for name in before if "." in name}
    return any(t.startswith(last) and (is_condition or last not in tables) for t in tables)


def _has_no_table(found: list[str], values: list[str | None]) -> bool:
    """Tell whether a list of columns is all that is left: `SELECT a.x, a.y`."""
    columns = found[0] == "SELECT" and "FROM" not in found and not values
    return columns and found[-1] != ")"


def is_page(found: list[str], values: list[str | None], text: str) -> bool:
    """Tell whether it reads many rows page by page: by key, by offset, or from a cursor.

    A condition on one value (`owner_id = ?`) tells the first rows of each owner from a page, unless
    the page is large.
    """
    if not found or found[0] == "FETCH":
        return bool(found)
    if found[0] != "SELECT" or _LIMITS.isdisjoint(found):
        return False
    size = _number_after(found, values, _LIMITS)
    if size is not None and size < 2:
        return False
    moves = "OFFSET" in found or "LIMIT ?, ?" in text or bool(_RANGE.search(text))
    is_of_one = "= ?" in text and (size is None or size < _LARGE_PAGE)
    return moves and (not is_of_one or _moves_by_itself(found, values, text))


def _moves_by_itself(found: list[str], values: list[str | None], text: str) -> bool:
    """Tell whether it begins where a page ended: behind an id, or at an offset that is told."""
    by_key = _KEYSET.search(text)
    if by_key and by_key["ranged"] == by_key["ordered"]:
        return True
    return bool(_number_after(found, values, _OFFSETS))


def _number_after(found: list[str], values: list[str | None], words: Collection[str]) -> int | None:
    """Return the rows that are asked for, or skipped; None where that is bound or not there."""
    at = next((n for n, token in enumerate(found) if token in words), len(found))
    after = found[at : at + 4]
    if VALUE not in after:
        return None
    number = found[: at + after.index(VALUE)].count(VALUE)
    if after[1:4] == [VALUE, ",", VALUE]:  # LIMIT offset, size
        number += 1
    value = values[number]
    return int(value) if value is not None and value.isdecimal() and len(value) < 19 else None
