"""Put traces together from spans as they end, and tell when one is over; in memory with a bound.

    GET /app          ended      a mounted application's span ends after the one around it,
      GET /app/cats   open       and a background task after both: a trace is over when none of
        SELECT        ended      its spans is open, and not when its root has ended

A trace waits until its last open span has ended and `quiet_s` have passed without another one, or
until `wait_s` have passed without any: a span that never ends, a worker that was killed.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from otel_nplusone._core.model import Span, Trace

MAX_SPANS = 200_000
MAX_TRACES = 50_000
# Longer than most requests are silent for.
WAIT_S = 30.0


@dataclass(slots=True)
class _Waiting:
    """Hold a trace so far; `open` counts spans by process, `outside` are parents elsewhere."""

    last_s: float
    spans: list[Span] = field(default_factory=list)
    open: dict[int, int] = field(default_factory=dict)
    ids: set[str] = field(default_factory=set)
    parents: set[str] = field(default_factory=set)
    outside: set[str] = field(default_factory=lambda: {""})

    @property
    def is_open(self) -> bool:
        """Tell whether a span has begun and not ended, or a parent is still to come."""
        return any(self.open.values()) or bool(self.parents - self.ids - self.outside)


class OpenTraces:
    """Take spans, gives traces. Not thread-safe."""

    def __init__(
        self,
        *,
        max_spans: int = MAX_SPANS,
        max_traces: int = MAX_TRACES,
        quiet_s: float = 0.0,
        wait_s: float = WAIT_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._max_spans, self._max_traces = max_spans, max_traces
        self._quiet_s, self._wait_s = quiet_s, wait_s
        self._clock = clock
        self._waiting: OrderedDict[str, _Waiting] = OrderedDict()
        self._count = 0

    def __len__(self) -> int:
        """Say how many traces wait."""
        return len(self._waiting)

    def opened(self, trace_id: str, process: int, still_open: int) -> None:
        """Take how many spans of a trace a process has open."""
        self._of(trace_id).open[process] = still_open

    def ended(self, span: Span) -> None:
        """Take a span of a process that tells by opened() what else is open."""
        self._of(span.trace_id).spans.append(span)
        self._count += 1

    def ended_alone(self, span: Span, *, is_local_root: bool) -> None:
        """Take a span where nothing tells of open ones: they show as parents that are missing."""
        waiting = self._of(span.trace_id)
        waiting.ids.add(span.span_id)
        (waiting.outside if is_local_root else waiting.parents).add(span.parent_span_id)
        self.ended(span)

    def due(self) -> Iterator[Trace]:
        """Yield the traces that are over, and the oldest of those that there is no room for."""
        now = self._clock()
        over = [
            trace_id
            for trace_id, waiting in self._waiting.items()
            if now - waiting.last_s >= (self._wait_s if waiting.is_open else self._quiet_s)
        ]
        yield from filter(None, map(self._pop, over))
        while self._count > self._max_spans or len(self._waiting) > self._max_traces:
            trace = self._pop(next(iter(self._waiting)))
            if trace is not None:
                yield trace

    def rest(self) -> Iterator[Trace]:
        """Yield what is left, over or not."""
        while self._waiting:
            trace = self._pop(next(iter(self._waiting)))
            if trace is not None:
                yield trace

    def _of(self, trace_id: str) -> _Waiting:
        now = self._clock()
        waiting = self._waiting.get(trace_id)
        if waiting is None:
            waiting = self._waiting[trace_id] = _Waiting(now)
        waiting.last_s = now
        return waiting

    def _pop(self, trace_id: str) -> Trace | None:
        """Take a trace out; None where all its spans are still open."""
        spans = self._waiting.pop(trace_id).spans
        self._count -= len(spans)
        return Trace(trace_id, tuple(spans)) if spans else None
