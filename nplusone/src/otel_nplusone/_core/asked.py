"""Read what a span asks of a database or of another service: one statement, call or message.

    db.query.text    SELECT name FROM cat WHERE id = 7       SELECT name FROM cat WHERE id = ?
    db.query.summary SELECT cat                              SELECT cat
    db.system redis  HGET cart:7                             HGET cart:?
    url.full         http://users:8080/users/7               GET users:8080 /users/{id}

Everything becomes a Fingerprint, so that one set of rules judges all of it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import lru_cache

from otel_nplusone._core import calls, nosql, semconv
from otel_nplusone._core.fingerprint import Fingerprint, digest, fingerprint
from otel_nplusone._core.model import Kind, Span, SpanKind

_CLIENT = int(SpanKind.CLIENT)
_OUTWARD = frozenset({SpanKind.CLIENT, SpanKind.PRODUCER})
_OF_A_DATABASE = frozenset({*semconv.QUERY_TEXT, *semconv.SYSTEM})
_SQL_VERBS_WORDS = """
    SELECT INSERT UPDATE DELETE MERGE REPLACE UPSERT CALL EXEC EXECUTE
"""
_SQL_VERBS = frozenset(_SQL_VERBS_WORDS.split())
# What a driver does around a statement; such a span has no text of its own to be missed.
_AROUND = re.compile(
    r"connect|pool|acquire|ping|begin|commit|rollback|close|reset|session|transaction|prepare"
    r"|fetch|rows|cursor|checkout|handshake|auth",
    re.IGNORECASE,
)
_LONGEST_PLACEHOLDER = 40
_PLACEHOLDER = re.compile(
    r"[\W\d_]*|\W*(?:redacted|masked|obfuscated|sanitized|omitted|hidden|filtered|removed|x{3,}"
    r"|select|insert|update|delete|merge|replace|query|statement|sql)\W*",
    re.IGNORECASE,
)
_PHASE = re.compile(
    r"""(?: (?P<prepare> prepare | parse ) | fetch | rows | next | cursor | close )
        (?: d? (?![a-z]) | (?-i: (?=[A-Z]) ) | all | one | many | object | column | row )""",
    re.IGNORECASE | re.VERBOSE,
)


class Phase(IntEnum):
    """Name the part of one execution that a span is for; FAILED is one that came to nothing."""

    EXECUTE = 0
    PREPARE = 1
    FETCH = 2
    FAILED = 3


@dataclass(frozen=True, slots=True)
class Asked:
    """Hold what one span asks.

    `by_text` says that a span with the same name, text, system and namespace asks the same.
    """

    kind: Kind
    system: str
    namespace: str
    statement: Fingerprint
    phase: Phase = Phase.EXECUTE
    by_text: bool = False

    @property
    def key(self) -> tuple[str, str, str]:
        """Return what makes two spans ask the same, but for the values."""
        return (self.system, self.namespace, self.statement.digest)


def asking(spans: Iterable[Span]) -> list[Span]:
    """Pick the spans that may ask something; by number and not by name, for there are millions."""
    return [s for s in spans if s[9] and (s[5] == _CLIENT or asks(s))]


def asks(span: Span) -> bool:
    """Tell whether a span may ask something: it goes outward, or is a database's."""
    return span[5] in _OUTWARD or not _OF_A_DATABASE.isdisjoint(span[9])


def asked(span: Span) -> Asked | None:
    """Return what a span asks; None for transactions and pings, and where it does not tell."""
    attributes = span.attributes
    text = semconv.text(attributes, semconv.QUERY_TEXT)
    system = semconv.text(attributes, semconv.SYSTEM)
    if system in nosql.SYSTEMS:
        found = nosql.read(system, text, attributes, span.name)
        return _asked(Kind.NOSQL, system, nosql.namespace(attributes), found)
    namespace = semconv.text(attributes, semconv.NAMESPACE)
    if text and not is_placeholder(text):
        statement = fingerprint(text)
        if statement.is_control:
            return None
        collection = "" if statement.table else semconv.text(attributes, semconv.COLLECTION)
        if collection:  # a procedure, or a language whose tables are not seen
            statement = _of(collection, statement)
        phase = _phase(span.name)
        return Asked(Kind.SQL, system, namespace, statement, phase, by_text=not collection)
    if system or text:
        return _asked(Kind.SQL, system, namespace, _named(span))
    if span.kind in _OUTWARD:
        kind, system, called = calls.read(span)
        return _asked(kind, system, "", called)
    return None


def blind_system(span: Span) -> str:
    """Return the database of a span that does not tell its statement, `http` of such a call.

    Empty where nothing is missing: what a driver does around a statement has none to tell.
    """
    attributes = span.attributes
    system = semconv.text(attributes, semconv.SYSTEM)
    if not system:
        is_call = span.kind == SpanKind.CLIENT and semconv.text(attributes, semconv.METHOD)
        return "http" if is_call and not calls.is_telemetry(attributes) else ""
    text = semconv.text(attributes, semconv.QUERY_TEXT)
    told = (text and not is_placeholder(text)) or semconv.text(attributes, semconv.QUERY_SUMMARY)
    around = _AROUND.search(f"{span.name} {semconv.text(attributes, semconv.OPERATION)}")
    return "" if told or around else system


def is_placeholder(text: str) -> bool:
    """Tell whether a text stands for any statement: `?`, `[REDACTED]`, `SELECT`."""
    return len(text) <= _LONGEST_PLACEHOLDER and bool(_PLACEHOLDER.fullmatch(text))


def _of(collection: str, statement: Fingerprint) -> Fingerprint:
    text = f"{statement.text} {collection}"
    return replace(statement, text=text, digest=digest(text), table=collection)


def _asked(kind: Kind, system: str, namespace: str, found: Fingerprint | None) -> Asked | None:
    return None if found is None else Asked(kind, system, namespace, found)


def _named(span: Span) -> Fingerprint | None:
    """Name a statement without a text: by its summary, or by its operation and table."""
    summary = semconv.text(span.attributes, semconv.QUERY_SUMMARY)
    collection = semconv.text(span.attributes, semconv.COLLECTION)
    if not summary and collection:
        operation = semconv.text(span.attributes, semconv.OPERATION).partition(" ")[0]
        summary = f"{operation} {collection}" if operation else ""
    verb, _, tables = summary.strip().partition(" ")
    if not tables or verb.upper() not in _SQL_VERBS:
        return None
    return named(f"{verb.upper()} {tables}", verb=verb.upper(), table=tables.split()[0].lower())


@lru_cache(maxsize=4096)
def named(text: str, *, verb: str, table: str) -> Fingerprint:
    """Return a statement of which only the name is known, and no value."""
    return Fingerprint(text, digest(text), verb, table, True, False, 0, False, False)


@lru_cache(maxsize=4096)
def _phase(name: str) -> Phase:
    """Tell prepare, execute and fetch apart: `PREPARE SELECT cat`, `sql.rows`, `CURSOR: …`."""
    first, _, rest = name.partition(" ")
    word = first if rest else re.split(r"[.:/\\]+", first)[-1]
    found = _PHASE.match(word)
    if found is None:
        return Phase.EXECUTE
    return Phase.PREPARE if found["prepare"] else Phase.FETCH
