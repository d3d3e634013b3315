"""Run the real command as a process that is expected to end by itself, or end it."""

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from harness.parts.start import Tracestore
from harness.ports import unused_port

DEADLINE_S = 60.0

Start = Callable[..., Tracestore]


def run(database: Path, *more: str, ui_port: int = 0) -> subprocess.CompletedProcess[str]:
    ports = (f"--ui-port={ui_port or unused_port()}", f"--otlp-port={unused_port()}")
    return subprocess.run(
        [sys.executable, "-m", "tracestore", "serve", f"--database={database}", *ports, *more],
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
    )


def stop(server: Tracestore, number: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
    """End a server with a signal; return its exit code and what it printed."""
    process = server.child.process
    process.send_signal(number)
    return process.wait(timeout=DEADLINE_S), server.child.log.read_text()
