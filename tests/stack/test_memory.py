"""Test that every container stays within its memory under the default load, the incident."""

import pytest

from harness.clients.prometheus import Prometheus
from harness.compose.engines import LOST_BY_THE_COLLECTOR, LOST_BY_THE_SERVICE
from harness.compose.project import ONE_SHOTS, Compose
from harness.compose.usage import UsageWatch
from harness.waiting import wait_until

pytestmark = pytest.mark.stack

LOADED_S = 180


def test_memory_stays_under_its_limits_and_no_span_is_lost_through_minutes_of_load(
    stack: Compose, prometheus: Prometheus, usage: UsageWatch
) -> None:
    wait_until(
        lambda: usage.seconds >= LOADED_S,
        what=f"{LOADED_S} s of load",
        deadline_s=LOADED_S + 30,
        every_s=1,
    )

    for service, one in stack.containers().items():
        assert usage.of(service) or service in ONE_SHOTS, service
        assert not one["State"]["OOMKilled"], service
        assert one["RestartCount"] == 0, service
        # Pages of files are part of it, and the kernel takes them back before it is all used.
        for reading in usage.of(service):
            assert reading.memory_bytes <= reading.limit_bytes, service
    assert prometheus.count(LOST_BY_THE_SERVICE) == 0
    assert prometheus.count(LOST_BY_THE_COLLECTOR) == 0
