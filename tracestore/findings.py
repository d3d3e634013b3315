"""Judge stored traces with otel_nplusone.

A trace is judged when somebody looks at it, not when it arrives. The detector is imported at the
first look: that takes a tenth of a second, which a start need not wait for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans

from tracestore.store import reader
from tracestore.store.database import Store
from tracestore.store.reader import StoredSpans
from tracestore.store.search import TraceSummary, read_summary

if TYPE_CHECKING:
    from otel_nplusone import Finding, Repeats, Trace
    from otel_nplusone.read import Skipped
    from otel_nplusone.report import Excerpts

# Documents of a few kilobytes: what ten pages of a list ask for.
_REMEMBERED = 1_000
_PARTS_SHOWN = 2
_LONGEST_SHOWN = 400

# A trace with fewer spans has no finding: a request, and one span, which may stand for many that a
# pipeline has folded. Statements alone do not tell: what repeats may be calls.
FEWEST_SPANS = 2
CLASS_NAMES = {
    "n_plus_one": "N+1",
    "redundant": "Redundant",
    "row_by_row_write": "Row by row",
    "nested": "Nested N+1",
}


@dataclass(frozen=True, slots=True)
class TraceFinding:
    """Describe one fault of one request as the trace's page shows it.

    `share` is of the request's time, 0 where that is unknown; `span_id` leads to the repeats.
    """

    class_name: str
    route: str
    statements: tuple[str, ...]
    repeats: int
    total_nano: int
    share: float
    source_statement: str | None
    code: str | None
    advice: str
    incomplete: bool
    span_id: str
    sites: tuple[str, ...] = ()
    excerpts: tuple[str, ...] = ()
    headline: str = ""

    @property
    def sites_shown(self) -> list[str]:
        """Return the ways to the loops, of several each with its count, without long folders."""
        ways = [site for site in self.sites if site != self.code]
        return [" ← ".join(map(_short_place, way.split(" ← "))) for way in ways]

    @property
    def code_shown(self) -> str | None:
        """Return the code location with the last two parts of a long path.

        `/srv/app/clinic/stories.py:41 in cats` is shown as `…/clinic/stories.py:41 in cats`.
        """
        return None if self.code is None else _short_place(self.code)


def _short_place(place: str) -> str:
    """Keep the last two parts of a path, and a count before it."""
    count, times, code = place.rpartition(" × ")
    path, separator, rest = code.partition(":")
    folders = path.split("/")
    shown = path if len(folders) <= _PARTS_SHOWN else "…/" + "/".join(folders[-_PARTS_SHOWN:])
    return count + times + shown + separator + rest


class _TraceGone(Exception):
    """Keep the cache from remembering a trace that left the store between two reads."""


class Findings:
    """Judge a store's traces, each again once its summary has changed."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._remembered = lru_cache(maxsize=_REMEMBERED)(self._document_of_version)

    def document(self, trace_id: bytes) -> dict[str, Any] | None:
        """Return the report of a trace as `otel-nplusone scan --format json` writes it.

        None means that the store does not have the trace.
        """
        summary = read_summary(self._store, trace_id)
        try:
            return None if summary is None else self._remembered(summary)
        except _TraceGone:
            return None

    def _document_of_version(self, summary: TraceSummary) -> dict[str, Any]:
        parts = reader.read_trace(self._store, summary.trace_id)
        if not parts:
            raise _TraceGone
        return Judgement(parts).document()


class Judgement:
    """Find what is wrong with one trace, and tell it to a page or a program."""

    def __init__(self, parts: Sequence[StoredSpans]) -> None:
        from otel_nplusone.read import Skipped
        from otel_nplusone.scan import judge

        skipped = Skipped()
        self._findings, self._result = judge(_trace(parts, skipped), skipped)

    def shown(self) -> list[TraceFinding]:
        """Return the findings for the trace's page, the one that takes the most time first."""
        from otel_nplusone.report import Excerpts

        excerpts = Excerpts()
        return [_shown(finding, excerpts) for finding in self._findings]

    def document(self) -> dict[str, Any]:
        """Return the report in the shape of `otel-nplusone scan --format json`."""
        from otel_nplusone.report import document

        return document(self._result)


def shorten(statement: str, most: int) -> str:
    """Shorten a statement for one line; columns go first, the tables and conditions stay."""
    from otel_nplusone import report

    return report.shorten(statement, most)


def _trace(parts: Sequence[StoredSpans], warnings: "Skipped") -> "Trace":
    """Convert a stored trace to the detector's."""
    from otel_nplusone import Trace
    from otel_nplusone.read import from_protobuf

    spans = tuple(
        span._replace(service=part.service)
        for part in parts
        for span in from_protobuf(_message(part), "store", warnings)
    )
    return Trace(spans[0].trace_id if spans else "", spans)


def _message(part: StoredSpans) -> ResourceSpans:
    message = ResourceSpans.FromString(part.resource)
    scope = message.scope_spans.add()
    scope.CopyFrom(ScopeSpans.FromString(part.scope))
    for body in part.spans:
        scope.spans.add().ParseFromString(body)
    return message


def _headline(what: "Repeats") -> str:
    """Say in plain words what happened: "One query ran 571 times"."""
    from otel_nplusone import Kind

    times = f"{what.repeats:,} times"
    match what.kind:
        case Kind.SQL if len(what.pattern) > 1:
            return f"{len(what.pattern)} statements ran {times} each"
        case Kind.SQL:
            is_query = what.statement.lstrip("( ").upper().startswith(("SELECT", "WITH"))
            return f"One {'query' if is_query else 'statement'} ran {times}"
        case Kind.NOSQL:
            return f"One command ran {times}"
        case Kind.MESSAGING:
            return f"One kind of message was sent {times}"
        case _:
            return f"One call was made {times}"


def _shown(finding: "Finding", excerpts: "Excerpts") -> TraceFinding:
    from otel_nplusone import advise

    what = finding.what
    return TraceFinding(
        class_name=CLASS_NAMES.get(what.repeat_class.value, what.repeat_class.value),
        route=finding.entry.route,
        statements=what.pattern or (what.statement,),
        repeats=what.repeats,
        total_nano=what.total_ns,
        share=finding.share_of_entry,
        headline=_headline(what),
        source_statement=what.source_statement,
        code=what.code,
        advice=advise(what),
        incomplete=finding.entry.incomplete,
        span_id=what.offender_span_ids[0],
        sites=what.sites,
        excerpts=tuple(excerpts(text, _LONGEST_SHOWN) for text in what.pattern),
    )
