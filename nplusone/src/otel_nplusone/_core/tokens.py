"""Split SQL text into tokens, in any dialect, for `fingerprint`.

A scanner and no parser: whatever is not a comment, a value, a cast or a name is an operator, so
that no text is refused and a text that is cut off simply ends.
"""

import re
from collections.abc import Iterator

VALUE = "?"

_IDENTIFIER = r'(?:[^\W\d][\w$]*|"(?:[^"]|"")*+"?|`[^`]*+`?|\[[^\W\d][\w $]*+\])'
_TOKEN = re.compile(
    rf"""
    (?P<skip> (?: \A | \n ) [ \t]* \#[^\n]* | [^\S\n]+ | \n | --[^\n]* | /\*.*?(?:\*/|\Z) )
  | (?P<value>
        (?<= ESCAPE[ ] ) '\\'                                           # LIKE … ESCAPE '\\'
      | (?: [eEnNbBxX] | [uU]& )? '(?: [^'\\] | '' | \\. )*+ \\? '?      # 'text', E'text', b'01'
      | \$ (?P<tag> (?: [^\W\d]\w* )? ) \$ .*? (?: \$ (?P=tag) \$ | \Z )  # $tag$text$tag$
    )
  | (?P<bind>
        % (?: \([^()]*\) [a-zA-Z]? | [sbt] (?!\w) )                       # %(name)s %s
      | \?\d* | \$\w+ | (?<![\w:]) :\w+ | @[^\W\d]\w* | \{{\w+:\w+\}}       # ? ?1 $1 $id :name @p1
      | __\[[^\[\]]*\]                                                    # SQLAlchemy's IN lists
    )
  | (?P<number> 0[xX][0-9a-fA-F]+ | (?: \d+\.?\d* | \.\d+ ) (?: [eE][+-]?\d+ )? \w* )
  | (?P<cast> :: \s* (?: "[^"]*+"? | \w+ (?: \.\w+ )? )
      (?: \s+ (?: varying | precision | with(?:out)? \s+ time \s+ zone ) )?
      (?: \( [\d\s,]* \) )? (?: \[\d*\] )* )
  | (?P<name> {_IDENTIFIER} (?: \. (?: {_IDENTIFIER} | \* ) )* )
  | (?P<operator> ->>? | \#>>? | <=> | [<>!]= | <> | \|\| | := | . )
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_QUOTES = re.compile(r'["`\[\]]')
# Literals that stand where a value may stand; after IS and NOT they are part of the condition.
_LITERALS = frozenset({"NULL", "TRUE", "FALSE"})
_NOT_A_LITERAL_AFTER = frozenset({"IS", "NOT", "OR"})
_WORDS = """
    ALL AND ANY ARRAY AS ASC BEGIN BETWEEN BY CASE CAST COMMIT CONFLICT CROSS DEFAULT DELETE DESC
    DISTINCT DO DUPLICATE ELSE END EXCEPT EXISTS FETCH FIRST FOR FROM FULL GROUP HAVING ILIKE IN
    INNER INSERT INTERSECT INTERVAL INTO IS JOIN KEY LATERAL LEFT LIKE LIMIT LOCKED MERGE NATURAL
    NEXT NOT NOTHING NOWAIT NULLS OFFSET ON ONLY OR ORDER OUTER OVER PARTITION RECURSIVE RELEASE
    REPLACE RETURNING RIGHT ROLLBACK SAVEPOINT SELECT SET SHARE SKIP START THEN TO TRANSACTION
    UNION UPDATE USING VALUES WHEN WHERE WINDOW WITH
"""
KEYWORDS = frozenset(_WORDS.split())
_LISTS = frozenset({"IN", "VALUES"})
_COMPARISONS = frozenset({"=", "<", ">", "!=", "<>", "<=", ">=", "<=>", "LIKE"})
_SIGNS = frozenset("+-")
_OPERATORS = frozenset({"=", "<", ">", "!=", "<>", "<=", ">=", "||", "+", "-", "*", "/", "%"})
_BEFORE_SIGN = _OPERATORS | {"(", "[", ","}


def tokens(sql: str) -> tuple[list[str], list[str | None]]:
    """Scan `sql`: values become VALUE, keywords upper case, names lower case without quotes.

    Comments and casts of values vanish. The second list has what each VALUE was in the text, None
    for a bind (`?`, `%s`, `:x`), whose value the text does not tell.
    """
    out: list[str] = []
    values: list[str | None] = []
    in_list = False
    for kind, text in _scan(sql):
        if kind == "name":
            name = VALUE if _is_text(text, out, in_list) else _name(text, out)
            if name is VALUE:
                values.append(text)
            elif name in KEYWORDS:
                in_list = name in _LISTS
            out.append(name)
        elif kind == "operator":
            out.append(text)
        elif kind == "cast":
            if not out or out[-1] != VALUE:
                out.append(text.lower())
        else:
            if kind == "number":
                text = _drop_sign(out) + text
            values.append(None if kind == "bind" else text)
            out.append(VALUE)
    return out, values


def _scan(sql: str) -> Iterator[tuple[str, str]]:
    for match in _TOKEN.finditer(sql):
        kind = match.lastgroup
        if kind is not None and kind != "skip":
            yield kind, match.group()


def _name(text: str, before: list[str]) -> str:
    upper = text.upper()
    if upper in KEYWORDS:
        return upper
    if upper in _LITERALS:
        condition = bool(before) and before[-1] in _NOT_A_LITERAL_AFTER
        return upper if condition else VALUE
    return (_QUOTES.sub("", text) if not text.isidentifier() else text).lower()


def _is_text(name: str, before: list[str], in_list: bool) -> bool:
    """Tell whether "…" is a text, as in MySQL, and not a name: it stands where a value stands."""
    if name[0] != '"' or name.count('"') != 2 or name[-1] != '"' or not before:
        return False
    return before[-1] in _COMPARISONS or (in_list and before[-1] in "(,")


def _drop_sign(out: list[str]) -> str:
    """Take the sign of a number away, so that -5 is a value as 5 is; a - 5 keeps its minus."""
    if not out or out[-1] not in _SIGNS:
        return ""
    before = out[-2] if len(out) > 1 else "("
    return out.pop() if before in _BEFORE_SIGN or before in KEYWORDS else ""
