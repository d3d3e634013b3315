"""Say where a replay did not show what it is to show; pure."""

from collections.abc import Iterator

from incident.replay.engine import Played
from incident.replay.verdict import BUSY_CPU_PERCENT, LEAST_BEFORE, MOST_AFTER
from incident.story.story import Story

# As long as this a page has to be watched for its queue to grow.
LONG_S = 15.0
SLOW_MS, DEAD_HEALTH_MS = 5_000, 1_000
LEAST_SQL_PER_MINUTE = 10_000


def of(story: Story, played: Played) -> Iterator[str]:
    """Yield a sentence for each thing that was to be seen and was not."""
    yield from _launch(played)
    yield from _fix(story, played)
    lost = played.totals.created - played.totals.stored
    if lost or played.totals.dropped:
        yield f"{lost:,} spans were lost, {played.totals.dropped:,} of them dropped by the service."
    if played.disagreements:
        yield f"{played.disagreements:,} traces hold other numbers of DB spans than were counted."


def _launch(played: Played) -> Iterator[str]:
    launch = played.phases.get("launch")
    if launch is None:
        return
    if not launch.statements_per_request.p50:
        yield (
            f"No Success Stories of the launch were answered, and it was watched for "
            f"{launch.seconds:.0f} s: a longer --pace gives a request of many statements its time."
        )
        return
    if launch.statements_per_request.p50 < LEAST_BEFORE:
        yield (
            f"A page of the launch took {launch.statements_per_request.p50:,.0f} statements; the "
            f"incident takes at least {LEAST_BEFORE}."
        )
    cpu = launch.service_cpu_percent_of_core
    if cpu is not None and cpu < BUSY_CPU_PERCENT:
        yield (
            f"The service used {cpu:.0f} % of a core at the launch, "
            "where the incident keeps one busy: does something else use this machine?"
        )
    if launch.failures:
        yield f"{launch.failures:,} requests of the launch failed; the incident fails none."
    if launch.seconds < LONG_S:
        return
    for what, seen, least, unit in (
        ("Success Stories p50", launch.latency_ms.p50, SLOW_MS, "ms"),
        ("/healthz p50", launch.healthz_ms.p50, DEAD_HEALTH_MS, "ms"),
        ("SQL statements a minute", launch.sql_per_minute, LEAST_SQL_PER_MINUTE, ""),
    ):
        if seen < least:
            yield f"{what} was {seen:,.0f} {unit} at the launch; at least {least:,} is expected."


def _fix(story: Story, played: Played) -> Iterator[str]:
    fix = played.phases.get("fix")
    if fix is None:
        return
    if fix.statements_per_request.p50 > MOST_AFTER:
        yield (
            f"A page of the fix took {fix.statements_per_request.p50:,.0f} statements; a fix takes "
            f"at most {MOST_AFTER}."
        )
    for one in story.recoveries:
        if one.strategy == fix.strategy:
            if one.seconds is None:
                yield f"After the fix p95 did not fall under {one.limit_ms:g} ms."
            if one.failed_requests:
                yield f"{one.failed_requests:,} requests failed after the switch to the fix."
