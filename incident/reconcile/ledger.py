"""Put three counts of the same statements side by side; pure.

    service   what the clinic counts where it sends a statement
    spans     DB spans in the trace backend
    database  calls in pg_stat_statements, where there is a PostgreSQL

The three spell a statement differently (`%(id_1)s::UUID`, `$1::UUID`, `?`), so a line of the
ledger is a statement without its placeholders. What the database counts beyond that has to be
accounted for by a rule; what no rule explains is a difference.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

# psycopg's, PostgreSQL's, SQLite's; then a list of any length, as IN has it.
_PLACEHOLDER = re.compile(r"%\(\w+\)s|\$\d+|\?|(?<![\w.])\d+(?![\w.])")
_LIST = re.compile(r"\(\?(?:::\w+)?(?:, \?(?:::\w+)?)+\)")
# PostgreSQL 18 writes one element, and this for the others.
_MORE = re.compile(r" /\*, \.\.\. \*/")

# What a session sends in addition to the statements of pages.
_ACCOUNTED = (
    ("transaction control", re.compile(r"(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|SET)\b", re.I)),
    ("psycopg's prepared statements", re.compile(r"(DEALLOCATE|DISCARD)\b", re.I)),
    ("the pool's ping of a connection", re.compile(r"(SELECT \?)?;?$", re.I)),
    ("health checks", re.compile(r"SELECT clinic\.id FROM clinic LIMIT \?(::\w+)?$", re.I)),
    (
        "the dialect's first questions",
        re.compile(r"(select pg_catalog\.|select current_schema|show )", re.I),
    ),
    (
        "the schema's version, at the start",
        re.compile(r"SELECT to_regclass\(\?\) IS NOT NULL, obj_description\(", re.I),
    ),
    ("psycopg's look at types", re.compile(r"SELECT .* FROM pg_type\b", re.I)),
)


@dataclass(frozen=True, slots=True)
class Line:
    """Hold one statement's three counts; `database` is None if there is no database to ask."""

    statement: str
    service: int
    spans: int
    database: int | None

    @property
    def difference(self) -> int:
        """Return the distance between the highest and the lowest count: 0 if all agree."""
        counts = [self.service, self.spans]
        if self.database is not None:
            counts.append(self.database)
        return max(counts) - min(counts)


@dataclass(frozen=True, slots=True)
class Ledger:
    """Hold all lines, the most frequent statement first, and what else the database counted."""

    lines: tuple[Line, ...]
    accounted: Mapping[str, int]

    @property
    def agrees(self) -> bool:
        return bool(self.lines) and all(line.difference == 0 for line in self.lines)

    @property
    def total(self) -> Line:
        database = [line.database for line in self.lines if line.database is not None]
        return Line(
            "all",
            sum(line.service for line in self.lines),
            sum(line.spans for line in self.lines),
            sum(database) if database else None,
        )


def normalize(text: str) -> str:
    """Return a statement on one line, with `?` for every placeholder and number."""
    line = _PLACEHOLDER.sub("?", " ".join(_MORE.sub(", ?", text).split()))
    return _LIST.sub("(?, …)", line)


def digest(text: str) -> str:
    """Return what the clinic's metric calls a statement: the start of its text's SHA-256."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def balance(
    service: Mapping[str, int], spans: Mapping[str, int], database: Mapping[str, int] | None
) -> Ledger:
    """Put the counts side by side.

    `service` is by digest, `spans` and `database` by text. A statement that one of them does not
    know is a line with a zero, unless it is the database's and accounted for.
    """
    known = {digest(text): normalize(text) for text in spans}
    of_service = _summed((known.get(key, f"(digest {key})"), n) for key, n in service.items())
    of_spans = _summed((normalize(text), n) for text, n in spans.items())
    if database is None:
        return Ledger(_lines(of_service, of_spans, None), {})
    of_database = _summed((normalize(text), n) for text, n in database.items())
    accounted: Counter[str] = Counter()
    for statement in set(of_database) - set(of_spans) - set(of_service):
        if reason := _reason(statement):
            accounted[reason] += of_database.pop(statement)
    return Ledger(_lines(of_service, of_spans, of_database), dict(sorted(accounted.items())))


def _lines(
    service: Mapping[str, int], spans: Mapping[str, int], database: Mapping[str, int] | None
) -> tuple[Line, ...]:
    statements = set(service) | set(spans) | set(database or {})
    lines = [
        Line(
            statement,
            service.get(statement, 0),
            spans.get(statement, 0),
            None if database is None else database.get(statement, 0),
        )
        for statement in statements
    ]
    return tuple(sorted(lines, key=lambda line: (-line.service, line.statement)))


def _reason(statement: str) -> str | None:
    return next((reason for reason, rule in _ACCOUNTED if rule.match(statement)), None)


def _summed(pairs: Iterable[tuple[str, int]]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for key, count in pairs:
        counts[key] += count
    return counts
