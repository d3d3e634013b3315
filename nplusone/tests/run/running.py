"""Test programs under `otel-nplusone run`, and what they write."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

PROGRAMS = Path(__file__).parent / "programs"
BIN = Path(sys.executable).parent
DEADLINE_S = 120


class Running:
    """Hold a program under `otel-nplusone run`, and what it has written."""

    def __init__(self, process: subprocess.Popen[bytes], output: Path) -> None:
        self.process = process
        self._output = output

    @property
    def said(self) -> str:
        return self._output.read_text()

    def wait_for(self, condition: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + DEADLINE_S
        while not condition():
            if self.process.poll() is not None or time.monotonic() > end:
                raise AssertionError(f"no {what}: {self.said}")
            time.sleep(0.1)

    def end(self, number: int) -> int:
        """Send a signal, and return what the program ends with."""
        self.process.send_signal(number)
        return self.process.wait(DEADLINE_S)


@contextmanager
def run(output: Path, *words: str, **environ: str) -> Iterator[Running]:
    """Start `otel-nplusone run WORDS` among the programs; end it at last."""
    with output.open("wb") as stream:
        process = subprocess.Popen(
            [BIN / "otel-nplusone", "run", *words],
            cwd=PROGRAMS,
            stdout=stream,
            stderr=stream,
            env={
                **os.environ,
                "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
                # Installed for the corpus, they would tell of each statement a second time.
                "OTEL_PYTHON_DISABLED_INSTRUMENTATIONS": "sqlite3,django",
                **environ,
            },
        )
        try:
            yield Running(process, output)
        finally:
            process.terminate()
            process.wait(DEADLINE_S)


def finish(output: Path, *words: str, **environ: str) -> str:
    """Run a program to its end; return what it and the watching have written."""
    with run(output, *words, **environ) as program:
        program.process.wait(DEADLINE_S)
    return program.said


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port


def answers(url: str) -> bool:
    """Tell whether an address answers well."""
    try:
        with urllib.request.urlopen(url, timeout=DEADLINE_S) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
