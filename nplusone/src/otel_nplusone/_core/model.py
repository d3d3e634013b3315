"""Define what a trace is, and what is found in one. Everything here is frozen.

Trace
  └─ Span  SERVER   GET /success-stories     the entry span: it has a route
       ├─ Span  CLIENT   SELECT veterinarian      the source span
       ├─ Span  CLIENT   SELECT appointment  ┐
       ├─ Span  CLIENT   SELECT appointment  ├─   the offender spans: repeats of one
       └─ Span  CLIENT   SELECT appointment  ┘    statement, a Finding
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import NamedTuple


class SpanKind(IntEnum):
    """Number the kinds of span as OTLP does."""

    UNSPECIFIED = 0
    INTERNAL = 1
    SERVER = 2
    CLIENT = 3
    PRODUCER = 4
    CONSUMER = 5


class Span(NamedTuple):
    """Hold one span; a tuple, because a scan makes a million of them.

    Ids are lower-case hex, `parent_span_id` is empty at a root. `attributes` are those that
    `semconv.is_wanted` names, of the span alone; `service` comes from the resource. `origin` is who
    made it, language and instrumentation scope: `python opentelemetry.instrumentation.sqlalchemy`.
    """

    trace_id: str
    span_id: str
    parent_span_id: str
    service: str
    name: str
    kind: int
    start_time_unix_nano: int
    end_time_unix_nano: int
    failed: bool
    attributes: Mapping[str, object]
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Trace:
    """Hold the spans of one trace id, in any order."""

    trace_id: str
    spans: tuple[Span, ...]


class RepeatClass(StrEnum):
    """Name what a repeated statement is; all but CHUNKED_BATCH are faults."""

    N_PLUS_ONE = "n_plus_one"
    REDUNDANT = "redundant"
    ROW_BY_ROW_WRITE = "row_by_row_write"
    NESTED = "nested"
    CHUNKED_BATCH = "chunked_batch"

    @property
    def is_fault(self) -> bool:
        """Tell whether it is worth reporting."""
        return self is not RepeatClass.CHUNKED_BATCH


class Kind(StrEnum):
    """Name what is asked: a SQL database, another database, or another service."""

    SQL = "sql"
    NOSQL = "nosql"
    HTTP = "http"
    RPC = "rpc"
    MESSAGING = "messaging"


@dataclass(frozen=True, slots=True)
class Entry:
    """Describe the span in which statements are counted: a request, a message, or a local root.

    `duration_ns` is 0 where the span itself is missing; `incomplete` says that spans are missing.
    """

    trace_id: str
    span_id: str
    service: str
    route: str
    duration_ns: int
    incomplete: bool = False


@dataclass(frozen=True, slots=True)
class Repeats:
    """Hold a statement, or a pattern of several, that was repeated within one entry span.

    `repeats` are the times that it was sent (a pattern: the rounds), `statements` all spans that
    belong to it. `statement` is normalized, without values. `distinct_values` is None where the
    spans do not tell the values apart. `total_ns` is the time in which at least one was running.

    `path` is the way from the line that sends it to the loop, from the inside out, where that is
    told. `places` are the ways or lines, where there are several, each with its count in
    `place_counts`, the most frequent first; `load` is what an ORM loads by itself other than a
    relationship (`deferred Cat.notes`), `framework` the library that makes the statement, where one
    is known, and `is_resolved` says that a resolver of GraphQL is around it. `fan_out` is how many
    tables or schemas of one form it goes to, 0 where that is one; `same_values` are the statements
    of a pattern that ask for the same each time. `callee` is the service that answers a call, and
    `callee_statement` what that sends for each one.
    """

    repeat_class: RepeatClass
    system: str
    namespace: str
    fingerprint: str
    statement: str
    pattern: tuple[str, ...]
    repeats: int
    statements: int
    distinct_values: int | None
    total_ns: int
    overlapping: bool
    source_statement: str | None
    source_span_id: str | None
    code: str | None
    relationship: str | None
    offender_span_ids: tuple[str, ...]
    kind: Kind = Kind.SQL
    places: tuple[str, ...] = ()
    fan_out: int = 0
    same_values: tuple[str, ...] = ()
    callee: str | None = None
    callee_statement: str | None = None
    path: str | None = None
    place_counts: tuple[int, ...] = ()
    load: str | None = None
    framework: str = ""
    is_resolved: bool = False

    @property
    def sites(self) -> tuple[str, ...]:
        """Return each place that sends it, by the way to its loop; of several with counts."""
        return sites_of(self.path or self.code, self.places, self.place_counts)


def sites_of(only: str | None, places: tuple[str, ...], counts: tuple[int, ...]) -> tuple[str, ...]:
    """Return places as people read them: `12 × db.py:41 get_cat`, or the only one as it is."""
    if not places:
        return (only,) if only else ()
    return tuple(f"{count:,} × {place}" for count, place in zip(counts, places, strict=True))


@dataclass(frozen=True, slots=True)
class Finding:
    """Hold what repeats, and where in the trace it is."""

    entry: Entry
    what: Repeats
    common_ancestor_span_id: str
    common_ancestor_name: str

    @property
    def share_of_entry(self) -> float:
        """Return the part of the entry span's time that went into the repeats, 0 to 1."""
        if self.entry.duration_ns <= 0:
            return 0.0
        return min(1.0, self.what.total_ns / self.entry.duration_ns)
