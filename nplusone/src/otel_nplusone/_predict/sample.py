"""Measure one request: what its repeats take, and what is left without them.

    ├ before ┤A├ gap ┤B├gap┤B├gap┤B├gap┤A├ gap ┤B├gap┤B├ after ┤
              source   └── repeats: spans and the gaps after them ──┘

The gap after a repeat is what the client does for a statement: the ORM, the instrumentation, the
next statement's text. The gap after the source holds that and its rows besides, which tells what a
row costs: (gap after the source - gap after a repeat) / rows.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from otel_nplusone._core import semconv
from otel_nplusone._core.model import Finding, Kind, RepeatClass, Span
from otel_nplusone._core.tally import Tally
from otel_nplusone._predict.counting import Loop

# What a client does for one statement takes less; what is more belongs to the rows.
_LONGEST_GAP_NS = 1_000_000
_LEAST_ROWS = 2
_SHORTEST_THIRD = 10
_PREDICTED = frozenset({RepeatClass.N_PLUS_ONE, RepeatClass.NESTED})
_DATABASES = (Kind.SQL, Kind.NOSQL)


class Part(NamedTuple):
    """Hold what one finding takes of one request.

    `keys` are the different values that it asks for, `sent` the statements that take the place of
    all at least, `rows` what the repeats return; `spans_ns` is the time in which they run, and
    `gaps_ns` that in the gaps after them, `own_ns` the part of it that is too long to be a
    statement's, and `pause_ns` what the longest gap has more than usual: somebody else's work.
    `rises_ns` are by how much a gap is longer than the one before, in two parts of the loop.
    `trip_ns` is the usual repeat, `quick_ns` one of the quickest. `row_client_ns` and
    `row_server_ns` are what a row of the source costs, None where no source tells; `source_ns` is
    what all its rows cost the client, `source_rows` how many it says that it returned. `leads` are
    the statements before the loop that send none again, and `leads_ns` their time.
    """

    fingerprint: str
    kind: Kind
    statements: int
    repeats: int
    keys: int
    sent: int
    rows: int
    spans_ns: int
    gaps_ns: int
    own_ns: int
    pause_ns: int
    trip_ns: float
    quick_ns: float
    gap_ns: float
    rises_ns: tuple[float, float]
    row_client_ns: float | None
    row_server_ns: float | None
    source_ns: float
    source_rows: int | None
    has_source: bool
    leads: int
    leads_ns: int
    joinable: bool
    overlapping: bool

    @property
    def loop(self) -> Loop:
        """Return what it sends."""
        return Loop(
            fingerprint=self.fingerprint,
            statements=self.statements,
            keys=self.keys,
            sent=self.sent,
            is_sql=self.kind is Kind.SQL,
            has_source=self.has_source,
            leads=self.leads,
        )

    @property
    def removed_ns(self) -> int:
        """Return the time that goes with the repeats."""
        return self.spans_ns + self.gaps_ns


class Request(NamedTuple):
    """Hold one request of a route, and what each finding takes of it."""

    start_ns: int
    duration_ns: int
    statements: int
    parts: tuple[Part, ...]


def is_predicted(finding: Finding) -> bool:
    """Tell whether one statement can take the place of what repeats."""
    return finding.what.repeat_class in _PREDICTED


def measure(entry: Span, tally: Tally, findings: Sequence[Finding]) -> Request:
    """Measure a request by its entry span, its statements, and its findings."""
    timeline = _Timeline(tally, entry)
    loops = {f.what.fingerprint: frozenset(f.what.offender_span_ids) for f in findings}
    parts = tuple(_part(f, timeline, loops) for f in findings)
    duration = max(0, entry.end_time_unix_nano - entry.start_time_unix_nano)
    return Request(entry.start_time_unix_nano, duration, tally.asked, _with_rows(parts, findings))


class _Timeline:
    """Hold the statements of a request in order, with the gap after each."""

    def __init__(self, tally: Tally, entry: Span) -> None:
        self.tally = tally
        self.spans = tally.spans
        self.place = {span.span_id: at for at, span in enumerate(self.spans)}
        self.gaps = _gaps(self.spans)
        latest = max((span.end_time_unix_nano for span in self.spans), default=0)
        self.after = max(0, entry.end_time_unix_nano - latest)

    def took(self, at: int) -> int:
        span = self.spans[at]
        return max(0, span.end_time_unix_nano - span.start_time_unix_nano)


def _gaps(spans: Sequence[Span]) -> list[int]:
    """Return the time from the end of each to the next one's start, 0 after the last."""
    gaps, latest = [], 0
    for span, following in pairwise(spans):
        latest = max(latest, span.end_time_unix_nano)
        gaps.append(max(0, following.start_time_unix_nano - latest))
    return [*gaps, 0] if spans else []


def _part(finding: Finding, line: _Timeline, loops: Mapping[str, frozenset[str]]) -> Part:
    what = finding.what
    places = sorted(line.place[one] for one in what.offender_span_ids if one in line.place)
    gaps = [line.gaps[at] for at in places]
    among = set(places)
    inner = [gap for at, gap in zip(places, gaps, strict=True) if at + 1 in among] or gaps
    took = [line.took(at) for at in places]
    is_folded = what.statements > len(places)
    if is_folded:  # a span stands for many, and lasts from the first to the last
        gaps = [max(0, sum(took) - what.total_ns)]
        took = [what.total_ns // max(1, what.statements)]
        inner = [gaps[0] // max(1, what.statements)]
    usual, trip = median(inner), median(took)
    if not is_folded and places[-1] == len(line.spans) - 1:
        gaps[-1] = min(round(usual), line.after)
    source = _Source.of(finding, line, places, usual, trip)
    leads = _leads(line, places, loops)
    return Part(
        fingerprint=what.fingerprint,
        kind=what.kind,
        statements=what.statements,
        repeats=what.repeats,
        keys=_keys(finding),
        sent=max(1, len(what.pattern)),
        rows=_returned(line, places) or what.statements,
        spans_ns=what.total_ns,
        gaps_ns=sum(gaps),
        own_ns=round(max(0, usual - _LONGEST_GAP_NS) * len(gaps)),
        pause_ns=max(0, round(max(gaps) - max(usual, _LONGEST_GAP_NS))),
        trip_ns=trip,
        quick_ns=sorted(took)[len(took) // 10],
        gap_ns=usual,
        rises_ns=_rises(inner),
        row_client_ns=source.client_ns,
        row_server_ns=source.server_ns,
        source_ns=source.rows_ns,
        source_rows=source.returned,
        has_source=what.source_span_id is not None,
        leads=len(leads),
        leads_ns=sum(line.took(at) + line.gaps[at] for at in leads),
        joinable=what.kind is Kind.SQL and not what.fan_out,
        overlapping=what.overlapping,
    )


def _keys(finding: Finding) -> int:
    what = finding.what
    return what.distinct_values or what.repeats


def _rises(gaps: Sequence[int]) -> tuple[float, float]:
    """Return by how much a gap is longer than the one before, twice within the loop's second half.

    In the first half, caches that warm up make it shorter. Lower quartiles: an export that runs at
    the same time makes some gaps longer, a list that is searched makes all of them longer.
    """
    late = gaps[len(gaps) // 2 :]
    third = len(late) // 3
    if third < _SHORTEST_THIRD:
        return 0.0, 0.0
    first, second, last = (
        sorted(late[start : start + third])[third // 4] for start in (0, third, 2 * third)
    )
    return (second - first) / third, (last - second) / third


def _returned(line: _Timeline, places: Sequence[int]) -> int | None:
    """Return how many rows these statements say that they returned; None if one does not."""
    told = [semconv.number(line.spans[at].attributes, semconv.RETURNED_ROWS) for at in places]
    known = [number for number in told if number is not None]
    return sum(known) if len(known) == len(told) else None


def _leads(
    line: _Timeline, places: Sequence[int], loops: Mapping[str, frozenset[str]]
) -> list[int]:
    """Return the statements before the first repeat; none if one of them repeats itself."""
    before = range(places[0])
    repeated = frozenset().union(*loops.values())
    if any(line.spans[at].span_id in repeated for at in before):
        return []
    return [at for at in before if line.tally.statement_of(line.spans[at].span_id)]


class _Source(NamedTuple):
    """Hold what the rows of the statement before the loop cost."""

    client_ns: float | None
    server_ns: float | None
    rows_ns: float
    returned: int | None

    @classmethod
    def of(
        cls, finding: Finding, line: _Timeline, places: Sequence[int], gap: float, trip: float
    ) -> "_Source":
        """Measure the executions of the source by what comes between one and the next."""
        sources = [
            line.place[span.span_id]
            for span in line.tally.alike(finding.what.source_span_id or "")
            if span.span_id in line.place
        ]
        if not sources or finding.what.statements > len(places):
            return cls(None, None, 0.0, None)
        of_rows = []
        for at, following in zip(sources, [*sources[1:], len(line.spans)], strict=True):
            rows = sum(at < place < following for place in places)
            if rows >= _LEAST_ROWS:
                extra = line.gaps[at] - gap, line.took(at) - trip
                of_rows.append((max(0.0, extra[0]) / rows, max(0.0, extra[1]) / rows, rows))
        if not of_rows:
            return cls(None, None, 0.0, _returned(line, sources))
        client, server = (median(one[n] for one in of_rows) for n in (0, 1))
        rows_ns = sum(one[0] * one[2] for one in of_rows)
        return cls(client, server, rows_ns, _returned(line, sources))


def _with_rows(parts: tuple[Part, ...], findings: Sequence[Finding]) -> tuple[Part, ...]:
    """Count as rows of a repeat what the loop inside it asks for: each row is asked about."""
    inner = {f.what.source_statement: f.what.repeats for f in findings}
    return tuple(
        part._replace(rows=max(part.rows, inner.get(finding.what.statement, 0)))
        for part, finding in zip(parts, findings, strict=True)
    )
