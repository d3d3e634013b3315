"""Find the statements of a trace that repeat where one would do.

    SERVER GET /success-stories
      ├─ CLIENT SELECT person veterinarian           ← source: one query for the parents …
      ├─ CLIENT SELECT appointment   where id = 1  ┐
      ├─ INTERNAL render                           │
      │    └─ CLIENT SELECT appointment  … id = 2  ├ ← … and one for each of them: n_plus_one
      └─ CLIENT SELECT appointment   where id = 3  ┘   (from five on)

Repeats belong together if they have the entry span, the database (or the service that is called)
and the fingerprint in common. They need not follow one another nor share a parent; no source is
required and no duration: what takes no time today is a fault all the same, and ranks last.

    REDUNDANT         the same values again and again
    ROW_BY_ROW_WRITE  INSERT, UPDATE, DELETE, one row each
    NESTED            A B A B A B …: a loop that sends several statements
    CHUNKED_BATCH     IN (…) again and again: a loader at work, no fault
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Set
from dataclasses import replace
from operator import attrgetter

from otel_nplusone._core.asked import asking
from otel_nplusone._core.crossing import name_callee
from otel_nplusone._core.frameworks import framework_of, is_resolved
from otel_nplusone._core.layers import without_layers
from otel_nplusone._core.model import Finding, Repeats, Span, Trace
from otel_nplusone._core.retries import attempt_of, failed_attempts
from otel_nplusone._core.tally import DEFAULT_MIN_REPEATS, Tally
from otel_nplusone._core.tree import Tree

_start = attrgetter("start_time_unix_nano")
_start_and_id = attrgetter("start_time_unix_nano", "span_id")


def find_n_plus_one(trace: Trace, *, min_repeats: int = DEFAULT_MIN_REPEATS) -> list[Finding]:
    """Find the faults of a trace, the longest first. Pure; never raises, whatever the spans are."""
    return [f for f in find_repeats(trace, min_repeats=min_repeats) if f.what.repeat_class.is_fault]


def find_repeats(trace: Trace, *, min_repeats: int = DEFAULT_MIN_REPEATS) -> list[Finding]:
    """Find all that repeats, CHUNKED_BATCH included, which is not a fault."""
    return find_in_tree(Tree(trace), min_repeats=min_repeats)


def find_in_tree(tree: Tree, *, min_repeats: int = DEFAULT_MIN_REPEATS) -> list[Finding]:
    """Do the same for a trace whose tree is built already."""
    return findings_of(tree, dict(tallies(tree, min_repeats=min_repeats)))


def findings_of(tree: Tree, tallied: Mapping[str, Tally]) -> list[Finding]:
    """Return the findings of entry spans that are counted already."""
    found: list[Finding] = []
    for entry_id, tally in tallied.items():
        for repeats in tally.repeats():
            told = _of_framework(name_callee(repeats, tree, tallied), tree, entry_id)
            found.append(_finding(tree, entry_id, told))
    return sorted(found, key=lambda f: (-f.what.total_ns, f.entry.span_id, f.what.fingerprint))


def tallies(tree: Tree, *, min_repeats: int = DEFAULT_MIN_REPEATS) -> Iterator[tuple[str, Tally]]:
    """Count what each entry span asks, by its id."""
    tried = failed_attempts(tree)
    for entry_id, spans in _by_entry(tree).items():
        yield entry_id, _tally(tree, entry_id, spans, tried, min_repeats)


def tally_of_entry(entry_id: str, asking: list[Span], inner: list[Span], min_repeats: int) -> Tally:
    """Count what one entry span asks, from its spans alone, without their trace."""
    tree = Tree(Trace("", (*asking, *inner)))
    spans = list(without_layers(asking, tree.by_id))
    return _tally(tree, entry_id, spans, failed_attempts(tree), min_repeats)


def _tally(
    tree: Tree, entry_id: str, spans: list[Span], tried: Set[str], min_repeats: int
) -> Tally:
    attempts = {}
    for span in spans if tried else ():
        attempt = attempt_of(span, tried, tree, entry_id)
        if attempt:
            attempts[span.span_id] = attempt
    return Tally(_in_order(spans), min_repeats, attempts=attempts, parents=tree.by_id)


def is_incomplete(trace: Trace) -> bool:
    """Tell whether spans are missing: a parent that is not there, or the root."""
    return Tree(trace).incomplete


def count_statements(trace: Trace) -> int:
    """Say how many statements the trace sent, without transactions, settings and pings."""
    return sum(tally.statements for _, tally in tallies(Tree(trace)))


def _by_entry(tree: Tree) -> dict[str, list[Span]]:
    """Return the spans that ask something of a database or a service, by the entry span."""
    by_entry: dict[str, list[Span]] = defaultdict(list)
    for span in without_layers(asking(tree.spans), tree.by_id):
        by_entry[tree.entry_id(span)].append(span)
    return by_entry


def _in_order(spans: list[Span]) -> list[Span]:
    """Sort by start, and by id only where two start together: numbers compare faster."""
    together = len(set(map(_start, spans))) < len(spans)
    return sorted(spans, key=_start_and_id if together else _start)


def _of_framework(repeats: Repeats, tree: Tree, entry_id: str) -> Repeats:
    """Add by which library the statement was made, as the span and those around it tell."""
    origins = tuple(tree.origins(repeats.offender_span_ids[-1], entry_id))
    return replace(
        repeats,
        framework=framework_of(origins, repeats.statement),
        is_resolved=is_resolved(origins),
    )


def _finding(tree: Tree, entry_id: str, repeats: Repeats) -> Finding:
    entry = tree.entry(entry_id)
    ancestor = tree.common_ancestor(repeats.offender_span_ids, entry_id)
    if ancestor is None:
        return Finding(entry, repeats, entry.span_id, entry.route)
    return Finding(entry, repeats, ancestor.span_id, ancestor.name)
