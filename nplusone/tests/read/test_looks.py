"""Refuse what holds no traces in one sentence: what it looks like, and what to do."""

import gzip
import io
import json
import re
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from opentelemetry.proto.logs.v1.logs_pb2 import LogsData
from opentelemetry.proto.metrics.v1.metrics_pb2 import MetricsData

from nplusone.tests.formats import jaeger_json, lines, otlp_json, otlp_protobuf, zipkin_json
from nplusone.tests.traces import Drawing
from otel_nplusone._core.model import Span
from otel_nplusone._read.files import read_file
from otel_nplusone._read.skipped import Skipped
from otel_nplusone.errors import MissingExtraError, SourceError, UnknownFormatError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


def drawn() -> list[Span]:
    drawing = Drawing()
    drawing.many(drawing.server(), ["SELECT cat.name FROM cat WHERE cat.id = ?"] * 6)
    return drawing.spans


SPANS = drawn()


def tar() -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        content = json.dumps(jaeger_json(SPANS)).encode()
        member = tarfile.TarInfo("traces.json")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def zipped() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("traces.json", json.dumps(jaeger_json(SPANS)))
    return packed.getvalue()


def metrics() -> bytes:
    data = MetricsData()
    metric = data.resource_metrics.add().scope_metrics.add().metrics.add(name="requests")
    metric.gauge.data_points.add(as_int=3, time_unix_nano=5)
    return data.SerializeToString()


def logs() -> bytes:
    data = LogsData()
    record = data.resource_logs.add().scope_logs.add().log_records.add(time_unix_nano=5)
    record.body.string_value = "ready"
    return data.SerializeToString()


def pprof() -> bytes:
    return b"\x0a\x04\x08\x01\x10\x02" + b"\x12\x07\x0a\x01\x01\x12\x02\x05\x06" + b"\x32\x00"


def zipkin_protobuf() -> bytes:
    span = b"\x0a\x10" + bytes(range(40, 56)) + b"\x1a\x08" + bytes(range(8)) + b"\x2a\x03get"
    return b"\x0a" + bytes([len(span)]) + span


HAR = {"log": {"version": "1.2", "creator": {"name": "x"}, "entries": [{"request": {}}]}}
XRAY_SEGMENT = {"id": "1", "trace_id": "1-58406520-a006649127e371903a2de979", "subsegments": []}
DATADOG_SPAN = {
    "trace_id": 7, "span_id": 8, "parent_id": 0, "service": "a", "resource": "GET /", "meta": {},
}  # fmt: skip
APM = {"processor": {"event": "transaction"}, "transaction": {"id": "1"}, "trace": {"id": "2"}}
JAEGER_HIT = {"_index": "jaeger-span-2026-11-25", "_source": {"traceID": "a", "spanID": "b"}}
ZIPKIN_1 = {
    "traceId": "a", "id": "b", "name": "get",
    "annotations": [{"timestamp": 1, "value": "sr", "endpoint": {"serviceName": "a"}}],
    "binaryAnnotations": [],
}  # fmt: skip
DOCUMENTS: dict[str, tuple[Any, str]] = {
    "a HAR file": (HAR, "a HAR file of a browser"),
    "OTLP logs": ({"resourceLogs": [{"scopeLogs": []}]}, "OTLP JSON of logs: give it the traces"),
    "OTLP metrics": ({"resourceMetrics": [{}]}, "OTLP JSON of metrics: give it the traces"),
    "OTLP metrics in snake_case": ({"resource_metrics": []}, "OTLP JSON of metrics"),
    "OTLP profiles": ({"resourceProfiles": []}, "OTLP JSON of profiles"),
    "Chrome's trace": ({"traceEvents": [{"ph": "X"}]}, "a trace of Chrome or Perfetto"),
    "X-Ray's answer": ({"Traces": [{"Id": "1", "Segments": []}]}, "AWS X-Ray's JSON"),
    "X-Ray's segment": (XRAY_SEGMENT, "AWS X-Ray's JSON"),
    "Datadog's traces": ([[DATADOG_SPAN]], "Datadog's JSON"),
    "Datadog's spans": ({"data": [{"type": "spans", "attributes": {}}]}, "Datadog's JSON"),
    "Datadog's page": ({"trace": {"root_id": "1", "spans": {"1": {}}}}, "Datadog's JSON"),
    "Elastic APM's document": (APM, "Elastic APM's JSON"),
    "Elastic APM's intake": ({"metadata": {"service": {"name": "a"}}}, "Elastic APM's JSON"),
    "Elasticsearch's answer": ({"took": 1, "hits": {"hits": [JAEGER_HIT]}}, "Elasticsearch"),
    "a dump of Elasticsearch": (JAEGER_HIT, "Elasticsearch: give what stands in _source"),
    "Tempo's search": ({"traces": [{"traceID": "a", "rootServiceName": "b"}]}, "/api/traces/ID"),
    "Go's console exporter": ({"Name": "a", "SpanContext": {"TraceID": "b"}}, "exporter's output"),
    "Python's console exporter": ({"name": "a", "context": {"trace_id": "0x1"}}, "exporter's outp"),
    "Zipkin's version 1": ([ZIPKIN_1], "Zipkin's JSON of version 1"),
    "an error": ({"errors": ["x"], "message": "not found"}, "an answer that tells an error"),
    "other JSON": ({"name": "a package", "version": 1}, "neither OTLP JSON"),
    "an array of other JSON": ([{"name": "a package"}], "neither OTLP JSON"),
    "a number": (17, "not OTLP JSON, OTLP protobuf or Jaeger JSON"),
}
BINARIES: dict[str, tuple[bytes, str]] = {
    "a page": (b"\n<!DOCTYPE html><html>", "an HTML page: save the JSON of the trace"),
    "a page without its type": (b"<html lang='en'>", "an HTML page"),
    "XML": (b"<?xml version='1.0'?>", "XML"),
    "a table": (b"trace_id,span_id,duration\n1,2,3\n", "a table (CSV)"),
    "a table with semicolons": (b"trace;span;duration\n1;2;3\n", "a table (CSV)"),
    "a table with tabs": (b"trace\tspan\tduration\n1\t2\t3\n", "a table (CSV)"),
    "Jaeger's traces in a tar archive": (tar(), "a tar archive: unpack it"),
    "the same, compressed": (gzip.compress(tar()), "a tar archive: unpack it"),
    "Jaeger's traces in a ZIP archive": (zipped(), "a ZIP archive: unpack it"),
    "a profile": (pprof(), "a profile (pprof)"),
    "a profile as Go writes it": (gzip.compress(pprof()), "a profile (pprof)"),
    "protobuf of metrics": (metrics(), "OTLP protobuf of metrics: give it the traces"),
    "protobuf of logs": (logs(), "OTLP protobuf of logs: give it the traces"),
    "Zipkin's protobuf": (zipkin_protobuf(), "Zipkin's protobuf: ask Zipkin for JSON"),
    "a database": (b"SQLite format 3\x00" + bytes(100), "a SQLite database"),
    "a picture": (b"\x89PNG\r\n\x1a\n", "a picture"),
    "xz": (b"\xfd7zXZ\x00", "unpack it first"),
    "bzip2": (b"BZh91AY", "unpack it first"),
}
CONTENTS = BINARIES | {
    name + layout: (json.dumps(document, indent=indent).encode(), says)
    for name, (document, says) in DOCUMENTS.items()
    for layout, indent in (("", None), (" over many lines", 1))
}


def read(folder: Path, content: bytes, warnings: Skipped | None = None) -> list[Span]:
    path = folder / "traces"
    path.write_bytes(content)
    return list(read_file(str(path), Skipped() if warnings is None else warnings))


@pytest.mark.parametrize(("content", "says"), CONTENTS.values(), ids=CONTENTS.keys())
def test_what_holds_no_traces_is_refused_by_what_it_looks_like(
    tmp_path: Path, content: bytes, says: str
) -> None:
    with pytest.raises(UnknownFormatError) as raised:
        read(tmp_path, content)

    said = str(raised.value)
    assert said.startswith(f"{tmp_path / 'traces'}: ")
    assert says in said
    assert "\n" not in said


@pytest.mark.parametrize("name", ["a HAR file", "OTLP logs", "Chrome's trace", "OTLP metrics"])
def test_a_cut_off_file_is_still_known_by_its_look(tmp_path: Path, name: str) -> None:
    document, says = DOCUMENTS[name]
    content = json.dumps(document).encode()

    with pytest.raises(UnknownFormatError) as raised:
        read(tmp_path, content[:-2])

    assert says in str(raised.value)


def test_lines_of_logs_between_traces_are_counted_by_what_they_are(tmp_path: Path) -> None:
    warnings = Skipped()
    content = lines(otlp_json(SPANS[:3]), {"resourceLogs": []}, otlp_json(SPANS[3:]))

    found = read(tmp_path, content, warnings)

    assert found == SPANS
    says = (
        f"skipped 1 × line that holds no traces but OTLP JSON of logs (first: {tmp_path}/traces:2)"
    )
    assert warnings.lines() == [says]


def test_items_of_an_array_that_hold_no_traces_are_counted(tmp_path: Path) -> None:
    warnings = Skipped()

    found = read(tmp_path, json.dumps([otlp_json(SPANS), {}, 7, HAR]).encode(), warnings)

    assert found == SPANS
    assert [line.partition(" (first")[0] for line in warnings.lines()] == [
        "skipped 2 × line that holds no traces",
        "skipped 1 × line that holds no traces but a HAR file of a browser",
    ]


def cut(document: Any, indent: int | None) -> list[bytes]:
    """Return a document cut off at a few places in it."""
    content = json.dumps(document, indent=indent).encode()
    return [content[: len(content) * share // 10] for share in (4, 6, 8, 9)]


@pytest.mark.parametrize("indent", [None, 1], ids=["one line", "many lines"])
def test_a_cut_off_document_gives_the_spans_that_are_whole(
    tmp_path: Path, indent: int | None
) -> None:
    for document in (otlp_json(SPANS), zipkin_json(SPANS)):
        for content in cut(document, indent):
            warnings = Skipped()

            found = read(tmp_path, content, warnings)

            assert found
            assert found == SPANS[: len(found)]
            assert "cut off or malformed, with all after it" in warnings.lines()[0]
            assert f"{tmp_path}/traces:" in warnings.lines()[0]


def test_where_a_document_is_cut_off_is_told_by_its_line(tmp_path: Path) -> None:
    warnings = Skipped()
    content = json.dumps(otlp_json(SPANS), indent=1).encode()[:-100]

    read(tmp_path, content, warnings)

    last_span = content.decode().rindex('{\n       "traceId"')
    line = content[:last_span].count(b"\n") + 1
    assert f"traces:{line})" in warnings.lines()[0]


def test_what_follows_a_broken_document_is_read(tmp_path: Path) -> None:
    warnings = Skipped()
    whole = json.dumps(otlp_json(SPANS), indent=1).encode()
    broken = json.dumps(otlp_json(SPANS[:1]), indent=1).encode()[:-80]

    found = read(tmp_path, whole + b"\n" + broken + b"\n" + whole, warnings)

    assert found == SPANS * 2
    assert len(warnings) == 1


@pytest.mark.parametrize("pack", [gzip.compress], ids=["gzip"])
def test_a_cut_off_compressed_document_gives_the_spans_that_are_whole(
    tmp_path: Path, pack: Any
) -> None:
    warnings = Skipped()
    packed = pack(json.dumps(otlp_json(SPANS)).encode())

    found = read(tmp_path, packed[: len(packed) - 30], warnings)

    assert 0 < len(found) < len(SPANS)
    assert found == SPANS[: len(found)]
    assert "it ends before its end is marked" in warnings.lines()[-1]


@pytest.mark.parametrize("pack", [gzip.compress, zstd.compress], ids=["gzip", "zstd"])
def test_a_damaged_compressed_file_gives_what_came_before(tmp_path: Path, pack: Any) -> None:
    packed = bytearray(pack(lines(*[otlp_json(SPANS)] * 2_000)))
    damaged = packed[:]
    damaged[len(packed) // 2 :] = b"\xff" * len(packed[len(packed) // 2 :])

    for content in (damaged, packed[: len(packed) // 2]):
        warnings = Skipped()
        found = read(tmp_path, bytes(content), warnings)

        assert 0 < len(found) < len(SPANS) * 2_000
        assert "rest of a file that cannot be read (" in warnings.lines()[-1]


def test_a_cut_off_record_gives_the_messages_that_are_whole(tmp_path: Path) -> None:
    warnings = Skipped()
    first, second = otlp_protobuf(SPANS[:3]), otlp_protobuf(SPANS[3:])
    record = len(first + second).to_bytes(4, "big") + first + second

    found = read(tmp_path, record[:-10], warnings)

    assert found == SPANS[:3]
    assert warnings.lines() == [
        "skipped 1 × message that is cut off or malformed, with all after it"
        f" (first: {tmp_path}/traces, byte 0)"
    ]


def test_scopes_and_spans_of_the_wrong_type_are_counted(tmp_path: Path) -> None:
    warnings = Skipped()
    document = otlp_json(SPANS)
    scopes = document["resourceSpans"][0]["scopeSpans"]
    scopes += [7, {"spans": {}}]
    document["resourceSpans"].append({"scopeSpans": "x"})

    found = read(tmp_path, json.dumps(document).encode(), warnings)

    assert found == SPANS
    assert len(warnings) == 3


def test_a_file_of_nothing_but_broken_lines_names_the_first(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"2 × line that is not JSON \(first: .*traces:1\)"):
        read(tmp_path, b"{nonsense\n{more\n")


@pytest.mark.parametrize("nested", [b"[", b'{"trace":', b'[{"data":[', b'{"a":'])
def test_what_is_nested_without_end_is_an_error(tmp_path: Path, nested: bytes) -> None:
    for depth in (300, 900, 100_000):
        for end in (b"", b"1"):
            with pytest.raises(SourceError, match="traces: "):
                read(tmp_path, nested * depth + end)


@pytest.mark.parametrize(
    ("content", "missing", "extra"),
    [
        (zstd.compress(b"{}"), "backports", "otel-nplusone[zstd]"),
        (otlp_protobuf(SPANS), "google.protobuf.message", "otel-nplusone[protobuf]"),
    ],
    ids=["zstd", "protobuf"],
)
def test_a_file_that_needs_an_extra_names_it(
    tmp_path: Path, content: bytes, missing: str, extra: str
) -> None:
    absent = {missing: None, "compression": None} if missing == "backports" else {missing: None}

    with (
        mock.patch.dict(sys.modules, absent),
        pytest.raises(MissingExtraError, match=re.escape(f"pip install '{extra}'")) as raised,
    ):
        read(tmp_path, content)

    assert str(tmp_path) in str(raised.value)
