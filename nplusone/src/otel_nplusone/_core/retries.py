"""Tell retries from repeats: a statement sent again because it failed is not a loop over rows.

    attempt ✗ ── SELECT, UPDATE ✗      INTERNAL spans of one name under one parent, one after
    attempt ✗ ── SELECT, UPDATE ✗      the other: all fail but the last, which may
    attempt   ── SELECT, UPDATE        succeed

    SELECT  UPDATE ✗  SELECT  UPDATE ✗  SELECT  UPDATE    the same without spans of their own:
                                                          an UPDATE that succeeds at last

A failed parent, an error of another statement and a cache miss are not retries.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from itertools import chain, pairwise

from otel_nplusone._core.group import Group, start_and_id
from otel_nplusone._core.model import Span, SpanKind
from otel_nplusone._core.tree import Tree

_INNER = (SpanKind.INTERNAL, SpanKind.UNSPECIFIED)
# Nobody tries more often in vain; more failures in a row are a loop in which each round fails.
_MOST_ATTEMPTS = 10


def failed_attempts(tree: Tree) -> frozenset[str]:
    """Return the ids of the spans that failed as attempts next to others."""
    if not tree.any_failed:
        return frozenset()
    names = {(s[2], s[4]) for s in tree.spans if s[8] and s[5] in _INNER and s[2]}
    siblings: dict[tuple[str, str], list[Span]] = defaultdict(list)
    for span in tree.spans if names else ():
        if (span[2], span[4]) in names and span[5] in _INNER:
            siblings[span[2], span[4]].append(span)
    return frozenset(span[1] for spans in siblings.values() for span in _attempts(spans))


def _attempts(spans: list[Span]) -> list[Span]:
    """Return the failed ones of siblings, if they are attempts at one thing."""
    spans.sort(key=start_and_id)
    first = next(n for n, span in enumerate(spans) if span.failed)
    tried = spans[first:]
    failed = [span for span in tried[:-1] if span.failed]
    one_by_one = all(a[7] <= b[6] for a, b in pairwise(tried))
    if len(tried) < 2 or len(failed) != len(tried) - 1 or not one_by_one:
        return []
    if tried[-1].failed:
        return tried if len(tried) <= _MOST_ATTEMPTS else []
    return failed


def attempt_of(span: Span, attempts: Set[str], tree: Tree, entry_id: str) -> str:
    """Return the failed attempt that a statement was part of, or an empty text."""
    seen: set[str] = set()
    parent_id = span.parent_span_id
    while parent_id != entry_id and parent_id not in seen:
        if parent_id in attempts:
            return parent_id
        seen.add(parent_id)
        parent = tree.by_id.get(parent_id)
        if parent is None:
            break
        parent_id = parent.parent_span_id
    return ""


def leave_out_retries(
    groups: Sequence[Group], attempts: Mapping[str, str], min_repeats: int
) -> None:
    """Let each group count without its retries; `attempts` names those of spans, by span id."""
    if any(_is_of_many_things(group, attempts) for group in groups if attempts):
        attempts = {}
    for group in groups if attempts else ():
        out = _of_attempts(group, attempts, min_repeats)
        group.count_only([span for span in group.spans if span[1] not in out])
    failing = [group for group in groups if group.failures]
    tried = _undone(groups) if failing else frozenset()
    for group in groups if tried else ():
        group.count_only([span for span in group.spans if span[1] not in tried])
    for group in failing:
        group.count_only(_without_retries(group, min_repeats))


def _is_of_many_things(group: Group, attempts: Mapping[str, str]) -> bool:
    """Tell whether each attempt asks for another value: these are rounds of a loop, not retries."""
    tried = [span[1] for span in (*group.spans, *group.failures) if span[1] in attempts]
    values = group.values() if len(tried) > 1 else {}
    known = {values.get(span_id) for span_id in tried}
    return len(known) == len(tried) > 1 and None not in known


def _of_attempts(group: Group, attempts: Mapping[str, str], min_repeats: int) -> set[str]:
    """Return the ids of what attempts sent in vain, without the fullest if that loops by itself."""
    by_attempt: dict[str, list[str]] = defaultdict(list)
    for span in group.spans:
        if span[1] in attempts:
            by_attempt[attempts[span[1]]].append(span[1])
    fullest = max(by_attempt.values(), key=len, default=[])
    out = set(chain.from_iterable(by_attempt.values()))
    return out - set(fullest) if len(fullest) >= min_repeats else out


def _without_retries(group: Group, min_repeats: int) -> list[Span]:
    """Return the executions, those that repeat after their own failure left out.

    Failures count as well where each has values of its own.

    Where nothing would be left, every other round fails: then the rounds are what repeats.
    """
    spans = group.spans
    if not group.failures:
        return spans
    outcomes = sorted([*spans, *group.failures], key=start_and_id)
    values = group.values()
    known = {values.get(span[1]) for span in outcomes}
    if len(known) == len(outcomes) and None not in known:
        return outcomes  # a row each, whether it was found or not
    again = {
        span[1]
        for before, span in pairwise(outcomes)
        if before[8] and not span[8] and span is not spans[0]
    }
    kept = [span for span in spans if span[1] not in again]
    return kept if len(kept) >= min_repeats else spans


def _undone(groups: Sequence[Group]) -> frozenset[str]:
    """Return the ids of statements of attempts which a later statement's failure ended."""
    found: set[str] = set()
    for last in groups:
        if len(last.spans) == 1 and last.failures and last.failures[-1][6] <= last.spans[0][6]:
            ends = [*(span[6] for span in last.failures), last.spans[0][6]]
            for group in groups:
                if group is not last and _place(group) == _place(last):
                    found.update(_rounds(group.spans, ends))
    return frozenset(found)


def _rounds(spans: Sequence[Span], ends: Sequence[int]) -> Iterable[str]:
    """Return the ids of all rounds but the last, if each sent the statement equally often."""
    rounds: list[list[str]] = [[] for _ in ends]
    for span in spans:
        number = bisect_right(ends, span[6])
        if number == len(ends):
            return []
        rounds[number].append(span[1])
    alike = len({len(one) for one in rounds}) == 1
    return [span_id for one in rounds[:-1] for span_id in one] if alike else []


def _place(group: Group) -> tuple[str, str]:
    return (group.system, group.namespace)
