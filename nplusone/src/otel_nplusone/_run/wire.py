"""Hand spans from the processes of a program to the one that started them.

A Unix stream socket, a JSON document on each line. What a process has sent arrives, also when it
is killed: nothing waits in it. So a signal, a reloader or a worker's timeout loses nothing.

    {"hello": 12, "problem": "", "missing": [["flask", "opentelemetry-instrumentation-flask"]]}
    {"open": 1, "trace": "4bf9…", "process": 12}
    {"open": 0, "trace": "4bf9…", "process": 12, "span": ["4bf9…", "00f0…", …]}
"""

import json
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, RLock, Thread
from typing import Any

from otel_nplusone._core.model import Span
from otel_nplusone.errors import SourceError

SOCKET_VARIABLE = "OTEL_NPLUSONE_SOCKET"
# The other side reads all the time; a program is not to stand still because that one was stopped.
_SEND_TIMEOUT_S = 1.0
_POLL_S = 0.2


@dataclass(frozen=True, slots=True)
class Hello:
    """Name a process in which OpenTelemetry has started.

    `problem` says why it makes no spans, `missing` which libraries have no instrumentation: the
    library's name and the package that instruments it.
    """

    process: int
    problem: str = ""
    missing: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """Tell how many spans of a trace a process has open, and the one that has just ended."""

    process: int
    trace_id: str
    still_open: int
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Lost:
    """Count spans that a process could not hand over."""

    spans: int


Message = Hello | Progress | Lost


class Sender:
    """Send what happens in this process; thread-safe, and begins anew in a forked one."""

    def __init__(self, path: Path) -> None:
        self._path = str(path)
        self.reset()

    def reset(self) -> None:
        """Leave the connection and the lock to the process that has forked."""
        # Re-entrant: a span can end in a finalizer that runs while this thread sends.
        self._lock = RLock()
        self._socket: socket.socket | None = None
        self._lost = 0

    def send(self, message: Message) -> None:
        """Send; raise OSError where nobody listens any more. What is lost meanwhile is told."""
        with self._lock:
            lost, self._lost = self._lost, 0
            try:
                if lost:
                    self._connected().sendall(encode(Lost(lost)))
                self._connected().sendall(encode(message))
            except OSError:
                # Half a line may have gone: the next one needs a connection of its own.
                self._lost = lost + 1
                self.close()
                raise

    def close(self) -> None:
        """Close the connection; what was sent arrives."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _connected(self) -> socket.socket:
        if self._socket is None:
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            connection.settimeout(_SEND_TIMEOUT_S)
            try:
                connection.connect(self._path)
            except OSError:
                connection.close()
                raise
            self._socket = connection
        return self._socket


class Receiver:
    """Take the messages of all processes, each connection in a thread of its own."""

    def __init__(self, path: Path, take: Callable[[Message], None]) -> None:
        self._take = take
        self._ended = Event()
        self._threads: list[tuple[Thread, socket.socket]] = []
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(path))
        self._listener.listen(128)
        self._listener.settimeout(_POLL_S)
        self._thread = Thread(target=self._accept, name="otel-nplusone", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Take what has been sent, and nothing that is sent from now on."""
        self._ended.set()
        self._thread.join()
        self._listener.close()
        for thread, connection in self._threads:
            # A process that lives on keeps its connection open. What is sent is still read.
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RD)
            thread.join()
            connection.close()

    def _accept(self) -> None:
        while True:
            # Looked at first: who connected before the end is still in the queue.
            is_last = self._ended.is_set()
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                if is_last:
                    return
                self._forget_ended()
                continue
            connection.setblocking(True)
            thread = Thread(target=self._read, args=(connection,), daemon=True)
            self._threads.append((thread, connection))
            thread.start()

    def _forget_ended(self) -> None:
        for thread, connection in self._threads:
            if not thread.is_alive():
                connection.close()
        self._threads = [one for one in self._threads if one[0].is_alive()]

    def _read(self, connection: socket.socket) -> None:
        with connection.makefile("rb") as lines, suppress(OSError, SourceError):
            for line in lines:
                if line.endswith(b"\n"):  # the last one of a process that was killed may be cut
                    self._take(decode(line))


def encode(message: Message) -> bytes:
    """Return a message as a line."""
    document: dict[str, Any]
    match message:
        case Hello():
            document = {"hello": message.process, "problem": message.problem}
            document["missing"] = message.missing
        case Lost():
            document = {"lost": message.spans}
        case Progress():
            document = {"open": message.still_open, "trace": message.trace_id}
            document |= {"process": message.process, "span": message.span}
    return json.dumps(document, default=str).encode() + b"\n"


def decode(line: bytes) -> Message:
    """Return what a line says; raise SourceError if it is not a message."""
    try:
        read: dict[str, Any] = json.loads(line)
        if "hello" in read:
            missing = tuple((str(name), str(package)) for name, package in read["missing"])
            return Hello(int(read["hello"]), str(read["problem"]), missing)
        if "lost" in read:
            return Lost(int(read["lost"]))
        span = None if read["span"] is None else _span(read["span"])
        return Progress(int(read["process"]), str(read["trace"]), int(read["open"]), span)
    except (ValueError, TypeError, KeyError) as error:
        raise SourceError(f"This is not a message of otel-nplusone: {line[:80]!r}") from error


def _span(read: list[Any]) -> Span:
    span = Span(*read)
    lists = {key: tuple(value) for key, value in span.attributes.items() if isinstance(value, list)}
    return span._replace(attributes={**span.attributes, **lists}) if lists else span
