"""Keep the requests that are running, and what each has sent, in bounded memory.

    open spans     span id ──► the request that the span belongs to
    requests       what each has asked, as the detector takes it, and the last few spans as they are

A span finds its request by its parent's id, 64 random bits, and not by thread or task: right under
threads, asyncio and gevent alike. Spans are taken over some at a time: one by one, between the work
of a request, each would cost half as much again, for the code would have left the processor's
caches. A request is judged when its entry span ends, by what judges a whole trace.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import RLock

from opentelemetry.sdk.trace import ReadableSpan

from otel_nplusone._core.asked import asks
from otel_nplusone._core.detect import tally_of_entry
from otel_nplusone._core.model import Repeats, Span
from otel_nplusone._core.tally import DEFAULT_MIN_REPEATS, Tally
from otel_nplusone._live.sdk_spans import hex_id, is_statement, to_part

# A span that never ends and a request that goes on for ever must not hold memory for ever. A span
# takes about 700 bytes until its request ends.
MAX_OPEN_SPANS = 50_000
MAX_STATEMENTS = 100_000
MAX_STATEMENTS_PER_REQUEST = 50_000
# A span that waits to be counted takes 3 kB, unless an exporter's queue holds it as well.
MAX_WAITING = 64
MAX_WAITING_IN_ALL = 4_096


@dataclass(slots=True)
class Request:
    """Hold an entry span that is open, and what was asked within it.

    `asking` are the spans that ask something, `inner` the others, which may be attempts; `beyond`
    counts the statements that there was no room for. `held` are ended spans that are not sent yet.
    """

    span_id: int
    asking: list[Span] = field(default_factory=list)
    inner: list[Span] = field(default_factory=list)
    waiting: list[tuple[int, ReadableSpan]] = field(default_factory=list)
    held: list[ReadableSpan] = field(default_factory=list)
    beyond: int = 0
    closed: bool = False

    @property
    def statements(self) -> int:
        """Count all statements; beyond the bound with transactions and pings."""
        return self.tally().statements + self.beyond

    def tally(self, min_repeats: int = DEFAULT_MIN_REPEATS) -> Tally:
        """Count what was asked, as the detector does."""
        return tally_of_entry(hex_id(self.span_id), self.asking, self.inner, min_repeats)

    def judge(self, min_repeats: int, spans: Sequence[ReadableSpan]) -> list[Repeats]:
        """Say what would repeat if these were the spans of the request."""
        parts = [to_part(c.span_id, s) for s in spans if (c := s.get_span_context()) is not None]
        asking = [part for part in parts if asks(part)]
        inner = [part for part in parts if not asks(part)]
        return tally_of_entry(hex_id(self.span_id), asking, inner, min_repeats).repeats()


NO_REQUEST = Request(0, closed=True)  # 0 is not the id of any span
HELD = Request(0, closed=True)  # stands for the request that keeps a span until it is over


class RunningRequests:
    """Keep all requests that are running; thread-safe."""

    def __init__(
        self,
        *,
        min_repeats: int = DEFAULT_MIN_REPEATS,
        max_open_spans: int = MAX_OPEN_SPANS,
        max_statements: int = MAX_STATEMENTS,
        max_statements_per_request: int = MAX_STATEMENTS_PER_REQUEST,
    ) -> None:
        self.min_repeats = min_repeats
        self._max_open_spans = max_open_spans
        self._max_statements = max_statements
        self._max_statements_per_request = max_statements_per_request
        self.reset()

    def reset(self) -> None:
        """Forget everything, and the lock as well: it may be held by a thread that a fork lost."""
        # Re-entrant: a span can end in a finalizer that runs while this thread holds the lock.
        self._lock = RLock()
        self._open: OrderedDict[int, Request] = OrderedDict()
        self._requests: OrderedDict[int, Request] = OrderedDict()
        self._released: list[ReadableSpan] = []
        self._statements = 0
        self._waiting = 0

    def begin(self, span_id: int) -> None:
        """Begin to count for an entry span."""
        request = Request(span_id)
        with self._lock:
            self._open[span_id] = self._requests[span_id] = request
            self._make_room()

    def join(self, span_id: int, parent_id: int) -> None:
        """Let a span belong to the request of its parent; to none, if the parent is not open."""
        with self._lock:
            request = self._open.get(parent_id)
            if request is not None:
                self._open[span_id] = request
                if len(self._open) > self._max_open_spans:
                    self._make_room()

    def end(self, span_id: int, span: ReadableSpan, *, hold: bool = False) -> Request | None:
        """Count a span that has ended; return None, or the request that is over with it.

        That is the span's own, or one that was over before: too late to count. NO_REQUEST stands
        for one that was evicted, or never began.

        hold: keep the span until its request is over, and return HELD, where there is room.
        """
        with self._lock:
            request = self._open.pop(span_id, NO_REQUEST)
            if request.closed:
                return request
            if request.span_id == span_id:
                self._finish(request)
                return request
            waiting = request.waiting
            waiting.append((span_id, span))
            self._waiting += 1
            if len(waiting) >= MAX_WAITING or self._waiting >= MAX_WAITING_IN_ALL:
                self._count(request)
                self._make_room()
            if hold and not request.closed and len(request.held) < self._max_statements_per_request:
                request.held.append(span)
                return HELD
            return None

    def released(self) -> list[ReadableSpan]:
        """Return the spans that were held for requests that are not kept any more."""
        if not self._released:
            return []
        with self._lock:
            released, self._released = self._released, []
            return released

    def release_all(self) -> list[ReadableSpan]:
        """Return all spans that are held: what is sent now cannot wait for its request."""
        with self._lock:
            for request in self._requests.values():
                self._release(request)
        return self.released()

    @property
    def open_spans(self) -> int:
        """Say how many spans are open."""
        return len(self._open)

    @property
    def waiting(self) -> int:
        """Say how many spans wait to be counted."""
        return self._waiting

    @property
    def statements(self) -> int:
        """Say how many statements and calls all requests hold."""
        return self._statements

    def _finish(self, request: Request) -> None:
        self._requests.pop(request.span_id, None)
        try:
            self._count(request)
        except Exception:
            self._release(request)
            raise
        finally:
            self._close(request)

    def _count(self, request: Request) -> None:
        """Count the spans that wait; keep of each what the detector reads."""
        # Taken away first: a finalizer that runs meanwhile may end a span of the same request.
        waiting, most = self._take_waiting(request), self._max_statements_per_request
        asking, inner = request.asking, request.inner
        for span_id, span in waiting:
            part = to_part(span_id, span)
            if not asks(part):
                if len(inner) < most:
                    inner.append(part)
            elif len(asking) < most:
                asking.append(part)
                self._statements += 1
            else:
                request.beyond += is_statement(part.attributes)

    def _take_waiting(self, request: Request) -> list[tuple[int, ReadableSpan]]:
        waiting, request.waiting = request.waiting, []
        self._waiting -= len(waiting)
        return waiting

    def _make_room(self) -> None:
        """Let the oldest go: more likely than any other, they are those that never end."""
        if len(self._open) > self._max_open_spans:
            span_id, _ = self._open.popitem(last=False)
            self._evict(self._requests.pop(span_id, None))
        while self._statements > self._max_statements:
            self._evict(self._requests.popitem(last=False)[1])

    def _evict(self, request: Request | None) -> None:
        if request is not None:
            self._close(request)
            self._open.pop(request.span_id, None)
            # Its spans may be open for ever, and would keep what was asked.
            self._take_waiting(request)
            self._release(request)
            request.asking, request.inner = [], []

    def _release(self, request: Request) -> None:
        self._released += request.held
        request.held = []

    def _close(self, request: Request) -> None:
        request.closed = True
        self._statements -= len(request.asking)
