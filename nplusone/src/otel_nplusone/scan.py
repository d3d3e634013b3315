"""Scan sources of traces, and find what is wrong in them."""

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from otel_nplusone._core.detect import findings_of, tallies
from otel_nplusone._core.model import Entry, Finding, Kind, Span, Trace
from otel_nplusone._core.patterns import means
from otel_nplusone._core.routes import route
from otel_nplusone._core.summary import Summarizer
from otel_nplusone._core.summary import Summary as Summary
from otel_nplusone._core.tally import DEFAULT_MIN_REPEATS
from otel_nplusone._core.tree import ENTRY_KINDS, Tree
from otel_nplusone._core.unjudged import Unjudged
from otel_nplusone._predict.collect import MOST_ROUTES, Collector
from otel_nplusone._predict.model import Outlook
from otel_nplusone._read.assemble import MOST_SPANS_OF_A_TRACE, Assembler
from otel_nplusone._read.files import read_file
from otel_nplusone._read.http_json import is_url
from otel_nplusone._read.search import Search, read_backend
from otel_nplusone._read.skipped import Skipped

_TOO_LARGE = f"span past the first {MOST_SPANS_OF_A_TRACE:,} of one trace"
_TOO_MANY = f"request of a route past the first {MOST_ROUTES}, for the prediction"
Progress = Callable[[Iterable[Span]], Iterable[Span]]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Say what to look for, and where: `search` is for backends, the rest for all sources.

    `route` is a pattern as of a shell (`GET /cats/*`), with the method or without. `min_ns` is of
    one request on average, `min_share` of its time, 0 to 1; a share that is not known is enough.
    With `limit_ns`, what mending would bring is predicted, and from which size on a request takes
    longer than that.
    """

    search: Search = field(default_factory=Search)
    route: str = ""
    min_repeats: int = DEFAULT_MIN_REPEATS
    kinds: frozenset[Kind] = frozenset(Kind)
    min_ns: int = 0
    min_share: float = 0.0
    limit_ns: float = 0.0

    def summary(self, found: Summary) -> bool:
        """Tell whether a finding takes as much of a request, in time and as a share of it."""
        is_short = found.request_ns < self.min_ns
        return not is_short and (not found.has_share or found.share_of_request >= self.min_share)

    def entry(self, entry: Entry) -> bool:
        """Tell whether the findings of this entry span are asked for."""
        return self._meets(entry.service, entry.route)

    def root(self, span: Span) -> bool:
        """Tell whether a span may be an entry, and of the service and route that are asked for."""
        if span.kind not in ENTRY_KINDS and span.parent_span_id:
            return False
        return self._meets(span.service, route(span.attributes, span.name))

    def _meets(self, service: str, route: str) -> bool:
        if self.search.service and service != self.search.service:
            return False
        return not self.route or matches(self.route, route)

    def unmet(self) -> str:
        """Return what to say where no span is: a misspelt route would look like a clean one."""
        asked = (("service", self.search.service), ("route", self.route))
        words = " and ".join(f"{name} {value!r}" for name, value in asked if value)
        return f"no request matches {words}: nothing was judged"


@dataclass(frozen=True, slots=True)
class Result:
    """Hold what a scan found, ranked, and how much it read.

    `judged` are the statements and calls that were looked at, `unjudged` those that do not tell
    what they are; the warnings say why. `quiet` counts the findings that take less time or less of
    a request than was asked for. `outlooks` are predictions by route, those that take the most time
    first; empty where none were asked for.
    """

    findings: tuple[Summary, ...]
    traces_read: int
    spans_read: int
    incomplete_traces: int
    warnings: tuple[str, ...]
    judged: int = 0
    unjudged: int = 0
    quiet: int = 0
    outlooks: tuple[Outlook, ...] = ()

    def outlook(self, found: Summary) -> Outlook | None:
        """Return what is predicted for a finding's route, where that was asked for."""
        key = (found.service, found.route)
        return next((one for one in self.outlooks if (one.service, one.route) == key), None)


def scan(sources: Sequence[str], wanted: Wanted, progress: Progress = iter) -> Result:
    """Read all sources and find what repeats; SourceError where one cannot be read at all."""
    warnings = Skipped()
    summarizer = Summarizer()
    unjudged = Unjudged()
    collector = Collector(wanted.limit_ns) if wanted.limit_ns else None
    traces = incomplete = duplicates = 0
    met = not (wanted.search.service or wanted.route)
    with whole_traces(sources, wanted.search, warnings, progress) as found:
        for trace in found:
            tree = Tree(trace)
            traces += 1
            tallied = dict(tallies(tree, min_repeats=wanted.min_repeats))
            unjudged.add(tree, tallied)
            judged = _wanted(findings_of(tree, tallied), wanted)
            met = met or bool(judged) or any(map(wanted.root, tree.spans))
            incomplete += tree.incomplete
            duplicates += len(trace.spans) - len(tree.by_id)
            summarizer.add(judged)
            if collector is not None:
                collector.add(tree, tallied, judged)
    if found.spans_left_out:
        warnings.add(_TOO_LARGE, ", ".join(sources), times=found.spans_left_out)
    if collector is not None and collector.left_out:
        warnings.add(_TOO_MANY, ", ".join(sources), times=collector.left_out)
    if duplicates:
        warnings.add("duplicate span", ", ".join(sources), times=duplicates)
    unmet = () if met else (wanted.unmet(),)
    summaries = summarizer.summaries()
    loud = tuple(filter(wanted.summary, summaries))
    return Result(
        findings=loud,
        traces_read=traces,
        spans_read=found.spans_read,
        incomplete_traces=incomplete,
        warnings=(*warnings.lines(), *unjudged.lines(found.spans_read), *unmet),
        judged=unjudged.judged,
        unjudged=unjudged.total,
        quiet=len(summaries) - len(loud),
        outlooks=collector.outlooks() if collector is not None else (),
    )


def judge(trace: Trace, skipped: Skipped) -> tuple[list[Finding], Result]:
    """Judge one trace; return its faults, the longest first, and the result that a scan gives.

    `skipped` tells what could not be read of it.
    """
    tree = Tree(trace)
    tallied = dict(tallies(tree))
    unjudged = Unjudged()
    unjudged.add(tree, tallied)
    findings = _wanted(findings_of(tree, tallied), Wanted())
    summarizer = Summarizer()
    summarizer.add(findings)
    spans = len(trace.spans)
    return findings, Result(
        findings=tuple(summarizer.summaries()),
        traces_read=1,
        spans_read=spans,
        incomplete_traces=int(tree.incomplete),
        warnings=(*skipped.lines(), *unjudged.lines(spans)),
        judged=unjudged.judged,
        unjudged=unjudged.total,
    )


def _wanted(findings: list[Finding], wanted: Wanted) -> list[Finding]:
    return [
        f
        for f in findings
        if f.what.repeat_class.is_fault and f.what.kind in wanted.kinds and wanted.entry(f.entry)
    ]


class WholeTraces:
    """Give the traces of some sources; knows how many spans there were once it is through."""

    def __init__(self, assembler: Assembler) -> None:
        self._assembler = assembler

    def __iter__(self) -> Iterator[Trace]:
        return self._assembler.traces()

    @property
    def spans_read(self) -> int:
        """Say how many spans were read, doubles included."""
        return self._assembler.spans_read

    @property
    def spans_left_out(self) -> int:
        """Say how many spans of traces that are too large to be held were left out."""
        return self._assembler.spans_left_out


@contextmanager
def whole_traces(
    sources: Sequence[str], search: Search, warnings: Skipped, progress: Progress = iter
) -> Iterator[WholeTraces]:
    """Read sources to their end and give their traces, in memory that does not grow with them."""
    with Assembler() as assembler, _no_cycles():
        for source in sources:
            assembler.add(progress(_spans(source, search, warnings)))
        yield WholeTraces(assembler)


def _spans(source: str, search: Search, warnings: Skipped) -> Iterator[Span]:
    if is_url(source):
        return read_backend(source, search, warnings)
    return read_file(source, warnings)


@contextmanager
def _no_cycles() -> Iterator[None]:
    """Spare the search for cycles: spans have none, and it takes a fifth of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def matches(pattern: str, route: str) -> bool:
    """Tell whether a route is meant, with its method or without."""
    return means(pattern, route) or means(pattern, route.partition(" ")[2])
