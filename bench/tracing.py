"""Measure what observing costs: the clinic with each layer of its telemetry, and without any.

Each layer is a service of its own, as `clinic serve` starts one (see layers.py), and a visitor
opens the same page of all of them in turns, request after request. CPU is the worker's own, with
its exporting and metric threads, until its queue is empty: it holds where others work on the same
machine. Each turn of a layer has a turn without telemetry right before or after it, and a ratio is
the median of such pairs: what disturbs a moment disturbs both.
"""

import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

import psutil
import urllib3

from bench.databases import on_both
from bench.layers import ALL, LAYERS, OFF
from clinic.seed.datasets import DATASETS
from clinic.seed.generate import generate
from clinic.seed.load import store
from clinic.seed.rows import Rows
from harness.parts.start import Clinic, start_clinic
from harness.processes import Processes
from harness.sink import sink

TARGETS = {
    "sqlite_naive_all": "at most 1.75",
    "sqlite_core_all": "at most 1.2",
    "postgresql_naive_all": "at most 1.5",
    "postgresql_core_all": "at most 1.2",
}
PAIRS = 11
# Requests in one turn: about a tenth of a second of either page.
VISITS = {"naive": 1, "core": 30}
CLINIC = 7
# The queue is emptied within this after a turn; the clinic's own is a second.
DELAY_MS = 100
SETTLE_S = 0.25

Table = dict[str, dict[str, float | int]]


@dataclass(frozen=True, slots=True)
class Turn:
    """Hold what one request took, on average over a turn, in milliseconds."""

    cpu_ms: float
    wall_ms: float


@dataclass(frozen=True, slots=True)
class Visitor:
    """Open one clinic's stories of one service."""

    http: urllib3.PoolManager
    worker: psutil.Process
    address: str

    def turn(self, strategy: str) -> Turn:
        """Open the page as often as a turn has visits, and wait until its spans are sent."""
        cpu, wall = _cpu_seconds(self.worker.pid), time.perf_counter()
        visits = VISITS[strategy]
        for _ in range(visits):
            answer = self.http.request("GET", f"{self.address}&strategy={strategy}")
            if answer.status != 200:
                raise RuntimeError(f"{self.address} answered {answer.status}")
        wall = time.perf_counter() - wall
        time.sleep(SETTLE_S)
        cpu = _cpu_seconds(self.worker.pid) - cpu
        return Turn(1e3 * cpu / visits, 1e3 * wall / visits)


def measure() -> Mapping[str, float | int | Table]:
    """Seed both databases with `demo`, and let the layers take turns on either."""
    rows = generate(DATASETS["demo"], seed=20)
    return on_both(partial(_measure_on, rows=rows))


def _measure_on(kind: str, url: str, rows: Rows) -> dict[str, float | int | Table]:
    store(url, rows)
    figures: dict[str, float | int | Table] = {}
    tables: dict[str, Table] = {}
    with _visitors(url, rows.clinic[CLINIC]["name"]) as visitors:
        for strategy in VISITS:
            table = {layer: _row(pairs) for layer, pairs in _pairs(visitors, strategy).items()}
            figures[f"{kind}_{strategy}_all"] = table[ALL]["times_off"]
            tables[f"{kind}, {strategy}"] = table
    return {**figures, **tables}


def _pairs(visitors: Mapping[str, Visitor], strategy: str) -> dict[str, list[tuple[Turn, Turn]]]:
    """Return pairs for each layer: a turn of it, and one without telemetry next to it."""
    for visitor in visitors.values():
        visitor.turn(strategy)  # warms caches, and the descriptions of statements
    pairs: dict[str, list[tuple[Turn, Turn]]] = {layer: [] for layer in visitors}
    for number in range(PAIRS):
        for layer, visitor in visitors.items():
            # To and fro, so that neither is always the first.
            if number % 2:
                pairs[layer].append((visitor.turn(strategy), visitors[OFF].turn(strategy)))
            else:
                off = visitors[OFF].turn(strategy)
                pairs[layer].append((visitor.turn(strategy), off))
    return pairs


def _row(pairs: Sequence[tuple[Turn, Turn]]) -> dict[str, float | int]:
    return {
        "cpu_ms": round(statistics.median(turn.cpu_ms for turn, _ in pairs), 2),
        "wall_ms": round(statistics.median(turn.wall_ms for turn, _ in pairs), 2),
        "times_off": round(statistics.median(one.cpu_ms / off.cpu_ms for one, off in pairs), 2),
        "wall_times_off": round(
            statistics.median(one.wall_ms / off.wall_ms for one, off in pairs), 2
        ),
    }


@contextmanager
def _visitors(url: str, clinic_name: str) -> Iterator[Mapping[str, Visitor]]:
    """Start a service for each layer."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-tracing-")))
        http = urllib3.PoolManager(retries=False)
        stack.callback(http.clear)
        backend = stack.enter_context(sink())
        visitors = {}
        for layer in LAYERS:
            processes = stack.enter_context(Processes(folder / layer))
            clinic = _start(processes, folder, url, backend, layer)
            visitors[layer] = _visitor(http, clinic, clinic_name)
        yield visitors


def _start(processes: Processes, folder: Path, url: str, backend: str, layer: str) -> Clinic:
    """Start a clinic that is observed up to a layer, with gunicorn's settings of every clinic."""
    config = folder / f"{layer}.py"
    application = f"bench.layers:clinic({layer!r})"
    config.write_text(f"from clinic.gunicorn_conf import *\n\nwsgi_app = {application!r}\n")
    env = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": backend,
        "OTEL_BSP_SCHEDULE_DELAY": str(DELAY_MS),
        "OTEL_METRIC_EXPORT_INTERVAL": "5000",
    }
    return start_clinic(processes, folder, url, env, arguments=[f"--config={config}"])


def _visitor(http: urllib3.PoolManager, clinic: Clinic, clinic_name: str) -> Visitor:
    [worker] = psutil.Process(clinic.child.pid).children()
    query = urlencode({"clinic": clinic_name})
    return Visitor(http, worker, f"{clinic.url}/success-stories?{query}")


def _cpu_seconds(pid: int) -> float:
    """Return what a process of Linux has used so far, to the nanosecond: psutil counts 10 ms."""
    return time.clock_gettime(~pid << 3 | 2)
