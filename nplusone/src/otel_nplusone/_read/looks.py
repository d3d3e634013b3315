"""Say what a file looks like that holds no traces, and what to do: `what: how to get traces`."""

import io
from collections.abc import Callable
from typing import Any

from otel_nplusone._read.protobuf_stream import varint

NOT_TRACES = (
    "JSON, but neither OTLP JSON (resourceSpans) nor Jaeger's (data) nor Zipkin's (traceId, id):"
    " give it traces"
)
_DIRECTLY = "send the spans as OTLP, to a file of the Collector's file exporter for instance"

# By the first bytes of a file. Binary ones first: a text may begin with anything.
_BYTES = (
    (b"PK\x03\x04", "a ZIP archive: unpack it and give the files in it"),
    (b"BZh", "a file compressed with bzip2: unpack it first, or pipe `bzip2 -dc FILE` into `-`"),
    (b"\xfd7zXZ", "a file compressed with xz: unpack it first, or pipe `xz -dc FILE` into `-`"),
    (b"7z\xbc\xaf", "a 7z archive: unpack it and give the files in it"),
    (
        b"\x04\x22\x4d\x18",
        "a file compressed with lz4: unpack it first, or pipe `lz4 -dc` into `-`",
    ),
    (b"\xff\x06\x00\x00sNaPpY", "a file compressed with snappy: unpack it first"),
    (b"SQLite format 3", "a SQLite database: export its traces as OTLP JSON or Jaeger JSON"),
    (b"PAR1", "a Parquet file, as Tempo stores blocks: ask Tempo's API for the traces instead"),
    (b"%PDF", "a PDF: save the traces as JSON"),
    (b"\x89PNG", "a picture: save the traces as JSON"),
    (b"\x7fELF", "a program: to run it and judge its traces, say otel-nplusone run -- COMMAND"),
)
_HTML = "an HTML page: save the JSON of the trace (in Jaeger's page: Trace JSON), not the page"
_XML = "XML: save the traces as JSON"
_CSV = "a table (CSV): its rows hold no spans with their parents; export the traces as JSON"
_TAR = "a tar archive: unpack it and give the files in it"
_TRACE_ID_BYTES = 16
_TAR_AT, _TAR_MAGIC = 257, b"ustar"
_PPROF = "a profile (pprof): it holds samples of stacks and no spans; give it traces"
_ZIPKIN_PROTOBUF = "Zipkin's protobuf: ask Zipkin for JSON (/api/v2/traces)"
_METRICS = "OTLP protobuf of metrics: give it the traces"
_LOGS = "OTLP protobuf of logs: give it the traces"


def look_of_bytes(head: bytes) -> str:
    """Say what the first bytes of a file are those of, or nothing."""
    for magic, look in _BYTES:
        if head.startswith(magic):
            return look
    if head[_TAR_AT : _TAR_AT + len(_TAR_MAGIC)] == _TAR_MAGIC:
        return _TAR
    return look_of_page(head) or (_CSV if _is_table(head) else "")


def look_of_page(head: bytes) -> str:
    """Say whether a file is a page or XML, which may begin with a line feed as protobuf does."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return _HTML
    return _XML if text.startswith((b"<?xml", b"<!--", b"<!doctype")) else ""


def look_of_protobuf(head: bytes) -> str:
    """Say what a file is that begins like OTLP protobuf: a length-delimited field of number 1."""
    stream = io.BytesIO(head[1:])
    varint(stream)
    inner = stream.read()
    if inner[:1] == b"\x08":
        return _PPROF
    if inner[:2] in (b"\x0a\x08", b"\x0a\x10") and inner[2:3] not in (b"\x0a", b"\x10", b"\x12"):
        return _ZIPKIN_PROTOBUF
    return ""


def look_of_message(resource_spans: Any) -> str:
    """Say what a message holds that holds no spans: metrics or logs."""
    for scope in resource_spans.scope_spans:
        for span in scope.spans:
            if len(span.trace_id) == _TRACE_ID_BYTES or span.span_id.strip(b"\0"):
                return ""
            if span.trace_id:  # where a metric has its name
                return _METRICS
            if not span.start_time_unix_nano:  # a log record has its time elsewhere
                return _LOGS
            return ""
    return ""


def _is_table(head: bytes) -> bool:
    try:
        first = head.decode("ascii").splitlines()[:2]
    except UnicodeDecodeError:
        return False
    counts = [{line.count(separator) for line in first} for separator in ",;\t"]
    return len(first) == 2 and any(len(found) == 1 and min(found) >= 2 for found in counts)


def look_of(document: object) -> str:
    """Say what a JSON value is that holds no traces, or nothing if it is not known by a name."""
    if isinstance(document, list):
        return next((look for look in map(look_of, document[:1]) if look), "")
    if isinstance(document, dict):
        for is_one, look in _OBJECTS:
            if is_one(document):
                return look
    return ""


def _has(*keys: str) -> Callable[[dict[str, Any]], bool]:
    return lambda document: any(key in document for key in keys)


def _both(*keys: str) -> Callable[[dict[str, Any]], bool]:
    return lambda document: all(key in document for key in keys)


def _first(document: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the first element of a list, if that is an object."""
    found = document.get(name)
    first = found[0] if isinstance(found, list) and found else None
    return first if isinstance(first, dict) else {}


def _inner(document: dict[str, Any], name: str) -> dict[str, Any]:
    found = document.get(name)
    return found if isinstance(found, dict) else {}


def _is_har(document: dict[str, Any]) -> bool:
    return "log" in document and ("entries" in _inner(document, "log") or len(document) == 1)


def _is_datadog(document: dict[str, Any]) -> bool:
    if isinstance(_inner(document, "trace").get("spans"), dict):
        return True
    span = _first(document, "data")
    if span.get("type") in ("span", "spans"):
        return True
    return {"trace_id", "span_id", "service"} <= document.keys() and "resource" in document


def _is_elastic_apm(document: dict[str, Any]) -> bool:
    if "processor" in document and {"transaction", "span"} & document.keys():
        return True
    metadata = _inner(document, "metadata")
    if "service" in metadata:
        return True
    span = _inner(document, "transaction") or _inner(document, "span")
    return "trace_id" in span and "id" in span


_OBJECTS: tuple[tuple[Callable[[dict[str, Any]], bool], str], ...] = (
    (_has("resourceLogs", "resource_logs"), "OTLP JSON of logs: give it the traces"),
    (_has("resourceMetrics", "resource_metrics"), "OTLP JSON of metrics: give it the traces"),
    (_has("resourceProfiles", "resource_profiles"), "OTLP JSON of profiles: give it the traces"),
    (_is_har, f"a HAR file of a browser: it holds requests and no spans; {_DIRECTLY}"),
    (_has("traceEvents"), f"a trace of Chrome or Perfetto: it has no database spans; {_DIRECTLY}"),
    (_has("Segments", "TraceSummaries", "subsegments"), f"AWS X-Ray's JSON: {_DIRECTLY}"),
    (lambda found: "Segments" in _first(found, "Traces"), f"AWS X-Ray's JSON: {_DIRECTLY}"),
    (_is_datadog, f"Datadog's JSON: {_DIRECTLY}"),
    (_is_elastic_apm, f"Elastic APM's JSON: {_DIRECTLY}"),
    (
        lambda found: "hits" in _inner(found, "hits"),
        "an answer of Elasticsearch: give what stands in _source of each hit, one a line",
    ),
    (
        _both("_index", "_source"),
        "a dump of Elasticsearch: give what stands in _source, one a line",
    ),
    (
        lambda found: "rootServiceName" in _first(found, "traces"),
        "Tempo's search results: they list traces without spans; get each by /api/traces/ID",
    ),
    (
        lambda found: "rootServiceName" in found or "traceSummaries" in found,
        "a summary of traces, without spans: get each trace by its id",
    ),
    (_has("SpanContext"), f"the console exporter's output (Go): {_DIRECTLY}"),
    (
        lambda found: "trace_id" in _inner(found, "context"),
        f"the console exporter's output (Python): {_DIRECTLY}",
    ),
    (
        lambda found: (
            "traceId" in found
            and "id" in found
            and ("binaryAnnotations" in found or "endpoint" in _first(found, "annotations"))
        ),
        "Zipkin's JSON of version 1: ask Zipkin for version 2 (/api/v2/traces)",
    ),
    (
        lambda found: bool(found.get("errors")) and not found.get("data"),
        "an answer that tells an error: ask for the trace again",
    ),
)
