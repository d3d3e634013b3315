"""Ask for the service's health check under load, as a load balancer does."""

import threading
import time
from dataclasses import dataclass

import urllib3

from harness.background import Repeating

EVERY_S = 0.5
TIMEOUT_S = 30


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """Hold when /healthz was asked for, and how long its answer took, or the timeout."""

    start_time_unix_nano: int
    response_ms: float

    @property
    def due_time_unix_nano(self) -> int:
        return self.start_time_unix_nano

    @property
    def end_time_unix_nano(self) -> int:
        return self.start_time_unix_nano + int(self.response_ms * 1e6)


class HealthProbe(Repeating):
    """Ask for /healthz twice a second, whether or not the last answer has come.

    Waiting for one answer before asking again would ask least where the answers are slowest.
    """

    def __init__(self, url: str, *, timeout_s: float = TIMEOUT_S) -> None:
        super().__init__(EVERY_S)
        self._url = url
        self._timeout_s = timeout_s
        self.checks: list[HealthCheck] = []
        self._asked_ns: set[int] = set()
        self._lock = threading.Lock()

    def waiting_ms(self, now_ns: int) -> list[float]:
        """Return how long each check has waited that has no answer yet."""
        with self._lock:
            return [(now_ns - asked) / 1e6 for asked in sorted(self._asked_ns)]

    def turn(self) -> None:
        threading.Thread(target=self.check, daemon=True).start()

    def check(self) -> None:
        """Ask once, and keep how long the answer took."""
        started, clock = time.time_ns(), time.perf_counter()
        with self._lock:
            self._asked_ns.add(started)
        try:
            # A connection of its own each time, as from a load balancer.
            with urllib3.PoolManager(num_pools=1) as http:
                http.request("GET", self._url, retries=False, timeout=self._timeout_s)
        except urllib3.exceptions.HTTPError as error:
            if not _timed_out(error):
                return  # nothing listens: the run notices by itself that its service has ended
        finally:
            with self._lock:
                self._asked_ns.discard(started)
        elapsed_ms = (time.perf_counter() - clock) * 1000
        self.checks.append(HealthCheck(started, elapsed_ms))


def _timed_out(error: urllib3.exceptions.HTTPError) -> bool:
    # A refused connection counts as a ConnectTimeoutError with urllib3, after no time at all.
    refused = isinstance(error, urllib3.exceptions.NewConnectionError)
    return isinstance(error, urllib3.exceptions.TimeoutError) and not refused
