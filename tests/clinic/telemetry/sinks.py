"""Take what an exporter sends, and keep it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from harness.background import serving


@dataclass(slots=True)
class Sink:
    """Hold content type and body of each request."""

    address: str = ""
    requests: list[tuple[str, bytes]] = field(default_factory=list)


@contextmanager
def running_sink() -> Iterator[Sink]:
    """Yield a backend that takes everything."""
    sink = Sink()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            sink.requests.append((self.headers["Content-Type"], body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    sink.address = f"http://127.0.0.1:{server.server_port}"
    with serving(server):
        yield sink
