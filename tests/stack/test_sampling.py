"""Run the sampling variant of the Collector as it is: what matters is kept whole.

The Collector's own program, with both files of otel/ and a third that names this test's ports;
a tracestore takes Jaeger's place behind it.
"""

import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from harness.clients.backend import Backend
from harness.parts import programs
from harness.parts.start import Tracestore, start_tracestore, wait_for
from harness.ports import unused_port
from harness.processes import Command, Processes
from harness.project import PROJECT
from harness.waiting import wait_until
from tests.stack.sampling_load import SERVICE, SLOW_MS, Kind, Trace, request_of, send, size

pytestmark = pytest.mark.stack

NPLUSONE = Kind("stories", 300, nplusone=True)
ERROR = Kind("broken", 5, error=True)
SLOW = Kind("slow", 5, duration_ms=SLOW_MS)
USUAL = Kind("usual", 3)
MIXED = {NPLUSONE: 15, ERROR: 20, SLOW: 20, USUAL: 1500}
PERCENT = 10
# As long as the slowest request of the incident.
LONG_S = 20
DECIDED_S = 90

PORTS = """
extensions:
  health_check: {{endpoint: 127.0.0.1:{health}}}
receivers:
  otlp:
    protocols:
      grpc: {{endpoint: 127.0.0.1:{grpc}}}
      http: {{endpoint: 127.0.0.1:{http}}}
exporters:
  otlp_http/store: {{endpoint: "{store}"}}
  otlp_http/prometheus: {{metrics_endpoint: "{store}/v1/metrics"}}
service:
  telemetry:
    metrics:
      readers: [{{pull: {{exporter: {{prometheus: {{host: 127.0.0.1, port: {telemetry}}}}}}}}}]
  pipelines:
    traces/sampled: {{exporters: [otlp_http/store]}}
"""


@dataclass(frozen=True, slots=True)
class Sampler:
    """Hold a running Collector and what is behind it."""

    otlp: str
    telemetry: str
    store: Tracestore
    pid: int

    def stored(self, since_ns: int) -> dict[str, int]:
        return Backend(self.store.ui, SERVICE).span_counts(since_ns, time.time_ns() + 10**9)


@pytest.fixture(scope="module")
def sampler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sampler]:
    folder = tmp_path_factory.mktemp("sampler")
    with Processes(folder) as processes:
        yield start(processes, folder)


def start(processes: Processes, folder: Path) -> Sampler:
    store = start_tracestore(processes, folder / "traces.db")
    names = ("health", "grpc", "http", "telemetry")
    ports = {name: unused_port() for name in names}
    own = PORTS.format(**ports, store=store.otlp)
    (folder / "ports.yaml").write_text(own, encoding="utf-8")
    files = (
        PROJECT / "otel" / "collector.yaml",
        PROJECT / "otel" / "collector-sampling.yaml",
        folder / "ports.yaml",
    )
    child = processes.start(
        Command(
            name="collector",
            argv=[programs.find("otelcol-contrib"), *(f"--config={file}" for file in files)],
            env={**os.environ, "SAMPLING_PERCENT": str(PERCENT)},
            cwd=folder,
        )
    )
    wait_for(processes, f"http://127.0.0.1:{ports['health']}/")
    otlp, telemetry = (f"http://127.0.0.1:{ports[name]}" for name in ("http", "telemetry"))
    return Sampler(otlp, telemetry, store, child.pid)


def test_what_matters_is_kept_whole_and_a_share_of_the_rest(sampler: Sampler) -> None:
    since_ns = time.time_ns() - 5 * 10**9
    decided_before, kept_before = decided(sampler), decided(sampler, kept=True)
    traces = [Trace(kind) for kind, count in MIXED.items() for _ in range(count)]
    sizes: dict[bytes, int] = {}
    for trace in traces:
        spans = trace.spans()
        sizes[trace.trace_id] = request_of(spans).ByteSize()
        # As a batch processor does: a large trace in several requests, its root in the last.
        for first in range(0, len(spans), 100):
            send(sampler.otlp, spans[first : first + 100])
    wait_until(
        lambda: decided(sampler) - decided_before == len(traces),
        what="a decision on every trace",
        deadline_s=DECIDED_S,
        every_s=1,
    )
    wait_until(
        lambda: len(sampler.stored(since_ns)) == decided(sampler, kept=True) - kept_before,
        what="what was kept to be stored",
        deadline_s=DECIDED_S,
        every_s=1,
    )
    matters = [trace for trace in traces if trace.kind is not USUAL]
    wait_until(
        lambda: all(whole(sampler.stored(since_ns), trace) for trace in matters),
        what="every trace that matters to be whole",
        deadline_s=DECIDED_S,
        every_s=1,
    )

    stored = sampler.stored(since_ns)
    kept = [trace for trace in traces if trace.trace_id.hex() in stored]
    torn = [trace for trace in kept if not whole(stored, trace)]
    counts = Counter(trace.kind for trace in kept)
    share = size(sizes, [trace.trace_id for trace in kept])
    print(f"kept {counts[USUAL]} of {MIXED[USUAL]} usual traces, {share:.0%} of all bytes")

    assert torn == []
    assert {kind: counts[kind] for kind in (NPLUSONE, ERROR, SLOW)} == {
        kind: MIXED[kind] for kind in (NPLUSONE, ERROR, SLOW)
    }
    # Ten percent of 1,500, and five standard deviations to each side.
    assert 92 <= counts[USUAL] <= 208
    assert 1 - share > 0.4


def test_rates_are_those_of_all_spans_and_not_of_the_kept_ones(sampler: Sampler) -> None:
    traces = [Trace(Kind("counted", 0)) for _ in range(200)]
    for trace in traces:
        send(sampler.otlp, trace.spans())

    wait_until(
        lambda: calls(sampler, "GET /counted") == len(traces),
        what="span metrics of every request",
        deadline_s=DECIDED_S,
        every_s=1,
    )

    assert calls(sampler, "GET /counted") == len(traces)


def test_a_trace_of_twenty_seconds_is_judged_by_its_last_span(sampler: Sampler) -> None:
    since_ns = time.time_ns() - 30 * 10**9
    trace = Trace(Kind("long", 100, nplusone=True))
    *statements, root = trace.spans()

    send(sampler.otlp, statements[:50])
    time.sleep(LONG_S)
    send(sampler.otlp, [*statements[50:], root])

    assert wait_until(
        lambda: sampler.stored(since_ns).get(trace.trace_id.hex()) == len(statements) + 1,
        what="the whole trace",
        deadline_s=DECIDED_S,
        every_s=1,
    )


def test_every_processor_before_the_decision_has_seen_every_span(sampler: Sampler) -> None:
    metrics = requests.get(f"{sampler.telemetry}/metrics", timeout=30).text

    assert "otelcol_receiver_refused_spans" not in nonzero(metrics)
    assert "otelcol_exporter_send_failed_spans" not in nonzero(metrics)


def whole(stored: Mapping[str, int], trace: Trace) -> bool:
    """Return whether every span of a trace is stored."""
    return stored.get(trace.trace_id.hex()) == trace.kind.statements + 1


def decided(sampler: Sampler, *, kept: bool = False) -> int:
    """Return the number of traces that were decided on, or decided to be kept."""
    metrics = requests.get(f"{sampler.telemetry}/metrics", timeout=30).text
    lines = [
        line
        for line in metrics.splitlines()
        if line.startswith("otelcol_processor_tail_sampling_global_count_traces_sampled")
        and ('sampled="true"' in line or not kept)
    ]
    return int(sum(float(line.rsplit(" ", 1)[1]) for line in lines))


def calls(sampler: Sampler, span_name: str) -> int:
    answer = requests.get(
        f"{sampler.store.ui}/api/metrics/latest",
        params={"service": SERVICE, "name": "traces.span.metrics.calls"},
        timeout=30,
    )
    return sum(
        int(one["value"])
        for one in answer.json()["metrics"]
        if one["attributes"].get("span.name") == span_name
    )


def nonzero(metrics: str) -> set[str]:
    samples = (line.rsplit(" ", 1) for line in metrics.splitlines() if not line.startswith("#"))
    return {name.split("{")[0] for name, value in samples if float(value)}
