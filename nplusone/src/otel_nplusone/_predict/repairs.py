"""Say how long a request would take if its repeats were mended: the model.

    T after = what is left of the request + what is sent instead + what the rows still cost

What is left is the request without the repeats' spans and without the gaps after them. The rest is
known within limits only: each repair has a low, a middle and a high end, from assumptions, which
stand below as constants and are explained in docs/reference/predict.md.
"""

import math
from collections.abc import Mapping, Sequence
from statistics import median
from typing import NamedTuple

from otel_nplusone._core.model import Kind
from otel_nplusone._predict.counting import CHUNK, Repair
from otel_nplusone._predict.interval import Interval, ordered
from otel_nplusone._predict.sample import Part, Request

# The client's own time around the statements: less with rows than with entities, more with a
# result that is there all at once.
_AROUND = (3 / 4, 4 / 3)
# What a row costs, where the source tells it for its own rows: those of another table.
_ANOTHER_ROW = (1 / 2, 2.0)
# … and as a part of the gap after a repeat, where nothing tells it.
_OF_THE_GAP = (0.0, 1 / 10, 1 / 4)
# A plain row against an entity: nothing, a quarter, the same.
_PLAIN = (0.0, 1 / 4, 1.0)
# What the answering service does for one of many, of what it does for one alone.
_OF_A_CALL = 1 / 10


class Rates(NamedTuple):
    """Hold what a finding's statements and rows cost, over all requests that are held."""

    trip_ns: float
    client_ns: Interval
    server_ns: Interval


def rates_of(found: Mapping[str, Sequence[Part]]) -> dict[str, Rates]:
    """Return the usual costs of each finding, the largest first; its rows tell for the others."""
    rates = {name: _rates(parts) for name, parts in found.items()}
    known = next((n for n, parts in found.items() if parts[0].row_client_ns is not None), None)
    if known is None:
        return rates
    _, client, server = rates[known]
    return {name: Rates(one.trip_ns, client, server) for name, one in rates.items()}


def _rates(parts: Sequence[Part]) -> Rates:
    trip = median(part.trip_ns for part in parts)
    spread = median(max(0.0, part.trip_ns - part.quick_ns) for part in parts)
    gap = median(part.gap_ns for part in parts)
    client = [part.row_client_ns for part in parts if part.row_client_ns is not None]
    server = [part.row_server_ns for part in parts if part.row_server_ns is not None]
    return Rates(
        trip,
        _told(client) if client else Interval(*(part * gap for part in _OF_THE_GAP)),
        _told(server) if server else Interval(0.0, spread / 2, spread),
    )


def _told(costs: Sequence[float]) -> Interval:
    usual = median(costs)
    return Interval(usual * _ANOTHER_ROW[0], usual, usual * _ANOTHER_ROW[1])


def repairs_for(parts: Sequence[Part]) -> list[Repair]:
    """Return what can take the place of these findings."""
    found = [Repair.ROWS]
    if all(part.joinable and part.has_source for part in parts):
        found.append(Repair.JOIN)
    if all(part.joinable for part in parts):
        found.append(Repair.SELECT_IN)
    if len(parts) == 1 and parts[0].keys < parts[0].repeats:
        found.append(Repair.ONCE)
    return found


def duration_after(
    repair: Repair, request: Request, parts: Sequence[Part], rates: dict[str, Rates]
) -> Interval:
    """Return how long the request takes."""
    if not parts:
        return Interval(*[float(request.duration_ns)] * 3)
    removed = sum(part.removed_ns for part in parts)
    left = max(0.0, request.duration_ns - removed)
    if repair is Repair.ONCE:
        found = _asked_once(left, parts)
    elif any(part.kind is not Kind.SQL for part in parts):
        found = _in_one_call(left, parts, rates)
    elif repair is Repair.ROWS:
        found = _as_rows(left, parts, rates)
    else:
        found = _as_entities(left, parts, rates)
    own = sum(part.own_ns for part in parts)
    most = float(request.duration_ns)
    high = most if any(part.overlapping for part in parts) else min(most, found.high + own)
    return ordered(min(found.low, most), min(found.mid, most), high)


def _asked_once(left: float, parts: Sequence[Part]) -> Interval:
    """Keep one repeat of each value: its span and its gap."""
    kept = sum(part.removed_ns * part.keys / max(1, part.repeats) for part in parts)
    return Interval(
        left * _AROUND[0] + kept * _AROUND[0], left + kept, left * _AROUND[1] + kept * _AROUND[1]
    )


def _as_rows(left: float, parts: Sequence[Part], rates: dict[str, Rates]) -> Interval:
    """Send one statement; at best those before it are part of it, and so are their rows."""
    trips = [rates[part.fingerprint].trip_ns for part in parts]
    outer = _outer(parts)
    leads = max((part.leads_ns for part in outer), default=0)
    sources = max((part.source_ns for part in parts), default=0.0) if leads == 0 else 0.0
    rows = _rows(parts, rates, of_keys=True)
    client = [end * part for end, part in zip(rows[0], _PLAIN, strict=True)]
    return Interval(
        max(0.0, left - max(leads, sources)) * _AROUND[0] + max(trips),
        left + sum(trips) + client[1] + rows[1][1],
        left * _AROUND[1] + sum(trips) + client[2] + rows[1][2],
    )


def _as_entities(left: float, parts: Sequence[Part], rates: dict[str, Rates]) -> Interval:
    """Send one statement for each level or chunk, and make an entity of every row."""
    trips = [rates[part.fingerprint].trip_ns * part.sent for part in parts]
    chunks = [trip * math.ceil(part.keys / CHUNK) for trip, part in zip(trips, parts, strict=True)]
    rows = _rows(parts, rates, of_keys=False)
    return Interval(
        left * _AROUND[0] + max(trips) + rows[0][0] + rows[1][0],
        left + sum(chunks) + rows[0][1] + rows[1][1],
        left * _AROUND[1] + sum(chunks) + rows[0][2] + rows[1][2],
    )


def _in_one_call(left: float, parts: Sequence[Part], rates: dict[str, Rates]) -> Interval:
    """Ask once; at worst the other end does for each what it has done before."""
    trips = sum(rates[part.fingerprint].trip_ns for part in parts)
    spans = sum(part.spans_ns for part in parts)
    return Interval(
        left * _AROUND[0] + trips,
        left + trips + spans * _OF_A_CALL,
        left * _AROUND[1] + trips + spans,
    )


def _rows(
    parts: Sequence[Part], rates: dict[str, Rates], *, of_keys: bool
) -> tuple[list[float], list[float]]:
    """Return what the rows cost the client and the server, each low, middle and high."""
    client, server = [0.0] * 3, [0.0] * 3
    for part in parts:
        rate = rates[part.fingerprint]
        rows = part.keys
        if not of_keys and part.rows > part.repeats:
            rows = max(rows, part.rows)
        for at, (one, other) in enumerate(
            zip(rate.client_ns.ends, rate.server_ns.ends, strict=True)
        ):
            client[at] += rows * one
            server[at] += rows * other
    return client, server


def _outer(parts: Sequence[Part]) -> Sequence[Part]:
    """Return the parts that no other one is before: those with leads, or else all."""
    return [part for part in parts if part.leads] or parts
