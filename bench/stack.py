"""Measure what the compose stack costs under its default load, and how soon it shows the N+1.

The stack is started under a name and on ports of its own, without Grafana where its image is not
on this engine, and removed afterwards. Times count from `docker compose up`, images being there.

    up ── healthy ── first N+1 trace ── 10 min of load, with readers ── … 30 min ── one scan ──
    one search of Jaeger's page, over the longest time that it offers
"""

import json
import statistics
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

from harness.background import Repeating
from harness.clients.prometheus import Prometheus
from harness.compose.engines import LOST_BY_THE_COLLECTOR, LOST_BY_THE_SERVICE, STARTED, Jaeger
from harness.compose.images import images, services_of
from harness.compose.project import NAME, Compose
from harness.compose.usage import MIB, Usage, UsageWatch
from harness.project import PROJECT, tool
from harness.waiting import wait_until

TARGETS = {
    "all_healthy_s": "at most 40",
    "first_n_plus_one_trace_s": "at most 60",
    "memory_limits_mib": "at most 2,560",
    "spans_lost": "0",
    "restarted_or_killed": "0",
    "most_of_a_limit_percent": "under 80",
    "scan_s": "at most 60",
    "scan_findings": "at least 1",
    "jaeger_at_most_percent_of_limit": "at most 80",
    "jaeger_during_widest_search_at_most_percent": "under 100",
}
READ_S, LOADED_S = 600, 1_800
# Between two rounds of scan, doctor and a search of Jaeger's page.
ROUND_S = 60
# The service's metrics leave every 5 s, and the Collector passes them on after another.
COUNTED_S = 15
DEADLINE_S = 180
MANY = 200
PAGE = json.loads((PROJECT / "otel" / "jaeger-ui.json").read_text())["search"]

Figures = dict[str, float | int]
Table = dict[str, Figures]


class Readers(Repeating):
    """Ask the stack as people do, a round each minute: a scan, the doctor, Jaeger's own page."""

    def __init__(self, compose: Compose) -> None:
        super().__init__(ROUND_S)
        self._compose = compose

    def turn(self) -> None:
        scan(self._compose)
        self._doctor()
        search(self._compose, PAGE["defaultLookback"])

    def _doctor(self) -> None:
        subprocess.run(
            [tool("incident"), "doctor", "--target=compose"],
            cwd=PROJECT,
            env={**self._compose.environment, "COMPOSE_PROJECT_NAME": self._compose.name},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=DEADLINE_S,
            check=False,
        )


def scan(compose: Compose) -> subprocess.CompletedProcess[str]:
    """Scan the last hour, with the README's own words."""
    return subprocess.run(
        [tool("otel-nplusone"), "scan", compose.url("TRACE_UI_PORT"), "--since", "1h"],
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )


def search(compose: Compose, lookback: str) -> None:
    """Ask what Jaeger's page asks for `5m` of lookback, and as many traces as it may."""
    now = time.time()
    start, end = (
        time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))
        for moment in (now - 60 * int(lookback.removesuffix("m")), now)
    )
    query = (
        f"query.service_name=cat-clinic&query.search_depth={PAGE['maxLimit']}"
        f"&query.start_time_min={start}&query.start_time_max={end}"
    )
    url = compose.url("TRACE_UI_PORT", f"/api/v3/trace-summaries?{query}")
    with urllib.request.urlopen(url, timeout=DEADLINE_S) as answer:
        answer.read()


def measure() -> dict[str, float | int | Table]:
    """Start the stack, let its own visitors come for half an hour, and read the counters."""
    with tempfile.TemporaryDirectory(prefix="bench-stack-") as folder:
        compose = Compose(f"{NAME}-bench", Path(folder) / "flags")
        compose.flags.mkdir()
        services = services_of(tuple(images()))
        compose.do("build")
        try:
            return _measure(compose, services)
        finally:
            compose.down()


def _measure(compose: Compose, services: tuple[str, ...]) -> dict[str, float | int | Table]:
    jaeger = Jaeger(compose.url("TRACE_UI_PORT"))
    since_ns, began = time.time_ns(), time.monotonic()
    compose.do("up", "--detach", "--wait", *services)
    all_healthy_s = time.monotonic() - began
    wait_until(
        lambda: _shows_the_incident(jaeger, since_ns),
        what="a trace with hundreds of DB spans",
        deadline_s=DEADLINE_S,
    )
    first_trace_s = time.monotonic() - began
    with UsageWatch(compose) as usage, Readers(compose):
        time.sleep(READ_S)
    containers = {name: _row(usage.of(name)) for name in sorted(usage.readings[-1])}
    time.sleep(max(0, LOADED_S - (time.monotonic() - began)))
    return {
        "all_healthy_s": all_healthy_s,
        "first_n_plus_one_trace_s": first_trace_s,
        "memory_limits_mib": int(sum(row["limit, MiB"] for row in containers.values())),
        "most_of_a_limit_percent": max(row["at most, % of it"] for row in containers.values()),
        **_scanned(compose),
        **_searched_widely(compose),
        **_counted(compose),
        "container": containers,
    }


def _scanned(compose: Compose) -> Figures:
    """Scan once after half an hour, and watch Jaeger meanwhile."""
    with UsageWatch(compose) as usage:
        began = time.monotonic()
        done = scan(compose)
        seconds = time.monotonic() - began
    row = _row(usage.of("jaeger"))
    return {
        "scan_s": seconds,
        "scan_findings": done.stdout.count("n_plus_one") + done.stdout.count("nested"),
        "jaeger_during_scan_at_most_mib": row["at most, MiB"],
        "jaeger_at_most_percent_of_limit": row["at most, % of it"],
    }


def _searched_widely(compose: Compose) -> Figures:
    """Search the page over the longest time that it offers, and watch Jaeger meanwhile."""
    with UsageWatch(compose) as usage:
        began = time.monotonic()
        search(compose, PAGE["maxLookback"]["value"])
        seconds = time.monotonic() - began
        time.sleep(COUNTED_S)
    return {
        "widest_search_s": seconds,
        "jaeger_during_widest_search_at_most_percent": _row(usage.of("jaeger"))["at most, % of it"],
    }


def _counted(compose: Compose) -> Figures:
    """Read what was made and lost once the counters have arrived."""
    time.sleep(COUNTED_S)
    prometheus = Prometheus(compose.url("PROMETHEUS_PORT"))
    states = compose.containers().values()
    return {
        "spans_created": prometheus.count(STARTED),
        "spans_lost": prometheus.count(LOST_BY_THE_SERVICE)
        + prometheus.count(LOST_BY_THE_COLLECTOR),
        "restarted_or_killed": sum(
            one["RestartCount"] > 0 or one["State"]["OOMKilled"] for one in states
        ),
    }


def _shows_the_incident(jaeger: Jaeger, since_ns: int) -> bool:
    traces = jaeger.traces("cat-clinic", "GET /success-stories", since_ns)
    return any(trace.db_spans >= MANY for trace in traces)


def _row(usage: list[Usage]) -> Figures:
    most = max(one.memory_bytes for one in usage)
    return {
        "CPU, % of a core": statistics.fmean(one.cpu_percent_of_core for one in usage),
        "memory, MiB": statistics.fmean(one.memory_bytes for one in usage) / MIB,
        "at most, MiB": most / MIB,
        "at most, % of it": 100 * most / usage[-1].limit_bytes,
        "limit, MiB": int(usage[-1].limit_bytes / MIB),
    }
