"""Summarize the findings of many traces: one line for each fault, ranked by the time it wastes."""

import heapq
from collections import Counter
from dataclasses import dataclass

from otel_nplusone._core.advice import advise
from otel_nplusone._core.model import Finding, Kind, RepeatClass, sites_of

MOST_TRACE_IDS = 20
_NEGLIGIBLE_NS = 1_000_000
_NEGLIGIBLE_SHARE = 0.01
Key = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Summary:
    """Hold one fault of one route, over all traces that have it.

    `repeats_p50` and `repeats_max` are of one request, `share_of_request` is the part of the time
    of these requests, 0 to 1 (0 where their spans are missing, and `has_share` is false), and
    `request_ns` is the time that one request loses on average. `trace_ids` are the worst ones, the
    worst of all first.
    """

    repeat_class: RepeatClass
    service: str
    route: str
    statement: str
    fingerprint: str
    traces: int
    repeats_p50: int
    repeats_max: int
    total_ns: int
    share_of_request: float
    source_statement: str | None
    code: str | None
    relationship: str | None
    common_ancestor: str
    overlapping: bool
    incomplete: bool
    advice: str
    worst_trace_id: str
    trace_ids: tuple[str, ...]
    kind: Kind = Kind.SQL
    distinct_values: int | None = None
    places: tuple[str, ...] = ()
    fan_out: int = 0
    same_values: tuple[str, ...] = ()
    callee: str | None = None
    callee_statement: str | None = None
    path: str | None = None
    place_counts: tuple[int, ...] = ()
    load: str | None = None
    framework: str = ""
    request_ns: int = 0
    has_share: bool = False

    @property
    def is_negligible(self) -> bool:
        """Tell whether a request would hardly notice: under a millisecond and 1 % of it."""
        is_small = self.has_share and self.share_of_request < _NEGLIGIBLE_SHARE
        return is_small and self.request_ns < _NEGLIGIBLE_NS

    @property
    def sites(self) -> tuple[str, ...]:
        """Return each place that sends it, by the way to its loop; of several with counts."""
        return sites_of(self.path or self.code, self.places, self.place_counts)

    @property
    def key(self) -> Key:
        """Return what makes two findings the same one, from scan to scan."""
        return (self.repeat_class.value, self.service, self.route, self.fingerprint)


class Summarizer:
    """Collect findings; keep counters and the worst of each kind, whatever their number."""

    def __init__(self) -> None:
        self._faults: dict[tuple[str, ...], _Fault] = {}

    def add(self, findings: list[Finding]) -> None:
        """Take the findings of one trace."""
        for finding in findings:
            what, entry = finding.what, finding.entry
            place = (what.system, what.namespace, what.fingerprint)
            key = (what.repeat_class.value, entry.service, entry.route, *place)
            fault = self._faults.get(key)
            if fault is None:
                fault = self._faults[key] = _Fault(finding)
            fault.add(finding)

    def summaries(self) -> list[Summary]:
        """Return all faults, those that waste the most time first and the negligible ones last."""
        found = [fault.summary() for fault in self._faults.values()]
        return sorted(found, key=lambda s: (s.is_negligible, -s.total_ns, s.key))


class _Fault:
    def __init__(self, finding: Finding) -> None:
        self._worst = finding
        self._last_trace_id = ""
        self._traces = 0
        self._repeats: Counter[int] = Counter()
        self._total_ns = 0
        # Of requests whose span is there: a share of an unknown time says nothing.
        self._requests_ns = 0
        self._within_ns = 0
        self._incomplete = False
        self._worst_ids: list[tuple[int, str]] = []

    def add(self, finding: Finding) -> None:
        trace_id, total_ns = finding.entry.trace_id, finding.what.total_ns
        self._repeats[finding.what.repeats] += 1
        self._total_ns += total_ns
        if finding.entry.duration_ns > 0:
            self._requests_ns += finding.entry.duration_ns
            self._within_ns += min(finding.entry.duration_ns, total_ns)
        self._incomplete = self._incomplete or finding.entry.incomplete
        if _rank(finding) > _rank(self._worst):
            self._worst = finding
        if trace_id != self._last_trace_id:
            self._last_trace_id = trace_id
            self._traces += 1
            push = heapq.heappush if len(self._worst_ids) < MOST_TRACE_IDS else heapq.heappushpop
            push(self._worst_ids, (total_ns, trace_id))

    def summary(self) -> Summary:
        what, entry = self._worst.what, self._worst.entry
        ids = [trace_id for _, trace_id in sorted(self._worst_ids, reverse=True)]
        return Summary(
            repeat_class=what.repeat_class,
            service=entry.service,
            route=entry.route,
            statement=what.statement,
            fingerprint=what.fingerprint,
            traces=self._traces,
            repeats_p50=self._median(),
            repeats_max=max(self._repeats),
            total_ns=self._total_ns,
            share_of_request=self._within_ns / self._requests_ns if self._requests_ns else 0.0,
            source_statement=what.source_statement,
            code=what.code,
            relationship=what.relationship,
            common_ancestor=self._worst.common_ancestor_name,
            overlapping=what.overlapping,
            incomplete=self._incomplete,
            advice=advise(what),
            worst_trace_id=entry.trace_id,
            trace_ids=tuple(ids),
            kind=what.kind,
            distinct_values=what.distinct_values,
            places=what.places,
            fan_out=what.fan_out,
            same_values=what.same_values,
            callee=what.callee,
            callee_statement=what.callee_statement,
            path=what.path,
            place_counts=what.place_counts,
            load=what.load,
            framework=what.framework,
            request_ns=round(self._total_ns / self._repeats.total()),
            has_share=self._requests_ns > 0,
        )

    def _median(self) -> int:
        """Return the lower median, so that it is a number of repeats that was seen."""
        left = (self._repeats.total() + 1) // 2
        for repeats in sorted(self._repeats):
            left -= self._repeats[repeats]
            if left <= 0:
                return repeats
        raise AssertionError("a fault has at least one finding")


def _rank(finding: Finding) -> tuple[int, str, str]:
    return (finding.what.total_ns, finding.entry.trace_id, finding.entry.span_id)
