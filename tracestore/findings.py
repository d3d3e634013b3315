"""What is wrong with a stored trace, in the words of otel_nplusone.

Found when a trace is looked at, never when it arrives. The detector is imported on the first look:
it takes a tenth of a second, which a start has no use for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans

from tracestore import reader
from tracestore.reader import StoredSpans, TraceSummary
from tracestore.store import Store

if TYPE_CHECKING:
    from otel_nplusone.model import Finding, Trace
    from otel_nplusone.troubles import Warnings

# Documents of a few kilobytes: what ten pages of a list ask for.
_REMEMBERED = 1_000

_PARTS_SHOWN = 2

CLASS_NAMES = {
    "n_plus_one": "N+1",
    "redundant": "Redundant",
    "row_by_row_write": "Row by row",
    "nested": "Nested N+1",
}


@dataclass(frozen=True, slots=True)
class TraceFinding:
    """One fault of one request of a trace, as the trace's page shows it.

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

    @property
    def code_shown(self) -> str | None:
        """The code location, with two parts of a long path: `…/clinic/stories.py:41 in cats`."""
        if self.code is None:
            return None
        path, separator, rest = self.code.partition(":")
        folders = path.split("/")
        shown = path if len(folders) <= _PARTS_SHOWN else "…/" + "/".join(folders[-_PARTS_SHOWN:])
        return shown + separator + rest


class _TraceGone(Exception):
    """The trace left the store between two looks; nothing is to be remembered of it."""


class Findings:
    """The faults of a store's traces; a trace is judged again when its summary has changed."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._judge = lru_cache(maxsize=_REMEMBERED)(self._judge_version)

    def document(self, trace_id: bytes) -> dict[str, Any] | None:
        """What `otel-nplusone scan --format json` says of the trace; None where it is unknown."""
        summary = reader.read_summary(self._store, trace_id)
        try:
            return None if summary is None else self._judge(summary)
        except _TraceGone:
            return None

    def _judge_version(self, summary: TraceSummary) -> dict[str, Any]:
        parts = reader.read_trace(self._store, summary.trace_id)
        if not parts:
            raise _TraceGone
        return judge(parts)


def judge(parts: Sequence[StoredSpans]) -> dict[str, Any]:
    """The report of one trace, in the shape of `otel-nplusone scan --format json`."""
    from otel_nplusone import report_json
    from otel_nplusone.detect import findings_of, tallies
    from otel_nplusone.scan import Result
    from otel_nplusone.summary import Summarizer
    from otel_nplusone.tree import Tree
    from otel_nplusone.troubles import Warnings
    from otel_nplusone.unjudged import Unjudged

    warnings = Warnings()
    trace = _trace(parts, warnings)
    tree = Tree(trace)
    tallied = dict(tallies(tree))
    unjudged = Unjudged()
    unjudged.add(tree, tallied)
    summarizer = Summarizer()
    summarizer.add([f for f in findings_of(tree, tallied) if f.what.repeat_class.is_fault])
    return report_json.document(
        Result(
            findings=tuple(summarizer.summaries()),
            traces_read=1,
            spans_read=len(trace.spans),
            incomplete_traces=int(tree.incomplete),
            warnings=(*warnings.lines(), *unjudged.lines(len(trace.spans))),
            judged=unjudged.judged,
            unjudged=unjudged.total,
        )
    )


def find_in_trace(parts: Sequence[StoredSpans]) -> list[TraceFinding]:
    """The faults of a trace, the one that takes the most time first."""
    from otel_nplusone.detect import find_n_plus_one
    from otel_nplusone.troubles import Warnings

    return [_shown(finding) for finding in find_n_plus_one(_trace(parts, Warnings()))]


def _trace(parts: Sequence[StoredSpans], warnings: "Warnings") -> "Trace":
    """A stored trace as the detector takes it."""
    from otel_nplusone.model import Trace
    from otel_nplusone.otlp import from_protobuf

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


def _shown(finding: "Finding") -> TraceFinding:
    from otel_nplusone.advice import advise

    what = finding.what
    return TraceFinding(
        class_name=CLASS_NAMES.get(what.repeat_class.value, what.repeat_class.value),
        route=finding.entry.route,
        statements=what.pattern or (what.statement,),
        repeats=what.repeats,
        total_nano=what.total_ns,
        share=finding.share_of_entry,
        source_statement=what.source_statement,
        code=what.code,
        advice=advise(what),
        incomplete=finding.entry.incomplete,
        span_id=what.offender_span_ids[0],
    )
