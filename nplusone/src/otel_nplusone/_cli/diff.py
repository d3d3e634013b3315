"""Compare two sources, traces or routes: which statements they send, how often, for how long."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median

from otel_nplusone._core.detect import tallies
from otel_nplusone._core.model import Trace
from otel_nplusone._core.tree import Tree
from otel_nplusone.scan import Wanted


@dataclass(slots=True)
class Side:
    """Hold what the requests of one side did; `repeats` and `total_ns` are sums over them."""

    requests: int = 0
    incomplete_traces: int = 0
    statements: list[int] = field(default_factory=list)
    durations_ns: list[int] = field(default_factory=list)
    repeats: dict[str, int] = field(default_factory=dict)
    total_ns: dict[str, int] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    @property
    def statements_p50(self) -> float:
        """Return the median number of statements of one request."""
        return median(self.statements) if self.statements else 0.0

    @property
    def duration_p50_ns(self) -> float:
        """Return the median time of one request."""
        return median(self.durations_ns) if self.durations_ns else 0.0

    def repeats_per_request(self, fingerprint: str) -> float:
        """Return how often one request sent the statement, on average."""
        return self.repeats.get(fingerprint, 0) / self.requests if self.requests else 0.0

    def ns_per_request(self, fingerprint: str) -> float:
        """Return how long the statement ran in one request, on average."""
        return self.total_ns.get(fingerprint, 0) / self.requests if self.requests else 0.0


@dataclass(frozen=True, slots=True)
class Row:
    """Hold one statement on both sides, for one request."""

    fingerprint: str
    statement: str
    repeats: tuple[float, float]
    ns: tuple[float, float]


def side(traces: Iterable[Trace], wanted: Wanted) -> Side:
    """Count what the requests of these traces sent that `wanted` asks for."""
    found = Side()
    for trace in traces:
        tree = Tree(trace)
        found.incomplete_traces += tree.incomplete
        for entry_id, tally in tallies(tree):
            entry = tree.entry(entry_id)
            if not wanted.entry(entry):
                continue
            found.requests += 1
            found.statements.append(tally.statements)
            found.durations_ns.append(entry.duration_ns)
            for one in tally.counts():
                key = one.fingerprint
                found.texts[key] = one.statement
                found.repeats[key] = found.repeats.get(key, 0) + one.repeats
                found.total_ns[key] = found.total_ns.get(key, 0) + one.total_ns
    return found


def rows(before: Side, after: Side) -> list[Row]:
    """Return all statements of either side, those whose time changed the most first."""
    texts = {**after.texts, **before.texts}
    found = [
        Row(
            key,
            text,
            (before.repeats_per_request(key), after.repeats_per_request(key)),
            (before.ns_per_request(key), after.ns_per_request(key)),
        )
        for key, text in texts.items()
    ]
    return sorted(found, key=lambda row: (-abs(row.ns[0] - row.ns[1]), row.statement))
