"""Serve one application on two sockets, and lose no answer at the end."""

import signal
import socket
import time

import waitress  # type: ignore[import-untyped]  # it ships no types
from flask import Flask
from waitress import wasyncore

from tracestore.errors import PortTakenError

# A handler waits for the one writer or the interpreter: six threads take in 7 % less than three.
_THREADS = 3
_DRAIN_SECONDS = 8.0
# How soon a signal is noticed when nothing arrives.
_NAP_SECONDS = 0.1
# Bodies up to this size stay in memory, and not in a temporary file.
_BODY_IN_MEMORY_BYTES = 16 * 1024 * 1024
# An exporter's body has a quarter of a megabyte: in pieces of 8 kB, reading costs a fifth more.
_RECEIVE_BYTES = 256 * 1024
# A trace of hundreds of spans has half a megabyte: in pieces of 16 kB it often waits for the loop.
_SEND_BYTES = 512 * 1024


def listen(host: str, port: int, *, part: str, option: str) -> socket.socket:
    """Listen, or raise PortTakenError with the part that wants the port and its option."""
    try:
        family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        sock = socket.socket(family, kind, proto)
    except OSError as error:
        raise PortTakenError(
            f"{part} cannot listen on host {host!r}: {error.strerror}; choose another --host"
        ) from error
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Accepted connections inherit it.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BYTES)
        sock.bind(address)
        sock.listen(256)
    except OSError as error:
        sock.close()
        raise PortTakenError(
            f"{part} cannot listen on {host} port {port}: {error.strerror}; choose another port"
            f" with {option}"
        ) from error
    return sock


def serve(app: Flask, sockets: list[socket.socket]) -> None:
    """Serve until SIGTERM or SIGINT, and answer the requests in flight first."""
    server = waitress.create_server(
        app,
        sockets=sockets,
        threads=_THREADS,
        ident="tracestore",
        # Larger than the application's limit, so that the application answers, in OTLP's form.
        max_request_body_size=app.config["MAX_CONTENT_LENGTH"] + 1,
        recv_bytes=_RECEIVE_BYTES,
        inbuf_overflow=_BODY_IN_MEMORY_BYTES,
        connection_limit=500,
        asyncore_use_poll=True,
    )
    signals: list[int] = []
    previous = {
        number: signal.signal(number, lambda received, _frame: signals.append(received))
        for number in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        # The handler only notes the signal. An exception would be caught by whichever callback of
        # the loop it interrupted, and the signal would be lost.
        while not signals:
            wasyncore.poll2(timeout=_NAP_SECONDS, map=server.map)
        _drain(server)
    finally:
        server.close()
        for number, handler in previous.items():
            signal.signal(number, handler)


def _drain(server: waitress.server.MultiSocketServer) -> None:
    """Accept no more requests, and run the loop until every answer is sent."""
    for dispatcher in list(server.map.values()):
        if isinstance(dispatcher, waitress.server.BaseWSGIServer):
            dispatcher.accepting = False
            dispatcher.socket.close()
            dispatcher.del_channel()
    deadline = time.monotonic() + _DRAIN_SECONDS
    while time.monotonic() < deadline and any(_is_busy(c) for c in list(server.map.values())):
        wasyncore.poll2(timeout=0.05, map=server.map)


def _is_busy(dispatcher: object) -> bool:
    if not isinstance(dispatcher, waitress.channel.HTTPChannel):
        return False
    return bool(dispatcher.requests) or dispatcher.total_outbufs_len > 0
