"""Count how often a trace has sent a statement, within bounds."""

from collections import OrderedDict
from threading import RLock

MAX_TRACES = 1024
MAX_STATEMENTS = 1024


class RepeatCounter:
    """Count for the newest traces; a trace that has been forgotten begins again at one.

    A trace does not say when it is over, so the oldest make room.
    """

    def __init__(self, max_traces: int = MAX_TRACES, max_statements: int = MAX_STATEMENTS) -> None:
        self._max_traces = max_traces
        self._max_statements = max_statements
        self._traces: OrderedDict[int, dict[str, int]] = OrderedDict()
        # Re-entrant: a span can end in a finalizer that runs while this thread holds the lock.
        self._lock = RLock()

    def count(self, trace_id: int, statement: str) -> int:
        """Count one more, and return how many there have been: 1 for the first."""
        with self._lock:
            counts = self._traces.get(trace_id)
            if counts is None:
                counts = self._begin(trace_id)
            repeats = counts.get(statement, 0) + 1
            if repeats > 1 or len(counts) < self._max_statements:
                counts[statement] = repeats
            return repeats

    def _begin(self, trace_id: int) -> dict[str, int]:
        if len(self._traces) >= self._max_traces:
            self._traces.popitem(last=False)
        return self._traces.setdefault(trace_id, {})
