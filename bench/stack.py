"""Measure what the compose stack costs under its default load, and how soon it shows the N+1.

The stack is started under a name and on ports of its own, without Grafana where its image is not
on this engine, and removed afterwards. Times count from `docker compose up`, images being there.
"""

import statistics
import tempfile
import time
from pathlib import Path

from harness.clients.prometheus import Prometheus
from harness.compose.engines import LOST_BY_THE_COLLECTOR, LOST_BY_THE_SERVICE, STARTED, Jaeger
from harness.compose.images import images, services_of
from harness.compose.project import NAME, Compose
from harness.compose.usage import MIB, Usage, UsageWatch
from harness.waiting import wait_until

TARGETS = {
    "all_healthy_s": "under 40",
    "first_n_plus_one_trace_s": "under 60",
    "memory_limits_mib": "at most 1,792",
    "spans_lost": "0",
}
LOADED_S = 180
# The service's metrics leave every 5 s, and the Collector passes them on after another.
COUNTED_S = 15
DEADLINE_S = 180
MANY = 200

Table = dict[str, dict[str, float | int]]


def measure() -> dict[str, float | int | Table]:
    """Start the stack, let its own visitors come for three minutes, and read the counters."""
    with tempfile.TemporaryDirectory(prefix="bench-stack-") as folder:
        compose = Compose(f"{NAME}-bench", Path(folder))
        services = services_of(tuple(images()))
        compose.do("build")
        try:
            return _measure(compose, services)
        finally:
            compose.down()


def _measure(compose: Compose, services: tuple[str, ...]) -> dict[str, float | int | Table]:
    jaeger = Jaeger(compose.url("TRACE_UI_PORT"))
    prometheus = Prometheus(compose.url("PROMETHEUS_PORT"))
    since_ns, began = time.time_ns(), time.monotonic()
    compose.do("up", "--detach", "--wait", *services)
    all_healthy_s = time.monotonic() - began
    wait_until(
        lambda: _shows_the_incident(jaeger, since_ns),
        what="a trace with hundreds of DB spans",
        deadline_s=DEADLINE_S,
    )
    first_trace_s = time.monotonic() - began
    with UsageWatch(compose) as usage:
        time.sleep(LOADED_S)
    time.sleep(COUNTED_S)
    containers = {name: usage.of(name) for name in sorted(usage.readings[-1])}
    return {
        "all_healthy_s": all_healthy_s,
        "first_n_plus_one_trace_s": first_trace_s,
        "memory_limits_mib": int(sum(of[-1].limit_bytes for of in containers.values()) / MIB),
        "spans_created": prometheus.count(STARTED),
        "spans_lost": prometheus.count(LOST_BY_THE_SERVICE)
        + prometheus.count(LOST_BY_THE_COLLECTOR),
        "container": {name: _row(of) for name, of in containers.items()},
    }


def _shows_the_incident(jaeger: Jaeger, since_ns: int) -> bool:
    traces = jaeger.traces("cat-clinic", "GET /success-stories", since_ns)
    return any(trace.db_spans >= MANY for trace in traces)


def _row(usage: list[Usage]) -> dict[str, float | int]:
    return {
        "CPU, % of a core": statistics.fmean(one.cpu_percent_of_core for one in usage),
        "memory, MiB": statistics.fmean(one.memory_bytes for one in usage) / MIB,
        "at most, MiB": max(one.memory_bytes for one in usage) / MIB,
        "limit, MiB": int(usage[-1].limit_bytes / MIB),
    }
