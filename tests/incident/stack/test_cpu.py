import os
import subprocess
import sys

import pytest

from incident.stack.cpu import CpuReading, cpu_of_family, read_cpu

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


def test_the_machine_is_never_busier_than_its_time_passes() -> None:
    earlier = read_cpu(lambda: 1.0)
    sum(range(3_000_000))
    later = read_cpu(lambda: 3.5)

    assert later.service_s - earlier.service_s == 2.5
    assert 0 < later.machine_percent_since(earlier) <= 100
