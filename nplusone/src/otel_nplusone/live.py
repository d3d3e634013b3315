"""Find N+1 queries in a running service, and say so on the request's own span.

    provider.add_span_processor(NPlusOneSpanProcessor(BatchSpanProcessor(exporter)))

    SERVER GET /success-stories ──────────────┐ ends last: what was counted is judged, and the
      CLIENT SELECT veterinarian ──► counted  │ exporting processor gets a copy of the span
      CLIENT SELECT appointment  ──► counted  │ with nplusone.detected, .class, .statements,
      CLIENT SELECT appointment  ──► counted  ┘ .repeats, .fingerprint and .code

A span is read-only once it has ended, so the processor makes a copy. It wraps the exporting one,
because a processor next to that could not hand the copy on.
"""

import logging
import os
import weakref
from collections.abc import Sequence
from functools import partial

from opentelemetry.context import Context
from opentelemetry.metrics import MeterProvider
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor
from opentelemetry.trace import SpanContext, SpanKind

from otel_nplusone._core import semconv
from otel_nplusone._core.ignoring import ignored_because
from otel_nplusone._core.model import Repeats
from otel_nplusone._core.routes import route
from otel_nplusone._live.db_spans import DbSpanProcessor, describe_started
from otel_nplusone._live.fence import fenced
from otel_nplusone._live.fold import Folded, fold
from otel_nplusone._live.mark import MarkedSpan, marks_of
from otel_nplusone._live.metrics import LiveMetrics, Route
from otel_nplusone._live.requests import HELD, Request, RunningRequests
from otel_nplusone._live.sdk_spans import attributes_of, is_statement

__all__ = [
    "DbSpanProcessor",
    "NPlusOneSpanProcessor",
    "RunningRequests",
    "attributes_of",
    "is_statement",
]

log = logging.getLogger(__name__)

# Looked up once: each span asks.
_CLIENT, _SERVER, _CONSUMER = SpanKind.CLIENT, SpanKind.SERVER, SpanKind.CONSUMER
_ENTRY_KINDS = (_SERVER, _CONSUMER)


class NPlusOneSpanProcessor(SpanProcessor):
    """Wrap the exporting processor; count as spans end, and mark entry spans with a finding.

    Whatever fails in here is logged once, and the span goes on as it came.
    """

    _has_failed = False

    def __init__(
        self,
        processor: SpanProcessor,
        *,
        meter_provider: MeterProvider | None = None,
        requests: RunningRequests | None = None,
        describe: bool = True,
        fold: bool = False,
    ) -> None:
        """Wrap a processor.

        meter_provider: where the metrics go; the global one by default.
        requests: what is kept of running requests; to be given with another threshold or bounds.
        describe: tell the place on DB spans of any library, from the fifth repeat on.
        fold: hand on the repeats of a statement as one span with `aggregation.*` attributes. Spans
            then wait until their request is over, or force_flush() or shutdown() is called.
        """
        self._processor = processor
        self._requests = requests if requests is not None else RunningRequests()
        self._metrics = LiveMetrics(meter_provider)
        self._describe = describe
        self._fold = fold
        _reset_after_fork(self._requests)

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        try:
            parent, kind, context = span.parent, span.kind, span.get_span_context()
            if parent is None or parent.is_remote or kind is _SERVER or kind is _CONSUMER:
                self._requests.begin(context.span_id)
            else:
                self._requests.join(context.span_id, parent.span_id)
                if why := ignored_because():
                    span.set_attribute(semconv.IGNORED, why)
            if self._fold:
                self._hand_on(self._requests.released())
            if kind is _CLIENT and self._describe:
                describe_started(span, context)
        except Exception:
            self._report_fault()
        self._processor.on_start(span, parent_context)

    def on_end(self, span: ReadableSpan) -> None:
        try:
            context = span.get_span_context()
            if context is not None:  # one made by hand has none
                request = self._requests.end(context.span_id, span, hold=self._fold)
                if request is HELD:
                    return
                if request is not None:
                    span = self._close(span, context, request)
        except Exception:
            self._report_fault()
        self._processor.on_end(span)

    def shutdown(self) -> None:
        self._release()
        self._processor.shutdown()

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        self._release()
        return self._processor.force_flush(timeout_millis)

    @fenced
    def _release(self) -> None:
        """Hand on what is held of requests that have not ended."""
        self._hand_on(self._requests.release_all())

    def _hand_on(self, spans: Sequence[ReadableSpan]) -> None:
        for span in spans:
            self._processor.on_end(span)

    def _hand_on_folded(self, request: Request, said: Sequence[Repeats]) -> None:
        """Hand on what was held for a request, folded; as it was where that cannot be done."""
        held, request.held = request.held, []
        folded = Folded(held, 0)
        try:
            if not request.beyond:
                folded = fold(held, said, partial(request.judge, self._requests.min_repeats))
        except Exception:
            self._report_fault()
        self._metrics.folded(folded.left_out)
        self._hand_on(folded.spans)

    def _close(self, span: ReadableSpan, context: SpanContext, request: Request) -> ReadableSpan:
        """Judge an entry span; all others that come here came too late."""
        if request.span_id == context.span_id:
            try:
                return self._judge(span, context, request)
            finally:
                self._hand_on(request.held)  # what was not folded
                request.held = []
        if not _is_entry(span):  # an entry span was evicted, and says nothing
            self._count_late(span)
        return span

    def _judge(self, span: ReadableSpan, context: SpanContext, request: Request) -> ReadableSpan:
        """Record a request; return its span, marked with the fault that cost it the most time."""
        tally = request.tally(self._requests.min_repeats)
        statements = tally.statements + request.beyond
        if not statements and not tally.asked and span.kind not in _ENTRY_KINDS:
            # A span of its own, not a request: a connection's check, a task without a database.
            return span
        route = _route(span)
        self._metrics.request(context, route, statements)
        said = tally.repeats()
        if request.held:
            self._hand_on_folded(request, said)
        faults = [what for what in said if what.repeat_class.is_fault]
        for what in faults:
            self._metrics.finding(context, route, what.repeat_class.value)
        return MarkedSpan(span, marks_of(faults[0], statements)) if faults else span

    def _count_late(self, span: ReadableSpan) -> None:
        if is_statement(attributes_of(span)):
            self._metrics.late()

    def _report_fault(self) -> None:
        if not self._has_failed:
            self._has_failed = True
            log.exception("A span could not be examined; later faults are not logged.")


def _is_entry(span: ReadableSpan) -> bool:
    parent = span.parent
    return parent is None or parent.is_remote or span.kind in _ENTRY_KINDS


def _route(span: ReadableSpan) -> Route:
    attributes = attributes_of(span)
    template = semconv.text(attributes, semconv.ROUTE)
    method = semconv.text(attributes, semconv.METHOD) if template else ""
    return Route(method, template or route(attributes, span.name))


def _reset_after_fork(requests: RunningRequests) -> None:
    """Begin anew in a forked child: its parent's requests are not its own."""
    if not hasattr(os, "register_at_fork"):
        return
    reference = weakref.WeakMethod(requests.reset)

    @fenced
    def reset() -> None:
        method = reference()
        if method is not None:
            method()

    os.register_at_fork(after_in_child=reset)
