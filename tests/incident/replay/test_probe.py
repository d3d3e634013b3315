import os
import subprocess
import sys

import pytest

from harness.parts.start import Tracestore
from harness.waiting import wait_until
from incident.replay.measure import Window
from incident.replay.probe import CpuReading, HealthCheck, HealthProbe, cpu_of_family

BUSY_CHILD = "sum(range(3_000_000)); print('done', flush=True); input()"


def test_cpu_is_a_share_of_one_core_and_of_the_whole_machine() -> None:
    earlier = CpuReading(at_s=100, service_s=5, busy_s=50, total_s=400)
    later = CpuReading(at_s=110, service_s=15.1, busy_s=62, total_s=420)

    assert later.service_percent_since(earlier) == pytest.approx(101)
    assert later.machine_percent_since(earlier) == 60


def test_no_time_between_two_readings_is_no_cpu() -> None:
    reading = CpuReading(at_s=100, service_s=5, busy_s=50, total_s=400)

    assert reading.service_percent_since(reading) == 0


def test_the_cpu_of_child_processes_counts() -> None:
    before = cpu_of_family(os.getpid())
    with subprocess.Popen(
        [sys.executable, "-c", BUSY_CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()

        with_child = cpu_of_family(os.getpid())
        of_child = cpu_of_family(child.pid)
        child.communicate(b"\n")

    assert of_child > 0
    assert with_child - before > of_child / 2


def test_a_process_that_is_gone_uses_nothing() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        child.wait()

    assert cpu_of_family(child.pid) == 0


def test_the_health_check_is_asked_again_and_again(store: Tracestore) -> None:
    with HealthProbe(f"{store.ui}/healthz") as probe:
        wait_until(lambda: len(probe.checks) >= 2, what="two checks", deadline_s=30)

    first, second = probe.checks[:2]
    assert second.start_time_unix_nano > first.start_time_unix_nano
    assert first.response_ms > 0


def test_a_service_that_is_away_gives_no_figure(free_port: int) -> None:
    probe = HealthProbe(f"http://127.0.0.1:{free_port}/healthz")

    probe.check()

    assert probe.checks == []


def test_a_check_that_outlasts_a_phase_is_not_in_it() -> None:
    window = Window(0, 1_000_000_000)

    assert window.holds(HealthCheck(500_000_000, 400))
    assert not window.holds(HealthCheck(500_000_000, 600))
