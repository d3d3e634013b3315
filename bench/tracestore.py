"""How much tracestore takes in and how fast it gives a trace back, measured over HTTP.

The server is a process of its own and the bodies are made beforehand, so that what is measured
is the server alone. The spans are those of the incident: statements as SQLAlchemy's
instrumentation records them, 512 to a request, each request a trace of its own.
"""

import concurrent.futures
import contextlib
import http.client
import itertools
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

TARGETS = {
    "ingest_spans_per_second": "at least 15,000",
    "ingest_seconds": "30",
    "spans_lost": "0",
    "read_500_spans_ms_p50": "under 15",
}
SPANS_PER_REQUEST = 512
SPANS_PER_TRACE_READ = 500
READS = 200
SENDERS = 2
# Each body is sent again and again under other trace ids, which are patched into its bytes.
_BODIES = 16
# No byte of a body that is not an id: sixteen of them in a row are a trace id and nothing else.
_FIRST_MARKER = 0xC0

_SELECT_CAT = (
    "SELECT cat.id, cat.name, cat.age, cat.color, cat.lives, cat.owner_id FROM cat WHERE cat.id = ?"
)
_STARTUP_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Server:
    """A running tracestore."""

    port: int
    pid: int


def measure(*, seconds: float = 30.0) -> dict[str, float | int]:
    """Take in spans for `seconds`, count the loss, then read one trace READS times."""
    with _server() as server:
        sent, elapsed = _ingest(server.port, seconds)
        stored = _stored(server.port)
        memory = psutil.Process(server.pid).memory_info().rss
        trace_id = os.urandom(16)
        _post(_connection(server.port), _body(trace_id, SPANS_PER_TRACE_READ))
        reads = _read_times_ms(server.port, trace_id)
    return {
        "ingest_spans_per_second": round(sent / elapsed),
        "ingest_seconds": round(elapsed, 1),
        "spans_sent": sent,
        "spans_lost": sent - stored,
        "read_500_spans_ms_p50": round(statistics.median(reads), 2),
        "read_500_spans_ms_p95": round(statistics.quantiles(reads, n=20)[18], 2),
        "memory_mb_after_ingest": round(memory / 1e6),
    }


def _ingest(port: int, seconds: float) -> tuple[int, float]:
    """Send from SENDERS connections at once; return the acknowledged spans and the time taken."""
    markers = [bytes([_FIRST_MARKER + number]) * 16 for number in range(_BODIES)]
    templates = [(marker, _body(marker, SPANS_PER_REQUEST)) for marker in markers]
    begin = time.perf_counter()

    def send() -> int:
        connection = _connection(port)
        acknowledged = 0
        for marker, template in itertools.cycle(templates):
            if time.perf_counter() - begin >= seconds:
                return acknowledged
            _post(connection, template.replace(marker, os.urandom(16)))
            acknowledged += SPANS_PER_REQUEST
        return acknowledged

    with concurrent.futures.ThreadPoolExecutor(SENDERS) as pool:
        sent = sum(future.result() for future in [pool.submit(send) for _ in range(SENDERS)])
    return sent, time.perf_counter() - begin


def _stored(port: int) -> int:
    """Count what the store holds, through the same API as everybody."""
    window = urllib.parse.urlencode(
        {
            "query.startTimeMin": "2000-01-01T00:00:00Z",
            "query.startTimeMax": "2100-01-01T00:00:00Z",
            "query.searchDepth": "10000",
        }
    )
    answer = json.loads(_get(_connection(port), f"/api/v3/trace-summaries?{window}"))
    return sum(summary["spanCount"] for summary in answer["summaries"])


def _read_times_ms(port: int, trace_id: bytes) -> list[float]:
    connection = _connection(port)
    times = []
    for _ in range(READS):
        begin = time.perf_counter()
        answer = _get(connection, f"/api/v3/traces/{trace_id.hex()}")
        times.append((time.perf_counter() - begin) * 1000)
    spans = json.loads(answer)["result"]["resourceSpans"][0]["scopeSpans"][0]["spans"]
    if len(spans) != SPANS_PER_TRACE_READ:
        raise RuntimeError(f"read {len(spans)} spans instead of {SPANS_PER_TRACE_READ}")
    return times


def _body(trace_id: bytes, spans: int) -> bytes:
    request = ExportTraceServiceRequest()
    resource_spans = request.resource_spans.add()
    for key, value in (
        ("service.name", "cat-clinic"),
        ("service.instance.id", "bench"),
        ("telemetry.sdk.name", "opentelemetry"),
        ("telemetry.sdk.language", "python"),
        ("telemetry.sdk.version", "1.45.1"),
    ):
        resource_spans.resource.attributes.add(key=key).value.string_value = value
    scope_spans = resource_spans.scope_spans.add()
    scope_spans.scope.name = "opentelemetry.instrumentation.sqlalchemy"
    now = time.time_ns()
    root = os.urandom(8)
    scope_spans.spans.add(
        trace_id=trace_id,
        span_id=root,
        name="GET /success-stories",
        kind=Span.SPAN_KIND_SERVER,
        start_time_unix_nano=now,
        end_time_unix_nano=now + spans * 2_000_000,
    )
    for number in range(1, spans):
        start = now + number * 2_000_000
        _add_statement(scope_spans.spans.add(trace_id=trace_id, parent_span_id=root), start)
    return request.SerializeToString()


def _add_statement(span: Span, start: int) -> None:
    span.span_id = os.urandom(8)
    span.name = "SELECT cat"
    span.kind = Span.SPAN_KIND_CLIENT
    span.flags = 256
    span.start_time_unix_nano = start
    span.end_time_unix_nano = start + 350_000
    for key, value in (
        ("db.system.name", "sqlite"),
        ("db.namespace", "clinic"),
        ("db.operation.name", "SELECT"),
        ("db.collection.name", "cat"),
        ("db.query.text", _SELECT_CAT),
        ("server.address", "127.0.0.1"),
    ):
        span.attributes.add(key=key).value.string_value = value
    span.attributes.add(key="server.port").value.int_value = 5432


@contextlib.contextmanager
def _server() -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="tracestore-bench-") as directory:
        ui_port, otlp_port = _free_ports()
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "tracestore", "serve"),
                *("--database", str(Path(directory) / "traces.db")),
                *("--ui-port", str(ui_port), "--otlp-port", str(otlp_port)),
                *("--max-spans", "10000000"),
            ]
        )
        try:
            _wait_until_healthy(otlp_port, process)
            yield Server(otlp_port, process.pid)
        finally:
            process.terminate()
            process.wait(timeout=30)


def _wait_until_healthy(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _STARTUP_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"tracestore ended with {process.returncode} instead of serving")
        with contextlib.suppress(OSError):
            _get(_connection(port), "/healthz")
            return
        time.sleep(0.05)
    raise RuntimeError(f"tracestore did not answer within {_STARTUP_SECONDS} s")


def _free_ports() -> tuple[int, int]:
    with (
        socket.create_server(("127.0.0.1", 0)) as one,
        socket.create_server(("127.0.0.1", 0)) as other,
    ):
        return one.getsockname()[1], other.getsockname()[1]


def _connection(port: int) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", port, timeout=30)


def _post(connection: http.client.HTTPConnection, body: bytes) -> None:
    connection.request(
        "POST", "/v1/traces", body=body, headers={"Content-Type": "application/x-protobuf"}
    )
    _read(connection)


def _get(connection: http.client.HTTPConnection, path: str) -> bytes:
    connection.request("GET", path)
    return _read(connection)


def _read(connection: http.client.HTTPConnection) -> bytes:
    response = connection.getresponse()
    answer = response.read()
    if response.status != 200:
        raise RuntimeError(f"tracestore answered {response.status}: {answer[:200]!r}")
    return answer


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
