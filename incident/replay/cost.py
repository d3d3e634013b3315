"""Measure what observing costs: a page of a clinic with telemetry, and of one without, in turns."""

from collections.abc import Sequence

from harness.clients.clinic import STORIES, ClinicClient
from harness.sink import sink
from incident.replay.engine import Play
from incident.replay.measure import percentile
from incident.stack.cpu import cpu_of_family
from incident.stack.stage import another_clinic
from incident.story import events as ev

ROUNDS = 4
# Of the strategy before the fix few pages take as long as many of the fix.
PAGES = {True: 3, False: 60}
# The exporter sends soon after a round, which ends once it has.
DELAY_MS, SENT_S = 100, 0.3


def measure(play: Play) -> None:
    """Ask two clinics for pages in turns, and write down the CPU of either, by strategy.

    What the first of them sends is kept nowhere: the traces of the replay are its visitors' alone.
    """
    if play.stage.parts is None:
        return play.note("What telemetry costs is measured on clinics that the replay starts.")
    play.visitors.send("nobody", 0, fresh=True)
    dataset = play.plan.dataset
    own = {
        "CLINIC_ALLOW_STRATEGY_OVERRIDE": "1",
        "OTEL_BSP_SCHEDULE_DELAY": str(DELAY_MS),
        "OTEL_METRIC_EXPORT_INTERVAL": "5000",
    }
    off = {"OTEL_SDK_DISABLED": "true"}
    with (
        sink() as backend,
        another_clinic(play.run, play.stage, "with", dataset, own | _sent_to(backend)) as traced,
        another_clinic(play.run, play.stage, "without", dataset, own | off) as bare,
    ):
        for strategy in (play.plan.before, play.plan.fix):
            pages = PAGES[strategy == play.plan.before]
            with_ms, without_ms = _page_costs(play, [traced, bare], strategy, pages)
            play.journal.write(
                ev.Cost(
                    at_s=play.journal.now_s,
                    strategy=strategy,
                    with_ms=round(with_ms, 2),
                    without_ms=round(without_ms, 2),
                    pages=pages * ROUNDS,
                )
            )


def _sent_to(backend: str) -> dict[str, str]:
    return {
        "OTEL_EXPORTER_OTLP_ENDPOINT": backend,
        "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": f"{backend}/v1/metrics",
    }


def _page_costs(
    play: Play, clinics: Sequence[tuple[str, int]], strategy: str, pages: int
) -> list[float]:
    """Return the service's CPU for a page, in ms, of each clinic: medians of alternating rounds."""
    spent: list[list[float]] = [[] for _ in clinics]
    # The first round is left out: it fills caches.
    for _ in range(ROUNDS + 1):
        for (address, pid), costs in zip(clinics, spent, strict=True):
            with ClinicClient(address) as clinic:
                name = clinic.listing()[1][0]
                before = cpu_of_family(pid)
                for _ in range(pages):
                    clinic.get(STORIES, clinic=name, strategy=strategy)
                play.run.pause(SENT_S)
                costs.append((cpu_of_family(pid) - before) / pages * 1000)
    return [percentile(costs[1:], 50) for costs in spent]
