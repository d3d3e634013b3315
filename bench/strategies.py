"""Measure each strategy on SQLite and on PostgreSQL, with the raw driver as the limit.

A read is everything between the request and its answer that depends on the strategy: a session,
the strategy, and the JSON of its cats, as bytes. All of them return the same bytes. They take
turns, so that whatever else this machine does falls on all of them alike. Times are medians. Ratios
to the raw driver are medians of pairs: each read is followed at once by one of the raw driver's,
and what disturbs a moment disturbs both. The figure that has a target is the table's own.
"""

import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

import psutil
from sqlalchemy import text

from bench.databases import on_both
from bench.readers import RAW, Read, Reader, readers_of
from clinic.db import make_engine
from clinic.seed.datasets import DATASETS
from clinic.seed.generate import generate
from clinic.seed.load import store
from clinic.seed.rows import Rows

TARGETS = {
    "sqlite_core_times_raw_driver": "at most 1.4",
    "sqlite_naive_times_core": "at least 30",
    "postgresql_core_times_raw_driver": "at most 1.4",
    "postgresql_naive_times_core": "at least 30",
}
ROUNDS = 7
# In each round a strategy reads as often as fits into this, and once at least.
TURN_S = 0.25
MOST_READS_PER_TURN = 40
PAIRS_PER_TURN = 3
# For core, whose ratio has a target.
PAIRS = 300
CLINIC = 7

Table = dict[str, dict[str, float | int]]


@dataclass(slots=True)
class Samples:
    """Collect the times of one reader, in seconds."""

    wall: list[float] = field(default_factory=list)
    # Each read's time by that of the raw driver's read right after it.
    times_raw: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    # The system counts a process's time in hundredths of a second: only sums are of use.
    backend_cpu: float = 0.0


def measure() -> dict[str, float | int | Table]:
    """Seed both databases with `demo`, and read one clinic's stories in every way."""
    rows = generate(DATASETS["demo"], seed=20)
    return on_both(partial(_measure_on, rows=rows))


def _measure_on(kind: str, url: str, rows: Rows) -> dict[str, float | int | Table]:
    store(url, rows)
    _analyze(url)
    with readers_of(url, rows.clinic[CLINIC]["name"]) as readers:
        _require_same_answers(readers)
        samples = _take_turns(readers)
        samples["core"].times_raw += _pairs(readers["core"].read, readers[RAW].read, PAIRS)
    times_raw = {name: statistics.median(taken.times_raw) for name, taken in samples.items()}
    table = {
        name: _row(readers[name], samples[name], times_raw[name])
        for name in sorted(times_raw, key=lambda name: times_raw[name])
    }
    return {
        f"{kind}_core_times_raw_driver": round(times_raw["core"], 2),
        f"{kind}_naive_times_core": round(times_raw["naive"] / times_raw["core"], 1),
        kind: table,
    }


def _analyze(url: str) -> None:
    """Gather statistics, as a server does by itself in time; without them, `exists` crawls."""
    engine = make_engine(url)
    with engine.begin() as connection:
        connection.execute(text("ANALYZE"))
    engine.dispose()


def _row(reader: Reader, samples: Samples, times_raw: float) -> dict[str, float | int]:
    row: dict[str, float | int] = {
        "statements": reader.moved.statements,
        "rows": reader.moved.rows,
        "value_bytes": reader.moved.value_bytes,
        "wall_ms": round(1e3 * statistics.median(samples.wall), 2),
        "service_cpu_ms": round(1e3 * statistics.median(samples.cpu), 2),
    }
    if reader.backend is not None:
        row["database_cpu_ms"] = round(1e3 * samples.backend_cpu / len(samples.wall), 2)
    return {**row, "times_raw": round(times_raw, 2)}


def _require_same_answers(readers: Mapping[str, Reader]) -> None:
    expected = readers[RAW].read()
    wrong = [name for name, reader in readers.items() if reader.read() != expected]
    if wrong:
        raise RuntimeError(f"{', '.join(wrong)} answered with other cats than the raw driver")


def _take_turns(readers: Mapping[str, Reader]) -> dict[str, Samples]:
    samples = {name: Samples() for name in readers}
    for _ in range(ROUNDS):
        for name, reader in readers.items():
            _turn(reader, samples[name])
            pairs = min(len(samples[name].wall), PAIRS_PER_TURN)
            samples[name].times_raw += _pairs(reader.read, readers[RAW].read, pairs)
    return samples


def _turn(reader: Reader, samples: Samples) -> None:
    backend_before = _cpu_seconds(reader.backend)
    end = time.perf_counter() + TURN_S
    for _ in range(MOST_READS_PER_TURN):
        wall, cpu = time.perf_counter(), time.process_time()
        reader.read()
        samples.cpu.append(time.process_time() - cpu)
        samples.wall.append(time.perf_counter() - wall)
        if time.perf_counter() >= end:
            break
    samples.backend_cpu += _cpu_seconds(reader.backend) - backend_before


def _pairs(one: Read, other: Read, count: int) -> list[float]:
    """Return how many times the other's time one takes, read by read in turns."""
    return [_seconds(one) / _seconds(other) for _ in range(count)]


def _seconds(read: Read) -> float:
    begin = time.perf_counter()
    read()
    return time.perf_counter() - begin


def _cpu_seconds(process: psutil.Process | None) -> float:
    if process is None:
        return 0.0
    times = process.cpu_times()
    return float(times.user + times.system)
