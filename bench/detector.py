"""Measure how fast otel-nplusone reads and judges a million spans, and in how much memory.

The spans are those of the incident: 2,000 requests of 500 spans with nine attributes each, written
once as OTLP JSON lines and once as OTLP protobuf, as the Collector's file exporter writes them. Of
Jaeger's JSON there are 35 requests, in a file as its page downloads it.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import timeit
from pathlib import Path

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, Span, TracesData

from otel_nplusone._core.detect import find_n_plus_one
from otel_nplusone._core.fingerprint import fingerprint
from otel_nplusone._core.model import Trace
from otel_nplusone._read.files import read_file
from otel_nplusone._read.skipped import Skipped

TARGETS = {
    "json_lines_cpu_s": "under 8",
    "json_lines_memory_mb": "under 250",
    "protobuf_cpu_s": "under 7",
    "protobuf_memory_mb": "under 250",
    "jaeger_17500_spans_s_p50": "at most 0.33",
    "version_s_p50": "under 0.1",
    "detector_alone_spans_per_cpu_s": "at least 500,000",
    "fingerprint_cached_us": "under 1",
    "fingerprint_uncached_us": "under 150",
}
TRACES, SPANS = 2_000, 500
_JAEGER_TRACES = 35
_STARTS = 9
_TRACE_ID = bytes(range(0xC0, 0xD0))  # stands nowhere else in a body, and is patched
_START = 1_700_000_000_000_000_000
_MS = 1_000_000
_SELECT_CAT = (
    "SELECT cat.id, cat.name, cat.age, cat.color, cat.lives, cat.owner_id FROM cat WHERE cat.id = ?"
)
_TWELVE_COLUMNS = (
    f"SELECT {', '.join(f'appointment.column_{number}' for number in range(12))} FROM appointment"
    " WHERE appointment.veterinarian_id = %(veterinarian_id_1)s::UUID ORDER BY appointment.start"
)
_ATTRIBUTES: dict[str, str | int] = {
    "db.system.name": "postgresql",
    "db.namespace": "clinic",
    "db.operation.name": "SELECT",
    "db.query.text": _SELECT_CAT,
    "db.query.summary": "SELECT cat",
    "server.address": "127.0.0.1",
    "server.port": 5432,
    "thread.id": 1,
    "thread.name": "worker",
}


def measure() -> dict[str, float | int]:
    """Scan both files in a process of its own, then time the parts in this one."""
    figures: dict[str, float | int] = {"spans": TRACES * SPANS}
    with tempfile.TemporaryDirectory() as folder:
        for name, body in (("json_lines", _json_line()), ("protobuf", _prefixed_protobuf())):
            path = Path(folder, name)
            marker = _TRACE_ID if name == "protobuf" else _TRACE_ID.hex().encode()
            _write(path, body, marker)
            figures |= {f"{name}_{key}": value for key, value in _scan(path).items()}
            path.unlink()
        figures |= _starts(Path(folder, "jaeger"))
        figures["detector_alone_spans_per_cpu_s"] = _detector_alone(Path(folder, "one"))
    return figures | _fingerprints()


def _write(path: Path, body: bytes, marker: bytes) -> None:
    with path.open("wb") as file:
        for _ in range(TRACES):
            trace_id = os.urandom(16)
            in_hex = trace_id.hex().encode()
            file.write(body.replace(marker, trace_id if marker == _TRACE_ID else in_hex))


def _scan(path: Path) -> dict[str, float | int]:
    """Return CPU and wall seconds and the memory of one scan, as the system counts them."""
    command = [sys.executable, "-m", "otel_nplusone.cli", "scan", "--format", "json", str(path)]
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as scan:
        assert scan.stdout is not None
        report = json.load(scan.stdout)
        _, _, used = os.wait4(scan.pid, 0)
        scan.returncode = 0
    if report["spans_read"] != TRACES * SPANS or report["findings"][0]["traces"] != TRACES:
        raise RuntimeError(f"the scan of {path.name} did not find what was written")
    return {
        "cpu_s": round(used.ru_utime + used.ru_stime, 1),
        "wall_s": round(time.perf_counter() - began, 1),
        "memory_mb": round(used.ru_maxrss * 1024 / 1e6),
    }


def _starts(path: Path) -> dict[str, float]:
    """Time what is over in a moment, from its start to its end: the median of several."""
    path.write_bytes(_jaeger_json())
    return {
        "jaeger_17500_spans_s_p50": _seconds_p50(["scan", "--format", "json", str(path)]),
        "version_s_p50": _seconds_p50(["--version"]),
    }


def _seconds_p50(arguments: list[str]) -> float:
    command = [sys.executable, "-m", "otel_nplusone.cli", *arguments]
    taken = []
    for _ in range(_STARTS):
        began = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        taken.append(time.perf_counter() - began)
    return round(statistics.median(taken), 3)


def _detector_alone(path: Path) -> int:
    path.write_bytes(_json_line())
    spans = tuple(read_file(str(path), Skipped()))
    trace = Trace(spans[0].trace_id, spans)
    rounds = 400
    seconds = min(
        timeit.repeat(
            lambda: find_n_plus_one(trace), number=rounds, repeat=5, timer=time.process_time
        )
    )
    return round(rounds * len(spans) / seconds)


def _fingerprints() -> dict[str, float]:
    """Time texts that differ each time, so that no cache has seen them."""
    cached = timeit.timeit(
        lambda: fingerprint(_TWELVE_COLUMNS), number=200_000, timer=time.process_time
    )
    texts = iter([f"{_TWELVE_COLUMNS} LIMIT {number}" for number in range(5_000)])
    uncached = timeit.timeit(
        lambda: fingerprint(next(texts)), number=5_000, timer=time.process_time
    )
    return {
        "fingerprint_cached_us": round(cached / 200_000 * 1e6, 2),
        "fingerprint_uncached_us": round(uncached / 5_000 * 1e6, 1),
    }


def _message() -> ResourceSpans:
    """Make one request: a SERVER span and the statements within it, the root last."""
    message = ResourceSpans()
    message.resource.attributes.append(_pair("service.name", "cat-clinic"))
    spans = message.scope_spans.add().spans
    root_id = SPANS.to_bytes(8, "big")
    for number in range(1, SPANS):
        start = _START + number * _MS
        statement = spans.add(
            trace_id=_TRACE_ID,
            span_id=number.to_bytes(8, "big"),
            parent_span_id=root_id,
            name="SELECT cat",
            kind=Span.SPAN_KIND_CLIENT,
            start_time_unix_nano=start,
            end_time_unix_nano=start + _MS // 2,
        )
        statement.attributes.extend(_pair(key, value) for key, value in _ATTRIBUTES.items())
    root = spans.add(
        trace_id=_TRACE_ID,
        span_id=root_id,
        name="GET /success-stories",
        kind=Span.SPAN_KIND_SERVER,
        start_time_unix_nano=_START,
        end_time_unix_nano=_START + (SPANS + 1) * _MS,
    )
    root.attributes.append(_pair("http.request.method", "GET"))
    root.attributes.append(_pair("http.route", "/success-stories"))
    return message


def _pair(key: str, value: str | int) -> KeyValue:
    if isinstance(value, int):
        return KeyValue(key=key, value=AnyValue(int_value=value))
    return KeyValue(key=key, value=AnyValue(string_value=value))


def _prefixed_protobuf() -> bytes:
    body = TracesData(resource_spans=[_message()]).SerializeToString()
    return len(body).to_bytes(4, "big") + body


def _json_line() -> bytes:
    spans = [
        {
            "traceId": span.trace_id.hex(),
            "spanId": span.span_id.hex(),
            "parentSpanId": span.parent_span_id.hex(),
            "flags": 256,
            "name": span.name,
            "kind": int(span.kind),
            "startTimeUnixNano": str(span.start_time_unix_nano),
            "endTimeUnixNano": str(span.end_time_unix_nano),
            "attributes": [
                {
                    "key": pair.key,
                    "value": {"stringValue": pair.value.string_value}
                    if pair.value.string_value
                    else {"intValue": str(pair.value.int_value)},
                }
                for pair in span.attributes
            ],
            "status": {},
        }
        for span in _message().scope_spans[0].spans
    ]
    service = {"key": "service.name", "value": {"stringValue": "cat-clinic"}}
    scope = {"name": "opentelemetry.instrumentation.sqlalchemy"}
    resource_spans = {
        "resource": {"attributes": [service]},
        "scopeSpans": [{"scope": scope, "spans": spans}],
    }
    return json.dumps({"resourceSpans": [resource_spans]}, separators=(",", ":")).encode() + b"\n"


def _jaeger_json() -> bytes:
    spans = [
        {
            "traceID": span.trace_id.hex(),
            "spanID": span.span_id.hex(),
            "operationName": span.name,
            "references": [_child_of(span)] if span.parent_span_id else [],
            "startTime": span.start_time_unix_nano // 1_000,
            "duration": (span.end_time_unix_nano - span.start_time_unix_nano) // 1_000,
            "tags": [
                _tag("span.kind", "client" if span.parent_span_id else "server"),
                *(_tag(a.key, a.value.string_value or a.value.int_value) for a in span.attributes),
            ],
            "logs": [],
            "processID": "p1",
            "warnings": None,
        }
        for span in _message().scope_spans[0].spans
    ]
    processes = {"p1": {"serviceName": "cat-clinic", "tags": []}}
    trace = {"traceID": _TRACE_ID.hex(), "spans": spans, "processes": processes}
    one, marker = json.dumps(trace, separators=(",", ":")), _TRACE_ID.hex()
    traces = ",".join(one.replace(marker, os.urandom(16).hex()) for _ in range(_JAEGER_TRACES))
    return f'{{"data":[{traces}],"total":0,"limit":0,"offset":0,"errors":null}}'.encode()


def _child_of(span: Span) -> dict[str, str]:
    ids = {"traceID": span.trace_id.hex(), "spanID": span.parent_span_id.hex()}
    return {"refType": "CHILD_OF"} | ids


def _tag(key: str, value: str | int) -> dict[str, object]:
    return {"key": key, "type": "int64" if isinstance(value, int) else "string", "value": value}
