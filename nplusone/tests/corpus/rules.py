"""Judge by other detectors' rules, each written down in a few lines.

They are rules and no programs: thresholds and conditions as they are documented, over our own
fingerprints and over calls as over statements, so that none of them loses by a worse normalizer.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from itertools import groupby, pairwise
from statistics import median

from nplusone.tests.corpus.naming import name_of
from otel_nplusone._core.asked import asked
from otel_nplusone._core.model import Span, Trace

Rule = Callable[[Trace], set[str]]
_MS = 1_000_000


def contiguous_with_source(trace: Trace) -> set[str]:
    """Judge as Sentry does: at least five and 50 ms, one after the other, after another query.

    Sequential spans of one parent that do not overlap, with a query before them that is another.
    https://docs.sentry.io/product/issues/performance-issues/n-one-queries/
    """
    found = set()
    for siblings in _by_parent(trace).values():
        runs = [list(run) for _, run in groupby(siblings, key=_text)]
        for before, run in zip([None, *runs], runs, strict=False):
            sequential = all(a[7] <= b[6] for a, b in pairwise(run))
            duration = sum(span[7] - span[6] for span in run)
            if before and sequential and len(run) >= 5 and duration >= 50 * _MS:
                found.add(name_of(run[0]))
    return found


def five_within_half_a_second(trace: Trace) -> set[str]:
    """Find five equal templates of one trace within 500 ms, wherever they are.

    A rule of thumb; no document was found that could be called its source.
    """
    found = set()
    by_text: dict[str, list[Span]] = defaultdict(list)
    for span in _statements(trace):
        by_text[_text(span)].append(span)
    for spans in by_text.values():
        for first, fifth in zip(spans, spans[4:], strict=False):
            if fifth.start_time_unix_nano - first.start_time_unix_nano <= 500 * _MS:
                found.add(name_of(first))
    return found


def more_than_ten_alike(trace: Trace) -> set[str]:
    """Find more than ten siblings of one name that all take at most twice the median.

    A rule of thumb of trace viewers; no document was found that could be called its source.
    """
    found = set()
    for siblings in _by_parent(trace).values():
        by_text: dict[str, list[Span]] = defaultdict(list)
        for span in siblings:
            by_text[_text(span)].append(span)
        for spans in by_text.values():
            durations = [span.end_time_unix_nano - span.start_time_unix_nano for span in spans]
            if len(spans) > 10 and max(durations) <= 2 * median(durations):
                found.add(name_of(spans[0]))
    return found


def _statements(trace: Trace) -> list[Span]:
    spans = [span for span in trace.spans if asked(span) is not None]
    return sorted(spans, key=lambda span: (span.start_time_unix_nano, span.span_id))


def _by_parent(trace: Trace) -> dict[str, list[Span]]:
    by_parent: dict[str, list[Span]] = defaultdict(list)
    for span in _statements(trace):
        by_parent[span.parent_span_id].append(span)
    return by_parent


def _text(span: Span) -> str:
    found = asked(span)
    return found.statement.text if found else ""


def union(rule: Rule, traces: Iterable[Trace]) -> set[str]:
    """Return what a rule says of several traces."""
    return set().union(*(rule(trace) for trace in traces))
