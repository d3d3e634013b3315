"""Finds the statements of a trace that repeat where one would do.

    SERVER GET /success-stories
      ├─ CLIENT SELECT person veterinarian           ← source: one query for the parents …
      ├─ CLIENT SELECT appointment   where id = 1  ┐
      ├─ INTERNAL render                           │
      │    └─ CLIENT SELECT appointment  … id = 2  ├ ← … and one for each of them: n_plus_one
      └─ CLIENT SELECT appointment   where id = 3  ┘   (from five on)

Repeats belong together if they have the entry span, the database and the fingerprint in common.
They need not follow one another nor share a parent; no source is required and no duration: what
takes no time today is a fault all the same, and ranks last.

    REDUNDANT         the same values again and again
    ROW_BY_ROW_WRITE  INSERT, UPDATE, DELETE, one row each
    NESTED            A B A B A B …: a loop that sends several statements
    CHUNKED_BATCH     IN (…) again and again: a loader at work, no fault
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from operator import itemgetter

from otel_nplusone import semconv
from otel_nplusone.fingerprint import fingerprint
from otel_nplusone.model import Finding, Repeats, Span, Trace
from otel_nplusone.tally import DEFAULT_MIN_REPEATS, Tally
from otel_nplusone.tree import Tree

_TEXT, _OLD_TEXT = semconv.QUERY_TEXT
_start = itemgetter(Span._fields.index("start_time_unix_nano"))
_start_and_id = itemgetter(
    Span._fields.index("start_time_unix_nano"), Span._fields.index("span_id")
)


def find_n_plus_one(trace: Trace, *, min_repeats: int = DEFAULT_MIN_REPEATS) -> list[Finding]:
    """Find the faults of a trace, the longest first. Pure; never raises, whatever the spans are."""
    return [f for f in find_repeats(trace, min_repeats=min_repeats) if f.what.repeat_class.is_fault]


def find_repeats(trace: Trace, *, min_repeats: int = DEFAULT_MIN_REPEATS) -> list[Finding]:
    """Find all that repeats, with what is no fault (CHUNKED_BATCH)."""
    return find_in_tree(Tree(trace), min_repeats=min_repeats)


def find_in_tree(tree: Tree, *, min_repeats: int = DEFAULT_MIN_REPEATS) -> list[Finding]:
    """The same for a trace whose tree is there already."""
    found: list[Finding] = []
    for entry_id, tally in tallies(tree, min_repeats=min_repeats):
        found.extend(_finding(tree, entry_id, repeats) for repeats in tally.repeats())
    return sorted(found, key=lambda f: (-f.what.total_ns, f.entry.span_id, f.what.fingerprint))


def tallies(
    tree: Tree, *, min_repeats: int = DEFAULT_MIN_REPEATS, at_least: int | None = None
) -> Iterator[tuple[str, Tally]]:
    """Count the statements of each entry span that has `at_least` so many, by its id."""
    least = min_repeats if at_least is None else at_least
    for entry_id, spans in _statements_by_entry(tree, least).items():
        tally = Tally(min_repeats)
        for span in _in_order(spans):
            failed = tree.any_failed and _failed(span, entry_id, tree)
            tally.add(span[1], span[9], span[6], span[7], failed=failed)
        yield entry_id, tally


def is_incomplete(trace: Trace) -> bool:
    """Whether spans are missing: a parent that is not there, or the root."""
    return Tree(trace).incomplete


def count_statements(trace: Trace) -> int:
    """How many statements the trace sent, without transactions, settings and pings."""
    return sum(tally.statements for _, tally in tallies(Tree(trace), at_least=1))


def _statements_by_entry(tree: Tree, at_least: int) -> dict[str, list[Span]]:
    """The spans with a statement, by the entry span; entries with fewer cannot have a finding."""
    statements = [s for s in tree.spans if _TEXT in s[9] or _OLD_TEXT in s[9]]
    if len(statements) < at_least:
        return {}
    by_entry: dict[str, list[Span]] = defaultdict(list)
    known = tree.entry_of_parent
    for span in _without_doubles(statements, tree):
        by_entry[known.get(span[2]) or tree.entry_id(span)].append(span)
    return {entry_id: spans for entry_id, spans in by_entry.items() if len(spans) >= at_least}


def _in_order(spans: list[Span]) -> list[Span]:
    """Sort by start, and by id only where two start together: numbers compare faster."""
    together = len(set(map(_start, spans))) < len(spans)
    return sorted(spans, key=_start_and_id if together else _start)


def _without_doubles(statements: list[Span], tree: Tree) -> Iterable[Span]:
    """Leave out the driver's span of a statement inside the library's span of the same one."""
    ids = {span[1] for span in statements}
    if ids.isdisjoint([span[2] for span in statements]):
        return statements
    return [s for s in statements if s[2] not in ids or not _same(s, tree.by_id[s[2]])]


def _same(span: Span, parent: Span) -> bool:
    texts = [semconv.text(s.attributes, semconv.QUERY_TEXT) for s in (span, parent)]
    return span is not parent and fingerprint(texts[0]).digest == fingerprint(texts[1]).digest


def _failed(span: Span, entry_id: str, tree: Tree) -> bool:
    """Whether the statement failed, or the attempt that it was part of."""
    if span[8] or span[2] == entry_id:
        return span[8]
    parent = tree.by_id.get(span[2])
    return parent is not None and parent.failed


def _finding(tree: Tree, entry_id: str, repeats: Repeats) -> Finding:
    entry = tree.entry(entry_id)
    ancestor = tree.common_ancestor(repeats.offender_span_ids, entry_id)
    if ancestor is None:
        return Finding(entry, repeats, entry.span_id, entry.route)
    return Finding(entry, repeats, ancestor.span_id, ancestor.name)
