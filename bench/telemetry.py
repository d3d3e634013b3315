"""Count the spans that are lost when the backend is slow or down, or the clinic is stopped.

Each case has a clinic and a tracestore of its own and the same visitor, who opens the page as it
was launched, again and again. When the clinic has ended, its own counters and the store must
agree: created = stored + dropped.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import psutil
import requests
from flask import Flask

from bench.slow_backend import slow_backend
from clinic.flags import evaluation as flags
from clinic.seed.datasets import DATASETS
from clinic.seed.generate import generate
from clinic.seed.load import store as store_rows
from clinic.stories.strategies import STRATEGIES
from harness.parts.start import Clinic, Tracestore, start_clinic, start_tracestore, wait_for
from harness.processes import Processes
from harness.waiting import wait_until

TARGETS = {
    "fast_spans_lost": "0",
    "slow_spans_lost": "0",
    "slow_p50_times_fast": "about 1",
    "down_spans_unaccounted": "0",
    "down_p50_times_fast": "about 1",
    "sigterm_spans_lost": "0",
    "strategy_evaluation_us": "under 100",
    "audience_evaluation_us": "under 100",
}
VISITS = 24
THINK_S = 0.3
POST_DELAY_S = 1.0
DOWN_S = 10.0
IN_FLIGHT = 8
# A full queue of 16,384 spans is 32 batches.
DRAIN_DEADLINE_S = 60
EVALUATIONS = 3000
STARTED = "otel.sdk.span.started"
LEFT_QUEUE = "otel.sdk.processor.span.processed"
EXPORTED = "otel.sdk.exporter.span.exported"

Figures = dict[str, float | int]


@dataclass(frozen=True, slots=True)
class Scene:
    """Hold a clinic that exports to a tracestore, by way of `backend`."""

    processes: Processes
    store: Tracestore
    clinic: Clinic
    clinic_name: str

    def visit(self) -> float:
        """Open the page as it was launched; return the milliseconds that it took."""
        begin = time.perf_counter()
        query = {"clinic": self.clinic_name, "strategy": "naive"}
        self.clinic.get("/success-stories", **query).raise_for_status()
        return 1e3 * (time.perf_counter() - begin)

    def visits(self) -> list[float]:
        taken = []
        for _ in range(VISITS):
            taken.append(self.visit())
            time.sleep(THINK_S)
        return taken

    def stored(self) -> int:
        """Count the spans in the store."""
        window = {
            "query.startTimeMin": "2000-01-01T00:00:00Z",
            "query.startTimeMax": "2100-01-01T00:00:00Z",
            "query.searchDepth": "10000",
        }
        answer = requests.get(f"{self.store.ui}/api/v3/trace-summaries", window, timeout=10)
        return sum(summary["spanCount"] for summary in answer.json()["summaries"])

    def exported(self) -> bool:
        """Tell whether every span has left the clinic, by its own counters."""
        return self.store.counter(STARTED) == self.store.counter(EXPORTED) + self.dropped()

    def dropped(self) -> int:
        """Return how many spans the clinic says are lost: not queued, or not exported."""
        return sum(self.store.counter(name, failed=True) for name in (LEFT_QUEUE, EXPORTED))

    def books(self, case: str) -> Figures:
        """Stop the clinic, and compare what it made with what is stored."""
        self.processes.stop(self.clinic.child)
        created, stored, dropped = self.store.counter(STARTED), self.stored(), self.dropped()
        return {
            f"{case}_spans_created": created,
            f"{case}_spans_stored": stored,
            f"{case}_spans_dropped": dropped,
            f"{case}_spans_lost": created - stored,
            f"{case}_spans_unaccounted": created - stored - dropped,
        }


def measure() -> Figures:
    """Measure every case on the dataset `demo`, and what the evaluation of a flag costs."""
    with tempfile.TemporaryDirectory(prefix="bench-telemetry-") as name:
        folder = Path(name)
        url = f"sqlite:///{folder}/clinic.db"
        store_rows(url, generate(DATASETS["demo"], seed=20))
        figures = {
            **_fast(folder / "fast", url),
            **_slow(folder / "slow", url),
            **_down(folder / "down", url),
            **_sigterm(folder / "sigterm", url),
            **_evaluations(folder / "flags.json"),
        }
    for case in ("slow", "down"):
        ratio = figures[f"{case}_latency_p50_ms"] / figures["fast_latency_p50_ms"]
        figures[f"{case}_p50_times_fast"] = round(ratio, 2)
    return figures


def _fast(folder: Path, url: str) -> Figures:
    with _scene(folder, url) as scene:
        latencies = scene.visits()
        together = _eight_at_once(scene, then=lambda: None)
        return {
            **_latency("fast", latencies),
            **_latency("fast_eight_at_once", together),
            **scene.books("fast"),
        }


def _slow(folder: Path, url: str) -> Figures:
    """Let every POST take a second: the queue has to hold what piles up."""
    with _scene(folder, url, delay_s=POST_DELAY_S) as scene:
        latencies = scene.visits()
        wait_until(scene.exported, what="an empty queue", deadline_s=DRAIN_DEADLINE_S)
        return {**_latency("slow", latencies), **scene.books("slow")}


def _down(folder: Path, url: str) -> Figures:
    """Take the backend away for ten seconds while the visits go on."""
    with _scene(folder, url) as scene:
        outage = Thread(target=_outage, args=(scene,))
        outage.start()
        latencies = scene.visits()
        outage.join()
        wait_until(scene.exported, what="an empty queue", deadline_s=DRAIN_DEADLINE_S)
        return {**_latency("down", latencies), **scene.books("down")}


def _outage(scene: Scene) -> None:
    scene.processes.stop(scene.store.child)
    time.sleep(DOWN_S)
    scene.processes.start(scene.store.child.command)
    wait_for(scene.processes, f"{scene.store.ui}/healthz")


def _sigterm(folder: Path, url: str) -> Figures:
    with _scene(folder, url) as scene:
        latencies = _eight_at_once(scene, then=scene.clinic.child.process.terminate)
        scene.clinic.child.process.wait(timeout=35)
        return {**_latency("sigterm", latencies), **scene.books("sigterm")}


def _eight_at_once(scene: Scene, *, then: Callable[[], None]) -> list[float]:
    """Open the page eight times, and do something when all eight are being answered."""
    with ThreadPoolExecutor(IN_FLIGHT) as visitors:
        answers = [visitors.submit(scene.visit) for _ in range(IN_FLIGHT)]
        wait_until(lambda: _accepted(scene.clinic) == IN_FLIGHT, what="requests", deadline_s=10)
        then()
        return [answer.result() for answer in answers]


def _accepted(clinic: Clinic) -> int:
    """Count the connections that the workers have taken; the rest wait in the listener's queue."""
    return sum(
        connection.status == psutil.CONN_ESTABLISHED and connection.laddr.port == clinic.port
        for worker in psutil.Process(clinic.child.pid).children()
        for connection in worker.net_connections("tcp4")
    )


@contextmanager
def _scene(folder: Path, url: str, *, delay_s: float = 0.0) -> Iterator[Scene]:
    folder.mkdir()
    with Processes(folder / "logs") as processes:
        store = start_tracestore(processes, folder / "traces.db")
        with slow_backend(store.otlp, delay_s) as slow:
            backend = slow if delay_s else store.otlp
            clinic = start_clinic(processes, folder, url, {"OTEL_EXPORTER_OTLP_ENDPOINT": backend})
            yield Scene(processes, store, clinic, clinic.clinic_name())


def _latency(case: str, latencies_ms: list[float]) -> Figures:
    return {f"{case}_latency_p50_ms": round(statistics.median(latencies_ms), 1)}


def _evaluations(flags_file: Path) -> Figures:
    app = Flask("bench")
    flags.init_app(app, flags_file, STRATEGIES)
    try:
        with app.app_context():
            return {
                "strategy_evaluation_us": _median_us(flags.strategy),
                "audience_evaluation_us": _median_us(lambda: flags.in_audience("visitor")),
            }
    finally:
        flags.close_app(app)


def _median_us(call: Callable[[], object]) -> float:
    taken = []
    for _ in range(EVALUATIONS):
        begin = time.perf_counter_ns()
        call()
        taken.append(time.perf_counter_ns() - begin)
    return round(statistics.median(taken) / 1e3, 1)
