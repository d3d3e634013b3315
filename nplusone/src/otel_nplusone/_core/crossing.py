"""Name the other end of calls that repeat: who answers them, and what that sends for each.

gateway  SERVER GET /orders
  └─ CLIENT GET ──► users  SERVER GET /users/{id}
                             └─ CLIENT SELECT name FROM user WHERE id = ?      × 30
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from otel_nplusone._core.model import Kind, Repeats, Span
from otel_nplusone._core.tally import Tally
from otel_nplusone._core.tree import ENTRY_KINDS, Tree

_CALLS = (Kind.HTTP, Kind.RPC, Kind.MESSAGING)


def name_callee(repeats: Repeats, tree: Tree, tallied: Mapping[str, Tally]) -> Repeats:
    """Add the service that answers and the statement that it sends for most of the calls."""
    if repeats.kind not in _CALLS:
        return repeats
    answers = _answers(tree, frozenset(repeats.offender_span_ids))
    if not answers:
        return repeats
    services = Counter(span.service for span in answers)
    sent: Counter[str] = Counter()
    for span in answers:
        tally = tallied.get(span.span_id)
        sent.update({one.statement for one in tally.counts()} if tally else ())
    text, times = max(sent.items(), key=lambda item: (item[1], item[0]), default=("", 0))
    return replace(
        repeats,
        callee=max(services, key=lambda name: (services[name], name)),
        callee_statement=text if times * 2 >= len(answers) else None,
    )


def _answers(tree: Tree, calls: frozenset[str]) -> list[Span]:
    return [span for span in tree.spans if span[2] in calls and span[5] in ENTRY_KINDS]
