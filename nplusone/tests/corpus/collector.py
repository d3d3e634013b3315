"""Receive OTLP over HTTP and keep what programs in other languages send."""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from threading import Lock

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from nplusone.tests.backends import listening


class Collector:
    """Hold the spans that came since they were last taken."""

    def __init__(self) -> None:
        self.url = ""
        self._lock = Lock()
        self._held = ExportTraceServiceRequest()

    def add(self, body: bytes) -> None:
        """Keep one export."""
        with self._lock:
            self._held.MergeFromString(body)

    def holds(self, name: str) -> bool:
        """Tell whether a span of this name has come: a root ends last."""
        with self._lock:
            return any(
                span.name == name
                for resource in self._held.resource_spans
                for scope in resource.scope_spans
                for span in scope.spans
            )

    def take(self) -> ExportTraceServiceRequest:
        """Give what is held, and begin anew."""
        with self._lock:
            held, self._held = self._held, ExportTraceServiceRequest()
        return held


@contextmanager
def running_collector() -> Iterator[Collector]:
    """Yield a collector that answers on a free port of this machine."""
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            """Take an export; the answer comes when it is kept, so a flush is all there is."""
            body = b"".join(self._body())
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            if self.path == "/v1/traces":
                collector.add(body)
            answer = ExportTraceServiceResponse().SerializeToString()
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def _body(self) -> Iterator[bytes]:
            """Give the body, which Node's exporter sends in chunks."""
            if self.headers.get("Transfer-Encoding") != "chunked":
                yield self.rfile.read(int(self.headers["Content-Length"]))
                return
            while size := int(self.rfile.readline(), 16):
                yield self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    with listening(Handler) as collector.url:
        yield collector
