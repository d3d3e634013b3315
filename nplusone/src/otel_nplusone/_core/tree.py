"""Link parents and children of one trace, whatever is missing from it.

No walk fails on a cycle or on a missing parent, and no answer depends on the order of the spans.
"""

from collections import defaultdict
from collections.abc import Iterable, Set
from operator import itemgetter

from otel_nplusone._core.model import Entry, Span, SpanKind, Trace
from otel_nplusone._core.routes import route

_FAILED = itemgetter(Span._fields.index("failed"))
ENTRY_KINDS = frozenset({SpanKind.SERVER, SpanKind.CONSUMER})


class Tree:
    """Look up the entry span of a span and the common ancestor of several.

        SERVER GET /cats                        ← entry span of all below
          └─ INTERNAL resolve                   ← lowest common ancestor of the statements
               ├─ INTERNAL field ── CLIENT SELECT cat
               └─ INTERNAL field ── CLIENT SELECT cat

    Without an enclosing SERVER or CONSUMER span the entry is the local root: the topmost span of
    the same service. Spans whose parent is not in the trace belong to that missing parent.
    """

    __slots__ = (
        "_by_parent",
        "any_failed",
        "by_id",
        "entry_of_parent",
        "incomplete",
        "spans",
        "trace_id",
    )

    def __init__(self, trace: Trace) -> None:
        self.trace_id = trace.trace_id
        self.by_id = {span.span_id: span for span in trace.spans}
        self.spans: Iterable[Span] = trace.spans
        if len(self.by_id) < len(trace.spans):
            # Sent twice: of each id the first in an order that does not depend on the file's.
            ordered = sorted(trace.spans, key=_in_time, reverse=True)
            self.by_id = {span.span_id: span for span in ordered}
            self.spans = self.by_id.values()
        parents = {span.parent_span_id for span in self.spans}
        self.incomplete = "" not in parents or bool(parents - self.by_id.keys() - {""})
        self.any_failed = any(map(_FAILED, self.spans))
        self.entry_of_parent: dict[str, str] = {}
        self._by_parent: dict[str, list[Span]] | None = None

    def entry_id(self, span: Span) -> str:
        """Return the id of the entry span of a statement's span; that of a missing span, too."""
        parent_id = span.parent_span_id
        if not parent_id:
            return span.span_id
        return self.entry_of_parent.get(parent_id) or self._find_entry(parent_id)

    def _find_entry(self, span_id: str) -> str:
        """Climb to the first SERVER or CONSUMER span, the service's edge, or the end."""
        seen: dict[str, None] = {}
        entry_id = ""
        while not entry_id:
            span = self.by_id.get(span_id)
            if span is None or span.kind in ENTRY_KINDS:
                entry_id = span_id
            elif span_id in seen:
                ids = list(seen)
                entry_id = min(ids[ids.index(span_id) :])
            elif span_id in self.entry_of_parent:
                entry_id = self.entry_of_parent[span_id]
            elif self._is_edge(span):
                entry_id = span_id
            else:
                seen[span_id] = None
                span_id = span.parent_span_id
        self.entry_of_parent.update(dict.fromkeys((*seen, span_id), entry_id))
        return entry_id

    def _is_edge(self, span: Span) -> bool:
        """Tell whether nothing of the same service is above."""
        parent = self.by_id.get(span.parent_span_id)
        return not span.parent_span_id or (parent is not None and parent.service != span.service)

    def entry(self, entry_id: str) -> Entry:
        """Return what is known of an entry span, by the id that entry_id() gave."""
        span = self.by_id.get(entry_id) or self._only_child(entry_id)
        if span is None:
            child = min(self.children(entry_id), key=_in_time)
            return Entry(self.trace_id, entry_id, child.service, "(span missing)", 0, True)
        return Entry(
            trace_id=self.trace_id,
            span_id=span.span_id,
            service=span.service,
            route=route(span.attributes, span.name),
            duration_ns=max(0, span.end_time_unix_nano - span.start_time_unix_nano),
            incomplete=self.incomplete,
        )

    def children(self, span_id: str) -> list[Span]:
        """Return the spans whose parent a span is, which may be missing itself."""
        if self._by_parent is None:  # asked for missing parents and for calls alone
            self._by_parent = defaultdict(list)
            for span in self.spans:
                self._by_parent[span.parent_span_id].append(span)
        return self._by_parent[span_id]

    def _only_child(self, span_id: str) -> Span | None:
        """Return the only span under a missing parent: a local root whose caller is not known."""
        children = self.children(span_id)
        return children[0] if len(children) == 1 else None

    def common_ancestor(self, span_ids: Iterable[str], entry_id: str) -> Span | None:
        """Return the lowest span that encloses all these spans; None where it is missing."""
        parents = {self.by_id[span_id].parent_span_id for span_id in span_ids}
        path, _ = self._climb(min(parents), frozenset(), entry_id)
        height = {span_id: number for number, span_id in enumerate(path)}
        seen = set(path)
        meeting = 0
        for parent_id in parents:
            climbed, met = self._climb(parent_id, seen, entry_id)
            seen.update(climbed)
            meeting = max(meeting, height.get(met, 0))
        return self.by_id.get(path[meeting])

    def origins(self, span_id: str, entry_id: str) -> list[str]:
        """Return who made a span and those around it, from the inside out, each once."""
        ids = [span_id, *self._climb(self.by_id[span_id].parent_span_id, frozenset(), entry_id)[0]]
        spans = (self.by_id.get(one) for one in ids)
        return list(dict.fromkeys(span.origin for span in spans if span is not None))

    def _climb(self, span_id: str, stop: Set[str], entry_id: str) -> tuple[list[str], str]:
        """Return the ids up to the entry span or to one in `stop`, and where the climb ended."""
        climbed: dict[str, None] = {}
        while span_id not in stop and span_id not in climbed:
            climbed[span_id] = None
            span = self.by_id.get(span_id)
            if span is None or span_id == entry_id:
                break
            span_id = span.parent_span_id
        return list(climbed), span_id


def _in_time(span: Span) -> tuple[object, ...]:
    told = sorted(map(str, span.attributes.items()))  # two that differ in these alone
    return (span.start_time_unix_nano, span.end_time_unix_nano, *span[1:6], span.failed, told)
