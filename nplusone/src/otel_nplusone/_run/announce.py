"""Say each new kind of finding once, and all of them at the end."""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from threading import Lock
from typing import TextIO

from otel_nplusone._core.advice import advise
from otel_nplusone._core.detect import findings_of, tallies
from otel_nplusone._core.excerpt import Excerpts
from otel_nplusone._core.model import Finding, Trace
from otel_nplusone._core.summary import Summarizer
from otel_nplusone._core.tally import DEFAULT_MIN_REPEATS
from otel_nplusone._core.tree import Tree
from otel_nplusone._core.unjudged import Unjudged
from otel_nplusone._core.words import wrap
from otel_nplusone._live.fence import fenced
from otel_nplusone._live.open_traces import OpenTraces
from otel_nplusone._run.blind import Sight
from otel_nplusone._run.wire import Hello, Lost, Message
from otel_nplusone.scan import Result

_INDENT = "    "
# Traces that are known to be counted; later pieces of older ones count again.
MOST_TRACE_IDS = 100_000
# A background task begins after the request's own span has ended.
QUIET_S = 1.0


class Announcer:
    """Judge traces as a scan does, and writes each new kind of finding to a stream."""

    def __init__(self, stream: TextIO, min_repeats: int = DEFAULT_MIN_REPEATS) -> None:
        self._stream = stream
        self._min_repeats = min_repeats
        self._summarizer = Summarizer()
        self._unjudged = Unjudged()
        self._said: set[tuple[str, str, str, str]] = set()
        self._trace_ids: OrderedDict[str, bool] = OrderedDict()
        self._traces = self._spans = self._incomplete = self._statements = 0
        self._excerpt = Excerpts()
        self._lock = Lock()

    @fenced
    def take(self, trace: Trace) -> None:
        """Judge a trace, or what is left of one, and say what is new in it."""
        with self._lock:
            tree = Tree(trace)
            tallied = dict(tallies(tree, min_repeats=self._min_repeats))
            self._unjudged.add(tree, tallied)
            self._count(trace, incomplete=tree.incomplete)
            for tally in tallied.values():
                # With pings, which are judged and ask nothing; without calls.
                self._statements += tally.statements + tally.judged - tally.asked
            found = [f for f in findings_of(tree, tallied) if f.what.repeat_class.is_fault]
            self._summarizer.add(found)
            for finding in found:
                self._say_once(finding)

    def result(self, sight: Sight | None = None) -> Result:
        """Return what was found in all, and what was not seen."""
        with self._lock:
            unjudged = self._unjudged
            seen = self._statements + unjudged.blind.total() - unjudged.blind["http"]
            warnings = unjudged.lines(self._spans)
            if sight is not None:
                reasons = sight.reasons(
                    spans=self._spans, statements=seen, outside=unjudged.outside
                )
                outside, unjudged.outside = unjudged.outside, 0
                warnings = [*reasons, *unjudged.lines(None)]  # the reasons say why none was judged
                unjudged.outside = outside
            return Result(
                tuple(self._summarizer.summaries()),
                self._traces,
                self._spans,
                self._incomplete,
                tuple(warnings),
                unjudged.judged,
                unjudged.total,
            )

    def _count(self, trace: Trace, *, incomplete: bool) -> None:
        """Count a trace once, also when it comes in pieces; the first one says what is missing."""
        self._spans += len(trace.spans)
        if trace.trace_id in self._trace_ids:
            return
        self._trace_ids[trace.trace_id] = True
        if len(self._trace_ids) > MOST_TRACE_IDS:
            self._trace_ids.popitem(last=False)
        self._traces += 1
        self._incomplete += incomplete

    def _say_once(self, finding: Finding) -> None:
        what, entry = finding.what, finding.entry
        kind = (what.repeat_class.value, entry.service, entry.route, what.fingerprint)
        if kind in self._said:
            return
        self._said.add(kind)
        lines = [f"otel-nplusone: {what.repeat_class.value} in {entry.route}: {what.repeats} times"]
        lines.append(wrap(self._excerpt(what.statement), _INDENT))
        lines += [f"at {place}"] if (place := what.path or what.code) else []
        lines.append(wrap(advise(what), _INDENT))
        self.write(f"\n{_INDENT}".join(lines) + "\n")

    def write(self, text: str) -> None:
        """Write now: what is said is to be seen while the page is still open."""
        self._stream.write(text)
        self._stream.flush()


class Watch:
    """Take the messages of a program's processes; thread-safe."""

    def __init__(
        self, announcer: Announcer, sight: Sight, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._announcer = announcer
        self._sight = sight
        self._traces = OpenTraces(quiet_s=QUIET_S, clock=clock)
        self._lock = Lock()

    @fenced
    def take(self, message: Message) -> None:
        """Take what a process tells."""
        with self._lock:
            if isinstance(message, Hello):
                self._sight.take(message)
            elif isinstance(message, Lost):
                self._sight.lost += message.spans
            else:
                self._traces.opened(message.trace_id, message.process, message.still_open)
                if message.span is not None:
                    self._traces.ended(message.span)

    @fenced
    def judge(self) -> None:
        """Judge the traces that are over."""
        with self._lock:
            over = list(self._traces.due())
        self._take(over)

    def close(self) -> Result:
        """Judge what is left, and return all that was found."""
        with self._lock:
            left = list(self._traces.rest())
        self._take(left)
        return self._announcer.result(self._sight)

    def _take(self, traces: Iterable[Trace]) -> None:
        for trace in traces:
            self._announcer.take(trace)
