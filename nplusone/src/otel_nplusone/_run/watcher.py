"""Tell the process that has started this one of each span, as it begins and as it ends."""

import logging
import os
import sys
from collections import OrderedDict
from threading import RLock

from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor
from opentelemetry.trace import SpanContext

from otel_nplusone._live.fence import fenced
from otel_nplusone._live.sdk_spans import to_model
from otel_nplusone._run.libraries import missing
from otel_nplusone._run.wire import Hello, Message, Progress, Sender

log = logging.getLogger(__name__)

# A span that is never ended must not be kept for ever.
MAX_TRACES = 10_000


class Watcher(SpanProcessor):
    """Send at once: what waits in a queue is lost when a signal ends the process."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self._is_heard = True
        self._modules = 0
        self._reset()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._begin_anew)

    @fenced
    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        context = span.get_span_context()
        if context.trace_flags.sampled and self._count(context.trace_id, 1) == 1:
            self._send(_progress(context, 1))

    @fenced
    def on_end(self, span: ReadableSpan) -> None:
        context = span.get_span_context()
        if context is not None and context.trace_flags.sampled:
            still_open = self._count(context.trace_id, -1)
            self._send(_progress(context, still_open, span))
            if not still_open:
                self._tell_imports()

    @fenced
    def shutdown(self) -> None:
        self._tell_imports()
        self._sender.close()

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        """Return True: nothing waits."""
        return True

    @fenced
    def _begin_anew(self) -> None:
        """Forget what the process had open that this one was forked from."""
        self._reset()
        self._sender.reset()

    def _reset(self) -> None:
        # Re-entrant: a span can end in a finalizer that runs while this thread counts.
        self._lock = RLock()
        self._open: OrderedDict[int, int] = OrderedDict()

    def _count(self, trace_id: int, change: int) -> int:
        """Return how many spans of a trace are open now."""
        with self._lock:
            still_open = max(0, self._open.get(trace_id, 0) + change)
            if still_open:
                self._open[trace_id] = still_open
                if len(self._open) > MAX_TRACES:
                    self._open.popitem(last=False)
            else:
                self._open.pop(trace_id, None)
            return still_open

    def _tell_imports(self) -> None:
        """Tell which of the libraries that are imported by now are not instrumented."""
        modules = len(sys.modules)
        if modules != self._modules:
            self._modules = modules
            self._send(Hello(os.getpid(), missing=missing(sys.modules.__contains__)))

    def _send(self, message: Message) -> None:
        if not self._is_heard:
            return
        try:
            self._sender.send(message)
        except TimeoutError:
            pass  # the sender counts it, and tells when it is heard again
        except OSError as error:
            self._is_heard = False
            log.warning("otel-nplusone run hears no more spans of this process: %s", error)


def _progress(context: SpanContext, still_open: int, span: ReadableSpan | None = None) -> Progress:
    told = to_model(span, context) if span is not None else None
    return Progress(os.getpid(), f"{context.trace_id:032x}", still_open, told)
