"""Put traces together that arrive in pieces, in bounded memory.

    batch 1   SELECT SELECT SELECT          kept
    batch 2   SELECT SELECT GET /cats       GET /cats has no parent in this process: it ended
                                            last, so all that is below it is a whole request

A batch processor cuts where its queue stands, so that a request's spans come in several batches,
and those of several requests in one.
"""

from collections import OrderedDict, defaultdict
from collections.abc import Iterator

from otel_nplusone._core.model import Span, Trace

MAX_SPANS = 200_000


class Pieces:
    """Take spans, give requests. Not thread-safe: an exporter is called by one thread."""

    def __init__(self, max_spans: int = MAX_SPANS) -> None:
        self._max_spans = max_spans
        self._waiting: OrderedDict[str, list[Span]] = OrderedDict()
        self._count = 0

    def add(self, span: Span, *, is_local_root: bool) -> Iterator[Trace]:
        """Take a span; yield the request that it completes, and those that there is no room for."""
        self._waiting.setdefault(span.trace_id, []).append(span)
        self._count += 1
        if is_local_root:
            yield self._take(span)
        while self._count > self._max_spans:
            yield self._pop(next(iter(self._waiting)))

    def rest(self) -> Iterator[Trace]:
        """Yield what is left, and has no root."""
        while self._waiting:
            yield self._pop(next(iter(self._waiting)))

    def _take(self, root: Span) -> Trace:
        """Take the spans below a root; what is left belongs to another root of the same trace."""
        spans = self._pop(root.trace_id).spans
        below = _below(root, spans)
        left = [span for span in spans if span.span_id not in below]
        if left:
            self._waiting[root.trace_id] = left
            self._count += len(left)
        return Trace(root.trace_id, tuple(span for span in spans if span.span_id in below))

    def _pop(self, trace_id: str) -> Trace:
        spans = self._waiting.pop(trace_id)
        self._count -= len(spans)
        return Trace(trace_id, tuple(spans))


def _below(root: Span, spans: tuple[Span, ...]) -> set[str]:
    """Return the ids of a span and of all below it; a cycle of parents ends the walk."""
    children: dict[str, list[str]] = defaultdict(list)
    for span in spans:
        children[span.parent_span_id].append(span.span_id)
    below = {root.span_id}
    todo = [root.span_id]
    while todo:
        new = [child for child in children[todo.pop()] if child not in below]
        below.update(new)
        todo.extend(new)
    return below
