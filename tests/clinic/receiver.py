"""Receive OTLP/HTTP and keep it, with a certificate if wanted."""

import gzip
import select
import ssl
import subprocess
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from harness.background import serving

DECODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.decompress,
    "deflate": zlib.decompress,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """Hold one request: where it went, what it held, and whether its sender waited."""

    path: str
    headers: dict[str, str]
    body: bytes
    is_awaited: bool

    @property
    def encoding(self) -> str:
        return self.headers.get("content-encoding", "none")

    @property
    def is_of_traces(self) -> bool:
        return "traces" in self.path

    def traces(self) -> Any:
        return ExportTraceServiceRequest.FromString(self._plain())

    def metrics(self) -> Any:
        return ExportMetricsServiceRequest.FromString(self._plain())

    def _plain(self) -> bytes:
        decode = DECODERS.get(self.encoding)
        return self.body if decode is None else decode(self.body)


@dataclass(slots=True)
class Receiver:
    """Hold where it listens, and what it got so far."""

    address: str
    posts: list[Post] = field(default_factory=list)


@contextmanager
def receiving(*, delay_s: float = 0, tls: "Certificate | None" = None) -> Iterator[Receiver]:
    """Run a receiver on a free port; with a certificate it wants one of its clients as well."""
    receiver = Receiver("")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            gone, _, _ = select.select([self.connection], [], [], delay_s) if delay_s else ([],) * 3
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.posts.append(
                Post(path=self.path, headers=headers, body=body, is_awaited=not gone)
            )
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """Ignore a client that has gone, which some tests want."""

    server = Server(("127.0.0.1", 0), Handler)
    if tls is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls.certificate, tls.key)
        context.load_verify_locations(tls.certificate)
        context.verify_mode = ssl.CERT_REQUIRED
        server.socket = context.wrap_socket(server.socket, server_side=True)
    receiver.address = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}"
    with serving(server):
        yield receiver


@dataclass(frozen=True, slots=True)
class Certificate:
    """Hold a certificate that signs itself, for both ends of a connection."""

    certificate: Path
    key: Path


def make_certificate(folder: Path) -> Certificate:
    """Make a certificate for 127.0.0.1 with the program openssl."""
    made = Certificate(folder / "certificate.pem", folder / "key.pem")
    options = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-keyout", str(made.key), "-out", str(made.certificate)),
            *(*options, "-subj", "/CN=clinic", "-addext", "subjectAltName=IP:127.0.0.1"),
        ],
        check=True,
        capture_output=True,
    )
    return made
