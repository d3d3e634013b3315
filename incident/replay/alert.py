"""Decide when somebody would be paged, as otel/alerts.yaml does, on shorter windows; pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from incident.replay.load import Request
from incident.replay.measure import percentile

WINDOW_S = 10.0
SLOW_MS = 1_000
# 1 % may be slow; 14.4 times as many page somebody.
MOST_SLOW = 14.4 * 0.01
MOST_STATEMENTS = 50
# Of ten seconds' requests; the rule for a minute's takes the 95th. One visitor in twenty pages
# nobody.
PERCENT = 90
LEAST_REQUESTS = 10
LATENCY, STATEMENTS = "LatencyObjectiveBurning", "TooManyStatements"


@dataclass(frozen=True, slots=True)
class Firing:
    """Hold an alert that fires, with what it says."""

    name: str
    text: str


def firing(recent: Sequence[Request], waiting_ms: Sequence[float]) -> list[Firing]:
    """Return the alerts that fire for the requests answered in the last WINDOW_S seconds.

    A visitor who waits for longer than a slow page takes counts as slow already.
    """
    times = [one.latency_ms for one in recent] + [one for one in waiting_ms if one > SLOW_MS]
    found = []
    if len(times) >= LEAST_REQUESTS:
        slow = sum(one > SLOW_MS for one in times) / len(times)
        if slow > MOST_SLOW:
            found.append(
                Firing(
                    LATENCY,
                    f"{slow:.0%} of the clinic's requests take more than a second; "
                    "the objective allows 1 %.",
                )
            )
    statements = [one.statements or 0 for one in recent]
    if (
        len(statements) >= LEAST_REQUESTS
        and (most := percentile(statements, PERCENT)) > MOST_STATEMENTS
    ):
        text = (
            f"A page sends {most:,.0f} SQL statements for one request (p{PERCENT}): an N+1 query."
        )
        found.append(Firing(STATEMENTS, text))
    return found
