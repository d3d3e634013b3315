"""Ask for the service's health check under load, as a load balancer does."""

import threading
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import urllib3

EVERY_S = 0.5
TIMEOUT_S = 30


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """Hold when /healthz was asked for, and how long its answer took, or the timeout."""

    start_time_unix_nano: int
    response_ms: float

    @property
    def end_time_unix_nano(self) -> int:
        return self.start_time_unix_nano + int(self.response_ms * 1e6)


class HealthProbe:
    """Ask for /healthz twice a second, whether or not the last answer has come.

    Waiting for one answer before asking again would ask least where the answers are slowest.
    """

    def __init__(self, url: str, *, timeout_s: float = TIMEOUT_S) -> None:
        self._url = url
        self._timeout_s = timeout_s
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
                http.request("GET", self._url, retries=False, timeout=self._timeout_s)
        except urllib3.exceptions.HTTPError as error:
            if not _timed_out(error):
                return  # nothing listens: the run notices by itself that its service has ended
        elapsed_ms = (time.perf_counter() - clock) * 1000
        self.checks.append(HealthCheck(started, elapsed_ms))


def _timed_out(error: urllib3.exceptions.HTTPError) -> bool:
    # A refused connection counts as a ConnectTimeoutError with urllib3, after no time at all.
    refused = isinstance(error, urllib3.exceptions.NewConnectionError)
    return isinstance(error, urllib3.exceptions.TimeoutError) and not refused
