"""Make requests and phases for the replay's tests."""

from collections.abc import Callable
from typing import Any

import pytest

from harness.clients.clinic import STORIES
from incident.replay.load import Request
from incident.replay.measure import Latency, Phase, SpanCounts, Spread

SECOND_NS = 1_000_000_000


@pytest.fixture
def story() -> Callable[..., Request]:
    """Make a request for Success Stories that starts `at_s` and takes `ms`."""

    def make(at_s: float = 1, ms: float = 10, **other: Any) -> Request:
        values: dict[str, Any] = {
            "name": STORIES,
            "status": 200,
            "failure": None,
            "server_ms": ms,
            "statements": 500,
            "spans": 502,
            "strategy": "naive",
            "trace_id": f"{at_s}",
        }
        return Request(
            start_time_unix_nano=int(at_s * SECOND_NS), response_ms=ms, **(values | other)
        )

    return make


@pytest.fixture
def phase() -> Callable[..., Phase]:
    """Make a phase's figures: of naive unless told otherwise."""

    def make(strategy: str = "naive", **other: Any) -> Phase:
        values: dict[str, Any] = {
            "name": strategy,
            "strategy": strategy,
            "seconds": 35.0,
            "requests": 84,
            "failures": 0,
            "gave_up": 0,
            "requests_per_second": 2.4,
            "latency_ms": Latency(11_000, 13_000, 14_000),
            "sent_latency_ms": Latency(11_000, 13_000, 14_000),
            "other_pages_ms": None,
            "statements_by_clinic": {},
            "watcher_cpu_percent_of_core": 2,
            "waited_ms": Spread(7_500, 9_000),
            "service_ms": Latency(3_500, 3_900, 4_000),
            "healthz_ms": Spread(8_000, 9_500),
            "statements_per_request": Spread(500, 560),
            "db_spans_per_trace": Spread(500, 560),
            "sql_per_minute": 72_000,
            "service_cpu_percent_of_core": 101,
            "machine_cpu_percent": 61,
            "spans": SpanCounts(42_000, 42_000, 0),
            "slowest_trace_id": "a" * 32,
            "slowest_service_ms": 4_000,
            "slowest_waited_ms": 8_100,
        }
        return Phase(**(values | other))

    return make


@pytest.fixture
def core(phase: Callable[..., Phase]) -> Phase:
    """Make the figures of a fix that works."""
    return phase(
        "core",
        requests=600,
        requests_per_second=30,
        latency_ms=Latency(15, 30, 45),
        waited_ms=Spread(5, 20),
        service_ms=Latency(10, 30, 31),
        healthz_ms=Spread(3, 9),
        statements_per_request=Spread(1, 1),
        db_spans_per_trace=Spread(1, 1),
        sql_per_minute=1_800,
        service_cpu_percent_of_core=21,
        machine_cpu_percent=16,
        spans=SpanCounts(1_800, 1_800, 0),
        slowest_trace_id="b" * 32,
        slowest_service_ms=31,
        slowest_waited_ms=2,
    )
