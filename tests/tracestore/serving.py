"""Run the real command as a process."""

import contextlib
import json
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.ports import unused_port

DEADLINE_S = 60.0


@dataclass(frozen=True, slots=True)
class Server:
    process: subprocess.Popen[str]
    ui: str
    otlp: str

    def get(self, path: str) -> bytes:
        with urllib.request.urlopen(self.ui + path, timeout=10) as response:
            answer: bytes = response.read()
        return answer

    def spans_of(self, trace_id: str) -> list[dict[str, Any]]:
        """Return a trace's spans as OTLP JSON; none if the trace is unknown."""
        try:
            answer = json.loads(self.get(f"/api/v3/traces/{trace_id}"))
        except urllib.error.HTTPError as error:
            error.close()
            return []
        return [
            span
            for resource in answer["result"]["resourceSpans"]
            for scope in resource["scopeSpans"]
            for span in scope["spans"]
        ]

    def post(self, body: bytes) -> int:
        sent = urllib.request.Request(
            f"{self.otlp}/v1/traces", body, {"Content-Type": "application/x-protobuf"}
        )
        with urllib.request.urlopen(sent, timeout=10) as response:
            return int(response.status)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        """End the server with a signal; return its exit code and its stderr."""
        self.process.send_signal(number)
        _, said = self.process.communicate(timeout=DEADLINE_S)
        return self.process.returncode, said


Start = Callable[..., Server]


def command(database: Path, ui_port: int, otlp_port: int, *more: str) -> list[str]:
    return [
        *(sys.executable, "-m", "tracestore", "serve", "--database", str(database)),
        *("--ui-port", str(ui_port), "--otlp-port", str(otlp_port), *more),
    ]


def run(database: Path, *more: str, ui_port: int = 0) -> subprocess.CompletedProcess[str]:
    """Run a server that is expected to end by itself."""
    return subprocess.run(
        command(database, ui_port or unused_port(), unused_port(), *more),
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
    )


def wait_until_healthy(server: Server) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline and server.process.poll() is None:
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            server.get("/healthz")
            return
        time.sleep(0.05)
    raise AssertionError(f"no answer from {server.ui}, exit code {server.process.poll()}")
