"""Hand findings from the processes of a service to the one that started them.

A Unix datagram socket: a message is whole or not there, whoever sends at the same time, and
nothing has to be cleaned up when a worker is killed.
"""

import json
import socket
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from otel_nplusone._core.model import Entry, Finding, Kind, RepeatClass, Repeats
from otel_nplusone._run.announce import Judged
from otel_nplusone.errors import SourceError

SOCKET_VARIABLE = "OTEL_NPLUSONE_SOCKET"
# A message has to fit into the socket's buffer.
_LONGEST_STATEMENT = 4_000
_MOST_FINDINGS = 10
_LARGEST_MESSAGE = 1 << 20
_SEND_TIMEOUT_S = 1.0


class Sender:
    """Send what was found in each request to a socket."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.settimeout(_SEND_TIMEOUT_S)
        self._path = str(path)

    def take(self, judged: Judged) -> None:
        """Send; raise OSError if nobody listens any more."""
        self._socket.sendto(encode(judged), self._path)

    def close(self) -> None:
        self._socket.close()


class Receiver:
    """Receive on the other end."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))

    def receive(self, timeout_s: float) -> Judged | None:
        """Return the next message; None if none comes in time."""
        self._socket.settimeout(timeout_s)
        try:
            return decode(self._socket.recv(_LARGEST_MESSAGE))
        except (TimeoutError, BlockingIOError):
            return None

    def close(self) -> None:
        self._socket.close()


def encode(judged: Judged) -> bytes:
    """Return a message; the ids of single statements stay behind."""
    findings = [asdict(_short(finding)) for finding in judged.findings[:_MOST_FINDINGS]]
    message = {"findings": findings, "spans": judged.spans, "incomplete": judged.incomplete}
    return json.dumps(message).encode()


def decode(message: bytes) -> Judged:
    """Return what a message says; raise SourceError if it is not one of otel-nplusone."""
    try:
        read: dict[str, Any] = json.loads(message)
        findings = [_finding(one) for one in read["findings"]]
        return Judged(findings, int(read["spans"]), bool(read["incomplete"]))
    except (ValueError, TypeError, KeyError) as error:
        raise SourceError(f"This is not a message of otel-nplusone: {message[:80]!r}") from error


def _short(finding: Finding) -> Finding:
    what = finding.what
    shortened = replace(
        what,
        statement=what.statement[:_LONGEST_STATEMENT],
        pattern=tuple(text[:_LONGEST_STATEMENT] for text in what.pattern),
        source_statement=(what.source_statement or "")[:_LONGEST_STATEMENT] or None,
        offender_span_ids=(),
    )
    return replace(finding, what=shortened)


def _finding(read: dict[str, Any]) -> Finding:
    what = read.pop("what")
    what["repeat_class"] = RepeatClass(what["repeat_class"])
    what["kind"] = Kind(what["kind"])
    what |= {name: tuple(value) for name, value in what.items() if isinstance(value, list)}
    what["offender_span_ids"] = ()
    return Finding(entry=Entry(**read.pop("entry")), what=Repeats(**what), **read)
