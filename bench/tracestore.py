"""Measure what tracestore takes in and how fast it answers, next to a Jaeger on the same cores.

Both are processes of their own, asked over HTTP, in one run: one after the other 30 seconds of as
many spans as they take, and filled up to two million; then read in turns. Jaeger keeps its spans in
memory; it is the binary that JAEGER_BIN names or that .ci/stack/binaries has built, and left
out without one.
"""

import json
import os
import statistics
import tempfile
import time
import urllib.parse
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.trace_load import RARE_SERVICE, body, connect, get, post, send
from harness.parts.jaeger import Jaeger, start_jaeger
from harness.parts.programs import find
from harness.parts.start import Tracestore, start_tracestore
from harness.processes import Processes

TARGETS = {
    "start_s": "under 1",
    "ingest_spans_per_second": "at least 20,000",
    "ingest_seconds": "30",
    "spans_lost": "0",
    "ingest_share_of_jaeger": "at least 0.3",
    "read_500_spans_ms_p50": "under 10",
    "read_500_spans_times_jaeger": "at most 1",
    "search_summaries_ms_p50": "under 50",
    "memory_mb": "under 250",
}
FULL = 2_000_000
SPANS_PER_TRACE_READ = 500
READS = 200
SEARCHES = 30
ROUNDS = 10
FOUND = 20
_YEARS = {
    "query.start_time_min": "2000-01-01T00:00:00Z",
    "query.start_time_max": "2100-01-01T00:00:00Z",
}
# Traces of one service that took long: one in sixteen of all.
_SLOW = {**_YEARS, "query.service_name": RARE_SERVICE, "query.duration_min": "2s"}


@dataclass(frozen=True, slots=True)
class Backend:
    """Hold a running backend: its ports, its process and the time that its start took."""

    ui_port: int
    otlp_port: int
    pid: int
    start_s: float


def measure(*, seconds: float = 30.0, full: int = FULL) -> dict[str, float | int]:
    """Measure tracestore, and Jaeger where there is one; the ratios are of the same run."""
    binary = _jaeger_binary()
    with ExitStack() as running:
        ours = running.enter_context(_tracestore())
        figures = _filled(ours, seconds, full)
        figures["spans_lost"] = figures["spans_sent"] - _stored(ours)
        figures |= _summaries(ours)
        backends = {"": ours}
        if binary is not None:
            theirs = running.enter_context(_jaeger(binary))
            backends["jaeger_"] = theirs
            figures |= {f"jaeger_{key}": n for key, n in _filled(theirs, seconds, full).items()}
        figures |= _reads(backends)
    if binary is None:
        return figures
    return figures | {
        "ingest_share_of_jaeger": round(
            figures["ingest_spans_per_second"] / figures["jaeger_ingest_spans_per_second"], 2
        ),
        "read_500_spans_times_jaeger": round(
            figures["read_500_spans_ms_p50"] / figures["jaeger_read_500_spans_ms_p50"], 2
        ),
    }


def _filled(backend: Backend, seconds: float, full: int) -> dict[str, float | int]:
    """Send as many spans as it takes, and then as many as it is to hold."""
    ingest = send(backend.otlp_port, seconds=seconds)
    fill = send(backend.otlp_port, spans=max(full - ingest.spans, 2))
    return {
        "start_s": round(backend.start_s, 2),
        "ingest_spans_per_second": round(ingest.spans_per_second),
        "ingest_seconds": round(ingest.seconds, 1),
        "spans_sent": ingest.spans + fill.spans,
    }


def _reads(backends: Mapping[str, Backend]) -> dict[str, float | int]:
    """Read a trace of each in turns, and what both can search: the newest slow trace, whole."""
    traces = {name: _trace_to_read(backend) for name, backend in backends.items()}
    search = f"/api/v3/traces?{urllib.parse.urlencode({**_SLOW, 'query.num_traces': 1})}"
    reads: dict[str, list[float]] = {name: [] for name in backends}
    searches: dict[str, list[float]] = {name: [] for name in backends}
    for _ in range(ROUNDS):
        for name, backend in backends.items():
            reads[name] += _times_ms(backend, traces[name], times=READS // ROUNDS)
            searches[name] += _times_ms(backend, search, times=SEARCHES // ROUNDS)
    figures: dict[str, float | int] = {}
    for name, backend in backends.items():
        figures |= {
            f"{name}read_500_spans_ms_p50": round(statistics.median(reads[name]), 2),
            f"{name}read_500_spans_ms_p95": round(statistics.quantiles(reads[name], n=20)[18], 2),
            f"{name}search_one_trace_ms_p50": round(statistics.median(searches[name]), 2),
            f"{name}memory_mb": round(psutil.Process(backend.pid).memory_info().rss / 1e6),
        }
    return figures


def _summaries(backend: Backend) -> dict[str, float | int]:
    """Time the list of the newest slow traces, which Jaeger has from 2.19 on."""
    query = urllib.parse.urlencode({**_SLOW, "query.search_depth": FOUND})
    times = _times_ms(backend, f"/api/v3/trace-summaries?{query}")
    page = urllib.parse.urlencode({"service": RARE_SERVICE, "minDuration": "2s", "limit": FOUND})
    return {
        "search_summaries_ms_p50": round(statistics.median(times), 2),
        "search_page_ms_p50": round(
            statistics.median(_times_ms(backend, f"/search?{page}&sort=newest")), 2
        ),
    }


def _stored(backend: Backend) -> int:
    """Count what the store holds, through the same API as everybody."""
    query = urllib.parse.urlencode({**_YEARS, "query.search_depth": 10_000})
    answer = json.loads(get(connect(backend.ui_port), f"/api/v3/trace-summaries?{query}"))
    return sum(summary["spanCount"] for summary in answer["summaries"])


def _trace_to_read(backend: Backend) -> str:
    """Send a trace; return the address that reads it, once it is there as a whole."""
    trace_id = os.urandom(16)
    post(connect(backend.otlp_port), body(trace_id, SPANS_PER_TRACE_READ))
    path = f"/api/v3/traces/{trace_id.hex()}"
    answer = json.loads(get(connect(backend.ui_port), path))
    spans = answer["result"]["resourceSpans"][0]["scopeSpans"][0]["spans"]
    if len(spans) != SPANS_PER_TRACE_READ:
        raise RuntimeError(f"read {len(spans)} spans instead of {SPANS_PER_TRACE_READ}")
    return path


def _times_ms(backend: Backend, path: str, *, times: int = SEARCHES) -> list[float]:
    connection = connect(backend.ui_port)
    taken = []
    for _ in range(times):
        begin = time.perf_counter()
        get(connection, path)
        taken.append((time.perf_counter() - begin) * 1000)
    return taken


@contextmanager
def _tracestore() -> Iterator[Backend]:
    with (
        tempfile.TemporaryDirectory(prefix="tracestore-bench-") as directory,
        Processes(Path(directory) / "logs") as processes,
    ):
        begin = time.perf_counter()
        store = start_tracestore(processes, Path(directory) / "traces.db", "--max-spans=10000000")
        yield _backend(store, time.perf_counter() - begin)


@contextmanager
def _jaeger(binary: str) -> Iterator[Backend]:
    os.environ["JAEGER_BIN"] = binary
    with (
        tempfile.TemporaryDirectory(prefix="jaeger-bench-") as directory,
        Processes(Path(directory) / "logs") as processes,
    ):
        begin = time.perf_counter()
        jaeger = start_jaeger(processes, Path(directory), max_traces=100_000)
        yield _backend(jaeger, time.perf_counter() - begin)


def _backend(started: Tracestore | Jaeger, start_s: float) -> Backend:
    ui, otlp = (int(url.rpartition(":")[2]) for url in (started.ui, started.otlp))
    return Backend(ui, otlp, started.child.pid, start_s)


def _jaeger_binary() -> str | None:
    if named := os.environ.get("JAEGER_BIN"):
        return named
    with suppress(AssertionError):
        return find("jaeger")
    return None


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
