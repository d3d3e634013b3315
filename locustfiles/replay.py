"""Send the visitors of success_stories.py, and write a line of JSON for every request.

    REQUEST_LOG=requests.jsonl locust -f locustfiles/replay.py --host http://127.0.0.1:8000 \\
           --headless --users 30 --spawn-rate 30

Locust's own statistics are rounded and cover the whole run; a replay has phases, and wants
exact percentiles of each, together with what the service says of the request in Server-Timing.
Who does not wait for an answer is written to LOAD_FILE.status, if LOAD_FILE is set.
"""

import json
import os
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

# Locust puts a locustfile's own folder on sys.path; mypy does not know of that.
import success_stories  # type: ignore[import-not-found]
from locust import events
from locust.env import Environment

__all__ = ["Visitor"]

# What an arrival says of itself; None in a closed loop.
ARRIVAL = ("intended_time_unix_nano", "clinic", "load", "offset_s")
# `name;dur=1.5;desc="text"`: https://www.w3.org/TR/server-timing/
METRIC = re.compile(r'(?P<name>\w+)(?:;dur=(?P<dur>[\d.]+))?(?:;desc="(?P<desc>[^"]*)")?')


class Visitor(success_stories.Visitor):  # type: ignore[misc]  # its module is not known to mypy
    # When each visitor asks again: until then they read what they have, and do not wait.
    reading_until_s: ClassVar[dict[int, float]] = {}

    def wait_time(self) -> float:
        """Return how long a visitor reads, and write down until when."""
        seconds: float = super().wait_time()
        self.reading_until_s[id(self)] = time.time() + seconds
        if told := os.environ.get("LOAD_FILE"):
            status = Path(f"{told}.status")
            temporary = status.with_name(f".{status.name}")
            reading = list(self.reading_until_s.values())
            temporary.write_text(json.dumps({"reading_until_s": reading}), encoding="utf-8")
            temporary.replace(status)
        return seconds


@events.init.add_listener  # type: ignore[untyped-decorator]  # Locust's events have no types
def record_requests(environment: Environment, **_: Any) -> None:
    """Append every finished request to the file that REQUEST_LOG names."""
    # Written line by line, so that stopping Locust, however it is done, loses no request.
    log = Path(os.environ["REQUEST_LOG"]).open("a", buffering=1, encoding="utf-8")  # noqa: SIM115

    def write(**request: Any) -> None:
        log.write(json.dumps(record(**request)) + "\n")

    listen: Any = environment.events
    listen.request.add_listener(write)
    listen.quit.add_listener(lambda **_: log.close())


def record(
    *,
    name: str,
    start_time: float,
    response_time: float,
    response: Any = None,
    exception: Exception | None = None,
    context: Mapping[str, Any] | None = None,
    **_: Any,
) -> dict[str, Any]:
    """Turn Locust's request event into the record of one request; times in ns and ms."""
    headers = {} if response is None else response.headers
    timing = server_timing(headers.get("Server-Timing", ""))
    return {
        "start_time_unix_nano": int(start_time * 1e9),
        "response_ms": round(response_time, 3),
        "name": name,
        "status": 0 if response is None else response.status_code,
        "failure": None if exception is None else str(exception),
        **timing,
        **{name: (context or {}).get(name) for name in ARRIVAL},
    }


def server_timing(header: str) -> dict[str, Any]:
    """Read from a Server-Timing header what the replay counts; None for what it does not hold."""
    metrics = {found["name"]: found for found in METRIC.finditer(header)}

    def described(name: str) -> str | None:
        return metrics[name]["desc"] if name in metrics else None

    def number(text: str | None) -> int | None:
        leading = re.match(r"\d+", text or "")
        return int(leading[0]) if leading else None

    return {
        "server_ms": float(metrics["total"]["dur"]) if "total" in metrics else None,
        "statements": number(described("db")),
        "spans": number(described("spans")),
        "strategy": described("strategy"),
        "trace_id": (described("traceparent") or "--").split("-")[1] or None,
    }
