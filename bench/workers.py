"""Measure the incident under other worker models: threads, processes, and greenlets.

Each model is a clinic of its own on PostgreSQL with demo's data and all its telemetry, which goes
to a sink. Locust sends the same visitors to each, first with the page as it was launched, then with
the fix; the models take turns, round after round, and a figure is the median of the rounds. Locust
and PostgreSQL work on the same cores.

FREE_THREADED_CLINIC names the `clinic` of an installation whose Python has no GIL, and adds it.
"""

import json
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path

import psutil
import requests

from clinic.flags import edit
from clinic.seed.datasets import DATASETS
from clinic.seed.generate import generate
from clinic.seed.load import store
from clinic.stories.strategies import STRATEGIES
from harness.parts.postgres import running_postgres
from harness.parts.start import Clinic, start_clinic
from harness.processes import Processes
from harness.project import PROJECT, tool
from harness.sink import sink

TARGETS: Mapping[str, str] = {}
BEFORE, AFTER = "naive", "core"
ROUNDS = 3
VISITORS = 30
LOAD_S = 24
# The first visitors find an idle service: what follows is looked at.
PLATEAU_AFTER_S = 6.0
PLATEAU_S = 14.0
# A clinic and its workers follow a flag within this.
SWITCH_S = 3.0
PROBE_EVERY_S = 0.5
EAGER = 8
EAGER_S = 6.0
PROBE_TIMEOUT_S = 60
PAGE = "/success-stories"
FREE_THREADED = "FREE_THREADED_CLINIC"

Table = dict[str, dict[str, float | int]]


@dataclass(frozen=True, slots=True)
class Model:
    """Say how gunicorn works: its processes, and their threads or greenlets."""

    processes: int = 1
    threads: int = 8
    worker_class: str = "gthread"
    program: str | None = None

    def environment(self) -> dict[str, str]:
        """Return the clinic's variables, and gunicorn's own for what the clinic does not set."""
        return {
            "WEB_CONCURRENCY": str(self.processes),
            "CLINIC_THREADS": str(self.threads),
            "GUNICORN_CMD_ARGS": f"--worker-class={self.worker_class}",
        }


@dataclass(frozen=True, slots=True)
class Load:
    """Hold what visitors met for LOAD_S seconds.

    pages_per_s, p50_ms and p95_ms are of the Success Stories, by Locust; failed is of all pages.
    service_cpu is in percent of one core, machine_cpu of all; healthz_p50_ms what a probe waits.
    capacity_per_s is what EAGER visitors read who never pause, afterwards.
    """

    pages_per_s: float
    p50_ms: float
    p95_ms: float
    failed: int
    service_cpu: float
    machine_cpu: float
    healthz_p50_ms: float
    capacity_per_s: float


def measure() -> Mapping[str, float | int | Table]:
    """Return a table for each strategy, and the capacity of each model against the first."""
    rows = generate(DATASETS["demo"], seed=20)
    loads: dict[str, dict[str, list[Load]]] = {BEFORE: {}, AFTER: {}}
    with running_postgres() as cluster, sink() as backend:
        url = cluster.create_database()
        store(url, rows)
        for _ in range(ROUNDS):
            for name, model in _models().items():
                for strategy, load in _visit(model, url, backend).items():
                    loads[strategy].setdefault(name, []).append(load)
    tables = {
        strategy: {name: _row(some) for name, some in of.items()} for strategy, of in loads.items()
    }
    return {**_ratios(tables), **tables}


def _models() -> Mapping[str, Model]:
    models = {
        "gthread 1 × 8": Model(),
        "gthread 2 × 4": Model(processes=2, threads=4),
        "gevent 1": Model(worker_class="gevent"),
    }
    if program := os.environ.get(FREE_THREADED):
        models["gthread 1 × 8, no GIL"] = Model(program=program)
    return models


def _visit(model: Model, url: str, backend: str) -> dict[str, Load]:
    """Start a clinic, load it before and after the fix, and stop it."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-workers-")))
        processes = stack.enter_context(Processes(folder))
        env = {"OTEL_EXPORTER_OTLP_ENDPOINT": backend, **model.environment()}
        clinic = start_clinic(processes, folder, url, env, program=model.program)
        return {strategy: _load(clinic, folder, strategy) for strategy in (BEFORE, AFTER)}


def _load(clinic: Clinic, folder: Path, strategy: str) -> Load:
    """Have visitors read the page by a strategy, and measure their plateau."""
    edit.change(folder / "flags.json", STRATEGIES, strategy=strategy, percent=Decimal(100))
    time.sleep(SWITCH_S)
    with (
        ThreadPoolExecutor() as pool,
        subprocess.Popen(
            _visitors(clinic.url), cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as locust,
    ):
        time.sleep(PLATEAU_AFTER_S)
        waits = pool.submit(_probe, clinic.url)
        psutil.cpu_percent()
        service_s, began_s = _cpu_seconds(clinic.child.pid), time.perf_counter()
        time.sleep(PLATEAU_S)
        service_s = _cpu_seconds(clinic.child.pid) - service_s
        seconds, machine_cpu = time.perf_counter() - began_s, psutil.cpu_percent()
        output, words = locust.communicate(timeout=LOAD_S + PROBE_TIMEOUT_S)
    if locust.returncode != 0:
        raise RuntimeError(f"Locust ended with {locust.returncode}: {words.decode()[-800:]}")
    entries = json.loads(output)
    [page] = [entry for entry in entries if entry["name"] == PAGE]
    times = sorted((float(ms), count) for ms, count in page["response_times"].items())
    return Load(
        pages_per_s=(page["num_requests"] - page["num_failures"]) / LOAD_S,
        p50_ms=_percentile(times, 0.50),
        p95_ms=_percentile(times, 0.95),
        failed=sum(entry["num_failures"] for entry in entries),
        service_cpu=100 * service_s / seconds,
        machine_cpu=machine_cpu,
        healthz_p50_ms=statistics.median(waits.result()),
        capacity_per_s=_capacity(clinic),
    )


def _visitors(address: str) -> Sequence[str]:
    return [
        tool("locust"),
        "--locustfile=locustfiles/success_stories.py",
        "--headless",
        "--json",
        "--skip-log",
        f"--users={VISITORS}",
        f"--spawn-rate={VISITORS}",
        f"--run-time={LOAD_S}s",
        "--exclude-tags=appointments",
        "--exit-code-on-error=0",
        f"--host={address}",
    ]


def _probe(address: str) -> Sequence[float]:
    """Ask for the service's health during the plateau; return the milliseconds of each answer."""
    waits, until_s = [], time.perf_counter() + PLATEAU_S
    while time.perf_counter() < until_s:
        begin = time.perf_counter()
        requests.get(f"{address}/healthz", timeout=PROBE_TIMEOUT_S).raise_for_status()
        waits.append(1e3 * (time.perf_counter() - begin))
        time.sleep(PROBE_EVERY_S)
    return waits


def _capacity(clinic: Clinic) -> float:
    """Return how many pages a second visitors get who ask for the next one at once."""
    query = {"clinic": clinic.clinic_name()}
    begin = time.perf_counter()

    def read(_: int) -> int:
        pages = 0
        with requests.Session() as session:
            while time.perf_counter() < begin + EAGER_S:
                session.get(clinic.url + PAGE, params=query).raise_for_status()
                pages += 1
        return pages

    with ThreadPoolExecutor(EAGER) as pool:
        pages = sum(pool.map(read, range(EAGER)))
    return pages / (time.perf_counter() - begin)


def _cpu_seconds(pid: int) -> float:
    """Return what the service's processes have used so far."""
    master = psutil.Process(pid)
    times = [process.cpu_times() for process in [master, *master.children(recursive=True)]]
    return float(sum(used.user + used.system for used in times))


def _percentile(times: Sequence[tuple[float, int]], share: float) -> float:
    """Return the time that this share of the requests does not exceed, of (ms, count) in order."""
    left = share * sum(count for _, count in times)
    for ms, count in times:
        left -= count
        if left <= 0:
            return ms
    raise RuntimeError(f"no visitor has read {PAGE}: raise LOAD_S")


def _row(loads: Sequence[Load]) -> dict[str, float | int]:
    rounds = [asdict(load) for load in loads]
    medians = {name: statistics.median(of[name] for of in rounds) for name in rounds[0]}
    return {name: round(value, 1) for name, value in medians.items()} | {
        "failed": sum(load.failed for load in loads)
    }


def _ratios(tables: Mapping[str, Table]) -> dict[str, float]:
    """Return what each model reads of the page, against the first; and core against naive."""
    rates = {
        strategy: {model: row["capacity_per_s"] for model, row in table.items()}
        for strategy, table in tables.items()
    }
    first, *others = rates[BEFORE]
    against_first = {
        f"{strategy}: {model} times {first}": round(rate[model] / rate[first], 2)
        for strategy, rate in rates.items()
        for model in others
    }
    fixed = {
        f"{model}: {AFTER} times {BEFORE}": round(rates[AFTER][model] / rates[BEFORE][model], 1)
        for model in rates[BEFORE]
    }
    return {**against_first, **fixed}
