"""Read what CPU the service uses, and the whole machine."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import psutil


@dataclass(frozen=True, slots=True)
class CpuReading:
    """Hold the CPU seconds used so far, by the service and by the whole machine."""

    at_s: float
    service_s: float
    busy_s: float
    total_s: float

    def service_percent_since(self, earlier: "CpuReading") -> float:
        """Return the service's CPU since then, in percent of one core."""
        return _percent(self.service_s - earlier.service_s, self.at_s - earlier.at_s)

    def machine_percent_since(self, earlier: "CpuReading") -> float:
        """Return the machine's CPU since then, in percent of all its cores."""
        return _percent(self.busy_s - earlier.busy_s, self.total_s - earlier.total_s)


def read_cpu(service_s: Callable[[], float]) -> CpuReading:
    """Read the CPU time of the service, by the function given, and of the machine."""
    used_s = service_s()
    busy_s, total_s = _machine()
    return CpuReading(time.monotonic(), used_s, busy_s, total_s)


def cpu_of_family(pid: int) -> float:
    """Return the CPU seconds of a process with its descendants; 0 if it is gone."""
    try:
        parent = psutil.Process(pid)
        # What workers used that were replaced stays counted with their parent (not on macOS).
        replaced = parent.cpu_times()
        used = replaced.children_user + replaced.children_system
        for process in [parent, *parent.children(recursive=True)]:
            times = process.cpu_times()
            used += times.user + times.system
    except psutil.NoSuchProcess:
        return 0.0
    return float(used)


def _machine() -> tuple[float, float]:
    times = psutil.cpu_times()._asdict()
    # Linux counts a guest's time within `user` as well.
    total = sum(value for name, value in times.items() if not name.startswith("guest"))
    return total - times["idle"] - times.get("iowait", 0.0), total


def _percent(part: float, whole: float) -> float:
    return 100 * part / whole if whole > 0 else 0.0
