"""Collect requests of each route in memory that does not grow, and predict from them.

A route has a reservoir: of all its requests a fixed number, each with the same chance, drawn by a
seeded generator (Vitter's algorithm R), so that two scans of the same traces say the same.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from statistics import median, median_low

from otel_nplusone._core.model import Finding
from otel_nplusone._core.tally import Tally
from otel_nplusone._core.tree import Tree
from otel_nplusone._predict.counting import Loop, Repair, statements_after
from otel_nplusone._predict.growth import MOST_POINTS, Growth, Line, fit
from otel_nplusone._predict.interval import Interval, Three, exactly, quantile, times
from otel_nplusone._predict.model import Figures, Outlook, Prediction
from otel_nplusone._predict.repairs import (
    duration_after,
    rates_of,
    repairs_for,
)
from otel_nplusone._predict.sample import Part, Request, is_predicted, measure

MOST_REQUESTS = 400
MOST_ROUTES = 100
MOST_FINDINGS = 8
_BUSY = 1.5
_FEW = 20
_SEED = 20
Key = tuple[str, str]
_P50, _P95 = 0.5, 0.95


class Collector:
    """Take the requests of a scan, and predict."""

    def __init__(self, limit_ns: float) -> None:
        self._limit_ns = limit_ns
        self._routes: dict[Key, _Route] = {}
        self.left_out = 0

    def add(self, tree: Tree, tallied: Mapping[str, Tally], findings: Iterable[Finding]) -> None:
        """Take the requests of one trace; those of a route count from its first finding on."""
        of_entry: dict[str, list[Finding]] = defaultdict(list)
        for finding in findings:
            of_entry[finding.entry.span_id].append(finding)
        for entry_id, tally in tallied.items():
            span = tree.by_id.get(entry_id)
            if span is not None:
                entry = tree.entry(entry_id)
                found = [f for f in of_entry[entry_id] if is_predicted(f)][:MOST_FINDINGS]
                route = self._route((entry.service, entry.route), begins=bool(found))
                if route is not None:
                    route.add(measure(span, tally, found))

    def _route(self, key: Key, *, begins: bool) -> "_Route | None":
        route = self._routes.get(key)
        if route is None and begins:
            if len(self._routes) >= MOST_ROUTES:
                self.left_out += 1
                return None
            route = self._routes[key] = _Route()
        return route

    def outlooks(self) -> tuple[Outlook, ...]:
        """Return what each route has to expect, those that take the most time first."""
        routes = sorted(self._routes.items(), key=lambda item: (-item[1].total_ns, item[0]))
        return tuple(route.outlook(key, self._limit_ns) for key, route in routes)


class _Route:
    def __init__(self) -> None:
        self._random = random.Random(_SEED)
        self._held: list[Request] = []
        self._seen = 0
        self.total_ns = 0
        self._first_ns = self._last_ns = 0

    def add(self, request: Request) -> None:
        self._seen += 1
        self.total_ns += request.duration_ns
        end = request.start_ns + request.duration_ns
        self._first_ns = min(self._first_ns or request.start_ns, request.start_ns)
        self._last_ns = max(self._last_ns, end)
        if len(self._held) < MOST_REQUESTS:
            self._held.append(request)
        elif (at := self._random.randrange(self._seen)) < MOST_REQUESTS:
            self._held[at] = request

    @property
    def in_flight(self) -> float:
        """Return how many requests were running on average: Little's law."""
        window = self._last_ns - self._first_ns
        return self.total_ns / window if window > 0 else 1.0

    def outlook(self, key: Key, limit_ns: float) -> Outlook:
        return _Forecast(self._held, max(1.0, self.in_flight), limit_ns).outlook(key, self._seen)


class _Forecast:
    """Predict from the requests that are held."""

    def __init__(self, held: Sequence[Request], in_flight: float, limit_ns: float) -> None:
        self._held = held
        self._in_flight = in_flight
        self._limit_ns = limit_ns
        of_finding: dict[str, list[Part]] = defaultdict(list)
        for request in held:
            for part in request.parts:
                of_finding[part.fingerprint].append(part)
        self._of_finding = dict(
            sorted(of_finding.items(), key=lambda item: -sum(p.removed_ns for p in item[1]))
        )
        self._rates = rates_of(self._of_finding)
        self._before = [float(request.duration_ns) for request in held]

    def outlook(self, key: Key, seen: int) -> Outlook:
        growth = self._growth()
        cases: list[tuple[str, ...]] = [(name,) for name in self._of_finding]
        if len(cases) > 1:
            cases.append(tuple(self._of_finding))
        return Outlook(
            service=key[0],
            route=key[1],
            requests=seen,
            sampled=len(self._held),
            in_flight=self._in_flight,
            before=Figures(
                exactly(median_low(request.statements for request in self._held)),
                quantile((self._before,) * 3, _P50),
                quantile((self._before,) * 3, _P95),
            ),
            predictions=tuple(
                self._prediction(repair, case, growth)
                for case in cases
                for repair in self._repairs(case)
            ),
            growth=growth,
            notes=tuple(self._notes(growth)),
        )

    def _repairs(self, case: tuple[str, ...]) -> list[Repair]:
        """Return the repairs that are possible in every request."""
        possible = Counter[Repair]()
        requests = [_parts(request, case) for request in self._held]
        loops = [parts for parts in requests if parts]
        for parts in loops:
            possible.update(repairs_for(parts))
        return [
            repair
            for repair in Repair
            if possible[repair] * 2 > len(loops) and (repair is not Repair.ONCE or len(case) == 1)
        ]

    def _prediction(
        self, repair: Repair, case: tuple[str, ...], growth: Growth | None
    ) -> Prediction:
        parts = [_parts(request, case) for request in self._held]
        counts = [
            statements_after(repair, request.statements - _sent(mended), _loops(mended))
            for request, mended in zip(self._held, parts, strict=True)
        ]
        ends = [
            duration_after(repair, request, mended, self._rates)
            for request, mended in zip(self._held, parts, strict=True)
        ]
        after: Three = (
            # At best, what waits for its turn today need not wait any more.
            [end.low / self._in_flight for end in ends],
            [end.mid for end in ends],
            [end.high for end in ends],
        )
        return Prediction(
            repair=repair,
            mends=case,
            statements=Interval(
                median_low(one.low for one in counts),
                median_low(one.mid for one in counts),
                median_low(one.high for one in counts),
            ),
            p50_ns=quantile(after, _P50),
            p95_ns=quantile((*after[:2], _with_pauses(after[2], parts)), _P95),
            capacity=times(self._before, after),
            growth=self._mended(growth, after[1]),
            loops=self._loops,
            rest=median_low(request.statements - _sent(request.parts) for request in self._held),
        )

    @cached_property
    def _loops(self) -> tuple[Loop, ...]:
        """Return the findings as most requests have them."""
        return tuple(
            parts[0].loop._replace(
                statements=median_low(part.statements for part in parts),
                keys=median_low(part.keys for part in parts),
                leads=median_low(part.leads for part in parts),
            )
            for parts in self._of_finding.values()
        )

    @cached_property
    def _sizes(self) -> tuple[str, list[float]]:
        """Return what a row is, and how many each request has for the finding that takes most."""
        parts = self._of_the_worst
        if all(part.source_rows is not None for part in parts if part):
            return "rows", [float(part.source_rows or 0) if part else 0.0 for part in parts]
        return "repeats", [float(part.repeats) if part else 0.0 for part in parts]

    @cached_property
    def _of_the_worst(self) -> list[Part | None]:
        worst = next(iter(self._of_finding))
        return [next(iter(_parts(request, (worst,))), None) for request in self._held]

    def _growth(self) -> Growth | None:
        """Fit what is left of a request to its rows, and add what the loop takes for each."""
        counted, rows = self._sizes
        loops = self._of_the_worst
        repeats = self._line([float(part.repeats) if part else 0.0 for part in loops])
        left = self._line(
            [
                duration - (part.removed_ns if part else 0)
                for duration, part in zip(self._before, loops, strict=True)
            ]
        )
        if repeats is None or left is None:
            return None
        each = [part.removed_ns / part.repeats for part in loops if part]
        bend = self._bend()
        return Growth(
            counted=counted,
            smallest=min(rows),
            largest=max(rows),
            repeats=repeats,
            duration=left.plus(repeats, quantile((each,) * 3, _P50), bend),
            bend_ns=bend.times(repeats.slope.mid**2),
            limit_ns=self._limit_ns,
        )

    def _bend(self) -> Interval:
        """Return by how much each gap is longer than the one before, where that is sure.

        A step is not a bend: the gaps have to grow twice, in most requests.
        """
        rises = [part.rises_ns for part in self._of_the_worst if part]
        one, other = (median(rise[at] for rise in rises) for at in (0, 1))
        if min(one, other) <= 0:
            return exactly(0.0)
        return Interval(0.0, (one + other) / 2, one + other)

    def _line(self, values: Sequence[float]) -> Line | None:
        return fit(list(zip(self._sizes[1], values, strict=True))[:MOST_POINTS])

    def _mended(self, growth: Growth | None, after: Sequence[float]) -> Growth | None:
        line = self._line(after)
        return growth.mended(line) if growth and line else None

    def _notes(self, growth: Growth | None) -> list[str]:
        notes = []
        if self._in_flight > _BUSY:
            notes.append(
                f"{self._in_flight:.1f} requests were running at a time: their durations hold"
                " waiting, and the low ends are without it; predict from quieter traces"
            )
        if len(self._held) < _FEW:
            notes.append(f"{len(self._held)} requests tell little of a p95: it is the slowest")
        if growth is None:
            notes.append("how the route grows is unknown: all requests have one size")
        if any(part.overlapping for parts in self._of_finding.values() for part in parts):
            notes.append("repeats run at the same time: for how long a request waits is unknown")
        return notes


def _with_pauses(ends: Sequence[float], parts: Sequence[Sequence[Part]]) -> list[float]:
    """Let each request have the longest pause of its loops still: it may fall anywhere."""
    return [
        end + max((part.pause_ns for part in mended), default=0)
        for end, mended in zip(ends, parts, strict=True)
    ]


def _loops(parts: Iterable[Part]) -> list[Loop]:
    return [part.loop for part in parts]


def _sent(parts: Iterable[Part]) -> int:
    return sum(part.statements for part in parts)


def _parts(request: Request, case: tuple[str, ...]) -> list[Part]:
    return [part for part in request.parts if part.fingerprint in case]
