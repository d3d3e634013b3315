"""What is seen of the service from outside: how its health check answers, and what CPU it uses."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import psutil
import urllib3

EVERY_S = 0.5
TIMEOUT_S = 30


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """One answer of /healthz, or the time that was waited for it in vain."""

    start_time_unix_nano: int
    response_ms: float

    @property
    def end_time_unix_nano(self) -> int:
        return self.start_time_unix_nano + int(self.response_ms * 1e6)


class HealthProbe:
    """Asks for /healthz twice a second, whether or not the last answer has come.

    A load balancer does the same. Waiting for one answer before asking again would ask least
    where the answers are slowest.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._done = threading.Event()
        self._ticker = threading.Thread(target=self._tick, daemon=True)
        self.checks: list[HealthCheck] = []

    def __enter__(self) -> Self:
        self._ticker.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._done.set()
        self._ticker.join()

    def _tick(self) -> None:
        while not self._done.wait(EVERY_S):
            threading.Thread(target=self.check, daemon=True).start()

    def check(self) -> None:
        """Ask once, and keep how long the answer took."""
        started, clock = time.time_ns(), time.perf_counter()
        try:
            # A connection of its own each time, as from a load balancer.
            with urllib3.PoolManager(num_pools=1) as http:
                http.request("GET", self._url, retries=False, timeout=TIMEOUT_S)
        except urllib3.exceptions.HTTPError as error:
            if not _waited_in_vain(error):
                return  # nobody is there: who started the service notices that it has ended
        elapsed_ms = (time.perf_counter() - clock) * 1000
        self.checks.append(HealthCheck(started, elapsed_ms))


def _waited_in_vain(error: urllib3.exceptions.HTTPError) -> bool:
    # A refused connection counts as a ConnectTimeoutError with urllib3, after no time at all.
    refused = isinstance(error, urllib3.exceptions.NewConnectionError)
    return isinstance(error, urllib3.exceptions.TimeoutError) and not refused


@dataclass(frozen=True, slots=True)
class CpuReading:
    """CPU seconds used so far, by the service and by the whole machine."""

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
    """Read the CPU time of the service, as it is told how, and of the machine."""
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
