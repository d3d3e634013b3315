"""Serve trace backends that answer what a test tells them to, on a port of their own."""

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

Query = dict[str, str]
Answer = tuple[int, str, str]
NOT_FOUND: Answer = (404, "application/json", '{"error": {"httpCode": 404}}')


@dataclass(slots=True)
class Backend:
    """Hold where it listens, and which paths it was asked for."""

    url: str
    asked: list[str] = field(default_factory=list)


def as_json(document: object) -> Answer:
    return 200, "application/json", json.dumps(document)


@contextlib.contextmanager
def backend(answer: Callable[[str, Query], Answer | None]) -> Iterator[Backend]:
    """Serve `answer(path, query)` until the block ends; None hangs up."""
    served = Backend("")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {key: values[0] for key, values in parse_qs(parts.query).items()}
            served.asked.append(parts.path)
            told = answer(parts.path, query)
            if told is None:
                self.close_connection = True
                return
            status, content_type, body = told
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: a test's output is its own."""

    with listening(Handler) as served.url:
        yield served


@contextlib.contextmanager
def listening(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """Answer on a free port of this machine until the block ends; yield the address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
