"""Delay a trace backend: pass each POST on, and answer after a pause."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import urllib3

from harness.background import serving


@contextmanager
def slow_backend(behind: str, delay_s: float) -> Iterator[str]:
    """Yield the address of a proxy that lets every POST to the backend behind it take longer."""
    pool = urllib3.PoolManager()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept = ("Content-Type", "Content-Encoding")
            headers = {name: self.headers[name] for name in kept if name in self.headers}
            time.sleep(delay_s)
            answer = pool.request("POST", behind + self.path, body=body, headers=headers)
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(answer.data)))
            self.end_headers()
            self.wfile.write(answer.data)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: the figures are the output."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    with serving(server):
        yield f"http://127.0.0.1:{server.server_port}"
