"""Read one set of spans in every shape that is met: the same spans, however they are read.

What a document says, how it is laid out, how its text is encoded and how that is compressed are
independent of one another: each is a table below, and any row goes with any other.
"""

import gzip
import io
import json
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from google.protobuf import json_format
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from nplusone.tests.formats import jaeger_json, lines, otlp_json, otlp_protobuf, zipkin_json
from nplusone.tests.traces import Drawing
from otel_nplusone._core.model import Span, SpanKind
from otel_nplusone._read import json_stream, json_text, json_walk
from otel_nplusone._read.files import read_file
from otel_nplusone._read.messages import read_messages
from otel_nplusone._read.otlp import from_protobuf
from otel_nplusone._read.skipped import Skipped
from otel_nplusone.errors import SourceError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

CAT = "SELECT cat.name FROM cat WHERE cat.name = 'Überraschung' AND cat.id = ?"


def drawn() -> list[Span]:
    drawing = Drawing(trace_id="00000000000000a3ce929d0e0e4736ff")
    request = drawing.server("/cats")
    work = drawing.span(request, name="load")
    drawing.many(work, [CAT] * 5)
    drawing.sql(work, CAT, failed=True, code__line__number=41)
    drawing.span(work, name="send", kind=SpanKind.PRODUCER)
    return drawing.spans


SPANS = drawn()


def protobuf_json(**options: Any) -> Any:
    """Write as protobuf's own JSON mapping does: ids in base64, enumerations by name."""
    message = TracesData.FromString(otlp_protobuf(SPANS))
    return json.loads(json_format.MessageToJson(message, **options))


def changed(document: Any, change: Callable[[dict[str, Any]], object]) -> Any:
    """Return a document with each of its objects changed."""
    if isinstance(document, list):
        return [changed(item, change) for item in document]
    if not isinstance(document, dict):
        return document
    inner = {key: changed(value, change) for key, value in document.items()}
    change(inner)
    return inner


def renamed(document: Any, old: str, new: str) -> Any:
    def change(found: dict[str, Any]) -> None:
        if old in found:
            found[new] = found.pop(old)

    return changed(document, change)


def with_numbers(kind: Callable[[int], object]) -> Any:
    def change(found: dict[str, Any]) -> None:
        for key in ("startTimeUnixNano", "endTimeUnixNano", "intValue"):
            if key in found:
                found[key] = kind(int(found[key]))

    return changed(otlp_json(SPANS), change)


def with_zeros_for_no_parent(found: dict[str, Any]) -> None:
    if found.get("parentSpanId") == "":
        found["parentSpanId"] = "0" * 16


def in_upper_case(found: dict[str, Any]) -> None:
    for key in ("traceId", "spanId", "parentSpanId"):
        if key in found:
            found[key] = found[key].upper()


def resource_last(found: dict[str, Any]) -> None:
    if "resource" in found:
        found["resource"] = found.pop("resource")


def without_zeros(*keys: str) -> Callable[[dict[str, Any]], None]:
    def change(found: dict[str, Any]) -> None:
        for key in keys:
            if key in found:
                found[key] = found[key].lstrip("0")

    return change


def following(found: dict[str, Any]) -> None:
    if found.get("refType") == "CHILD_OF":
        found["refType"] = "FOLLOWS_FROM"


def with_old_parent(found: dict[str, Any]) -> None:
    for reference in found.pop("references", ()):
        found["parentSpanID"] = reference["spanID"]


def with_process_inline(found: dict[str, Any]) -> None:
    if found.pop("processID", None):
        language = {"key": "telemetry.sdk.language", "type": "string", "value": "python"}
        found["process"] = {"serviceName": "clinic", "tags": [language]}


OTLP = otlp_json(SPANS)
JAEGER = jaeger_json(SPANS)
INLINE = changed(JAEGER, with_process_inline)
DOCUMENTS: dict[str, Any] = {
    "OTLP": OTLP,
    "OTLP with ids in base64 and names": protobuf_json(),
    "OTLP in snake_case": protobuf_json(preserving_proto_field_name=True),
    "OTLP in snake_case with numbers": protobuf_json(
        preserving_proto_field_name=True, use_integers_for_enums=True
    ),
    "OTLP with numbers as numbers": with_numbers(int),
    "OTLP with numbers as floats": with_numbers(float),
    "OTLP with numbers as texts of floats": with_numbers(lambda number: f"{number}.0"),
    "OTLP with kinds as texts": changed(
        OTLP, lambda found: "kind" in found and found.update(kind=str(found["kind"]))
    ),
    "OTLP with zeros for no parent": changed(OTLP, with_zeros_for_no_parent),
    "OTLP with ids in upper case": changed(OTLP, in_upper_case),
    "OTLP with resources at the end": changed(OTLP, resource_last),
    "OTLP of old": renamed(OTLP, "scopeSpans", "instrumentationLibrarySpans"),
    "OTLP of old in snake_case": renamed(OTLP, "scopeSpans", "instrumentation_library_spans"),
    "Tempo's batches": renamed(OTLP, "resourceSpans", "batches"),
    "Tempo's trace": {"trace": OTLP},
    "Grafana's batches in a trace": {"trace": renamed(OTLP, "resourceSpans", "batches")},
    "Jaeger's API v3": {"result": OTLP},
    "a resource's spans alone": OTLP["resourceSpans"][0],
    "Jaeger": JAEGER,
    "Jaeger without envelope": JAEGER["data"][0],
    "Jaeger's traces without envelope": JAEGER["data"],
    "Jaeger with short trace ids in references": changed(
        JAEGER, lambda found: "refType" in found and without_zeros("traceID")(found)
    ),
    "Jaeger with short ids": changed(JAEGER, without_zeros("traceID", "spanID")),
    "Jaeger with FOLLOWS_FROM alone": changed(JAEGER, following),
    "Jaeger with parentSpanID": changed(JAEGER, with_old_parent),
    "Jaeger with processes inline": INLINE,
    "Jaeger as Elasticsearch keeps it": INLINE["data"][0]["spans"],
    "Zipkin": zipkin_json(SPANS),
    "Zipkin by trace": [zipkin_json(SPANS)],
    "Zipkin with short ids": changed(zipkin_json(SPANS), without_zeros("traceId")),
}
EMPTY: dict[str, Any] = {"resourceSpans": []}
LAYOUTS: dict[str, Callable[[Any], str]] = {
    "one line": json.dumps,
    "a line with its end": lambda document: json.dumps(document) + "\n",
    "without any space": lambda document: json.dumps(document, separators=(",", ":")),
    "characters as they are": lambda document: json.dumps(document, ensure_ascii=False),
    "over many lines": lambda document: json.dumps(document, indent=2, ensure_ascii=False),
    "over many lines without indent": lambda document: json.dumps(document, indent=0),
    "with tabs and Windows' lines": lambda document: json.dumps(document, indent="\t").replace(
        "\n", "\r\n"
    ),
    "after empty lines": lambda document: "\n \r\n\t\n" + json.dumps(document),
    "after much white space": lambda document: " \n" * 5_000 + json.dumps(document),
    "after another on its line": lambda document: json.dumps(EMPTY) + json.dumps(document),
    "after another over many lines": lambda document: (
        json.dumps(EMPTY, indent=1) + json.dumps(document, indent=1)
    ),
    "a line before one over many": lambda document: (
        json.dumps(EMPTY) + "\n" + json.dumps(document, indent=1)
    ),
    "in an array": lambda document: json.dumps([EMPTY, document]),
    "in an array over many lines": lambda document: json.dumps([document, EMPTY], indent=1),
    "as a JSON text sequence": lambda document: (
        f"\x1e{json.dumps(EMPTY)}\n\x1e{json.dumps(document)}\n"
    ),
}
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32")
COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gzip": gzip.compress,
    "gzip in two members": lambda plain: gzip.compress(plain[:90]) + gzip.compress(plain[90:]),
    "gzip with padding": lambda plain: gzip.compress(plain) + bytes(512),
    "zstd": zstd.compress,
    "zstd in two frames": lambda plain: zstd.compress(plain[:90]) + zstd.compress(plain[90:]),
    "zstd with a frame of other data": lambda plain: (
        b"\x50\x2a\x4d\x18\x03\x00\x00\x00abc" + zstd.compress(plain)
    ),
    "zstd in gzip": lambda plain: gzip.compress(zstd.compress(plain)),
}


def record(content: bytes) -> bytes:
    return len(content).to_bytes(4, "big") + content


def with_varint(content: bytes) -> bytes:
    assert 128 <= len(content) < 1 << 14
    return bytes([len(content) & 0x7F | 0x80, len(content) >> 7]) + content


FIRST, SECOND = otlp_protobuf(SPANS[:4]), otlp_protobuf(SPANS[4:])
BINARIES = {
    "protobuf": otlp_protobuf(SPANS),
    "protobuf in a row": FIRST + SECOND,
    "protobuf with varints": with_varint(FIRST) + with_varint(SECOND),
    "the Collector's protobuf": record(FIRST) + record(SECOND),
    "the Collector's protobuf, compressed": record(zstd.compress(FIRST))
    + record(zstd.compress(SECOND)),
    "the Collector's JSON, compressed": record(
        zstd.compress(json.dumps(otlp_json(SPANS[:4])).encode())
    )
    + record(zstd.compress(json.dumps(otlp_json(SPANS[4:])).encode())),
    "the Collector's protobuf in one frame": zstd.compress(record(FIRST) + record(SECOND)),
    "the Collector's lines in a frame each": zstd.compress(lines(otlp_json(SPANS[:4])))
    + zstd.compress(lines(otlp_json(SPANS[4:]))),
}


@contextmanager
def without_the_fast_decoder() -> Iterator[None]:
    with mock.patch.dict(sys.modules, {"otel_nplusone._read.json_fast": None}):
        yield


@contextmanager
def walked() -> Iterator[None]:
    """Read as documents are read that are too long to be decoded whole."""
    with (
        without_the_fast_decoder(),
        mock.patch.object(json_walk, "LONGEST_WHOLE", 0),
        mock.patch.object(json_text, "_PIECE_BYTES", 31),
    ):
        yield


@contextmanager
def as_installed() -> Iterator[None]:
    yield


READERS = {
    "with msgspec": as_installed,
    "with json": without_the_fast_decoder,
    "as long documents are": walked,
}


def read(folder: Path, content: bytes) -> list[Span]:
    path = folder / "traces"
    path.write_bytes(content)
    warnings = Skipped()
    found = list(read_file(str(path), warnings))
    assert warnings.lines() == []
    return found


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS.keys())
@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS.keys())
def test_every_document_gives_the_same_spans_in_every_layout(
    tmp_path: Path, document: Any, layout: Callable[[Any], str]
) -> None:
    content = layout(document).encode()

    for name, reader in READERS.items():
        with reader():
            assert read(tmp_path, content) == SPANS, name


@settings(max_examples=300)
@given(
    st.sampled_from(list(DOCUMENTS)),
    st.sampled_from(list(LAYOUTS)),
    st.sampled_from(ENCODINGS),
    st.sampled_from(list(COMPRESSIONS)),
    st.sampled_from(list(READERS)),
)
def test_what_is_around_a_document_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory,
    document: str,
    layout: str,
    encoding: str,
    compression: str,
    reader: str,
) -> None:
    text = LAYOUTS[layout](DOCUMENTS[document])

    with READERS[reader]():
        found = read(
            tmp_path_factory.getbasetemp(), COMPRESSIONS[compression](text.encode(encoding))
        )

    assert found == SPANS


@pytest.mark.parametrize("compress", COMPRESSIONS.values(), ids=COMPRESSIONS.keys())
@pytest.mark.parametrize("content", BINARIES.values(), ids=BINARIES.keys())
def test_every_binary_file_gives_the_same_spans(
    tmp_path: Path, content: bytes, compress: Callable[[bytes], bytes]
) -> None:
    found = read(tmp_path, compress(content))

    assert found == SPANS


CONTENTS = BINARIES | {name: json.dumps(found).encode() for name, found in DOCUMENTS.items()}


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS.keys())
def test_messages_hold_the_same_spans(content: bytes) -> None:
    warnings = Skipped()

    messages = list(read_messages(content, "x", warnings))

    found = [span for message in messages for span in from_protobuf(message, "x", warnings)]
    assert found == SPANS
    assert warnings.lines() == []


def test_numbers_of_seventeen_digits_are_read_to_the_last(tmp_path: Path) -> None:
    document = otlp_json(SPANS[:1])
    span = document["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
    span |= {"startTimeUnixNano": "1700000000000000001", "endTimeUnixNano": 1700000000000000003}

    for reader in READERS.values():
        with reader():
            (found,) = read(tmp_path, json.dumps(document).encode())

        assert found.start_time_unix_nano == 1_700_000_000_000_000_001
        assert found.end_time_unix_nano == 1_700_000_000_000_000_003


def test_ids_in_base64_need_no_padding(tmp_path: Path) -> None:
    document = changed(
        protobuf_json(),
        lambda found: found.update(
            {k: found[k].rstrip("=") for k in ("traceId", "spanId", "parentSpanId") if k in found}
        ),
    )

    assert read(tmp_path, json.dumps(document).encode()) == SPANS


def test_the_halves_of_a_call_that_share_an_id_are_two_spans(tmp_path: Path) -> None:
    def half(kind: str, service: str, **more: object) -> dict[str, object]:
        endpoint = {"serviceName": service}
        known = {"traceId": "a", "id": "b", "kind": kind, "timestamp": 1, "duration": 9}
        return known | {"localEndpoint": endpoint} | more

    child = half("CLIENT", "users", id="c", parentId="b")
    below_client = half("CLIENT", "shop", id="d", parentId="b")
    halves = [half("CLIENT", "shop"), half("SERVER", "users", shared=True), child, below_client]

    client, server, child_read, below_read = read(tmp_path, json.dumps(halves).encode())

    assert (client.parent_span_id, server.parent_span_id) == ("", client.span_id)
    assert server.span_id != client.span_id
    assert child_read.parent_span_id == server.span_id
    assert below_read.parent_span_id == client.span_id


def test_a_link_to_another_trace_is_no_parent(tmp_path: Path) -> None:
    document = jaeger_json(SPANS[:1])
    other = {"refType": "FOLLOWS_FROM", "traceID": "ab", "spanID": "1"}
    document["data"][0]["spans"][0]["references"] = [other]

    for reader in READERS.values():
        with reader():
            (found,) = read(tmp_path, json.dumps(document).encode())

        assert found.parent_span_id == ""


def test_a_parent_is_the_first_child_of_before_what_it_follows(tmp_path: Path) -> None:
    document = jaeger_json(SPANS[:1])
    document["data"][0]["spans"][0]["references"] = [
        {"refType": kind, "traceID": SPANS[0].trace_id, "spanID": span_id}
        for kind, span_id in (("FOLLOWS_FROM", "7"), ("CHILD_OF", "8"), ("CHILD_OF", "9"))
    ]

    (found,) = read(tmp_path, json.dumps(document).encode())

    assert found.parent_span_id == "8".zfill(16)


def test_protobuf_of_old_keeps_its_spans(tmp_path: Path) -> None:
    message = TracesData.FromString(otlp_protobuf(SPANS)).resource_spans[0]
    scope = message.scope_spans[0].SerializeToString()
    del message.scope_spans[:]
    # Field 1000, which the official messages have forgotten, is a length-delimited one.
    old = message.SerializeToString() + b"\xc2\x3e" + with_varint(scope)
    content = b"\x0a" + with_varint(old)

    found = read(tmp_path, content)

    warnings = Skipped()
    (kept,) = read_messages(content, "x", warnings)
    assert found == list(from_protobuf(kept, "x", warnings)) == SPANS


def test_a_name_that_is_not_utf8_costs_no_other_span(tmp_path: Path) -> None:
    content = otlp_protobuf(SPANS).replace(b"GET /cats", b"GET /c\xffts")

    found = read(tmp_path, content)

    assert found[0].name == "GET /c\ufffdts"
    assert found[1:] == SPANS[1:]


def test_attributes_by_the_thousand_are_read_one_like_the_other(tmp_path: Path) -> None:
    drawing = Drawing()
    drawing.many(
        "", [f"SELECT {number} FROM cat WHERE name = '{'x' * 3000}'" for number in range(9_000)]
    )

    for content in (lines(otlp_json(drawing.spans)), otlp_protobuf(drawing.spans)):
        found = read(tmp_path, content)

        assert found == drawing.spans


def test_a_stream_of_bytes_may_come_in_any_pieces(tmp_path: Path) -> None:
    class Slow(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(1)

    content = json.dumps(OTLP, indent=1, ensure_ascii=False).encode()

    found = list(json_stream.elements(Slow(content), "x", Skipped()))

    assert [element.value for element in found] == OTLP["resourceSpans"]


@pytest.mark.parametrize("indent", [None, 1], ids=["one line", "many lines"])
@pytest.mark.parametrize("resources", [1, 200], ids=["one resource", "many resources"])
def test_a_long_document_is_never_held_whole(
    tmp_path: Path, indent: int | None, resources: int
) -> None:
    drawing = Drawing()
    drawing.many("", [f"SELECT {number} FROM cat" for number in range(8_000)])
    share = len(drawing.spans) // resources
    parts = [drawing.spans[at : at + share] for at in range(0, len(drawing.spans), share)]
    document = {"resourceSpans": [otlp_json(part)["resourceSpans"][0] for part in parts]}
    path = tmp_path / "traces"
    path.write_text(json.dumps(document, indent=indent))
    longest = 100_000

    with (
        mock.patch.object(json_stream, "LONGEST_FAST", longest),
        mock.patch.object(json_walk, "LONGEST_WHOLE", longest),
        mock.patch.object(json_text, "_PIECE_BYTES", longest),
    ):
        tracemalloc.start()
        count = sum(1 for _ in read_file(str(path), Skipped()))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert count == 8_000
    # The buffer of the file alone is 1 MiB; the document would take ten times its own size.
    assert peak < 6_000_000 < path.stat().st_size * 3


def places(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Return the path to every value of a document."""
    yield path
    items: Any = ()
    if isinstance(document, dict):
        items = document.items()
    elif isinstance(document, list):
        items = enumerate(document)
    for key, value in items:
        yield from places(value, (*path, key))


def replaced(document: Any, path: tuple[Any, ...], value: object) -> Any:
    """Return a document with another value at a path."""
    if not path:
        return value
    copy = document.copy()
    copy[path[0]] = replaced(document[path[0]], path[1:], value)
    return copy


ODD: list[Any] = [None, True, 0, -1, 2**70, 1.5, 1e300, "", "0", "x", "17", "1.5", "é" * 40, [], {}]
ODD += [[[]], [1], {"a": 1}, "9" * 16, "a" * 32, "AAAAAAAAAAE=", "SPAN_KIND_SERVER", "CHILD_OF"]
SMALL = (otlp_json(SPANS[:3]), jaeger_json(SPANS[:3]))


@settings(max_examples=400)
@given(st.data())
def test_an_odd_value_is_read_the_same_by_every_decoder(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    document = data.draw(st.sampled_from(SMALL))
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(list(places(document))))
        document = replaced(document, path, data.draw(st.sampled_from(ODD)))
    file = tmp_path_factory.getbasetemp() / "odd"
    file.write_text(json.dumps(document))
    found = []

    for reader in READERS.values():
        warnings = Skipped()
        with reader():
            try:
                spans = list(read_file(str(file), warnings))
            except SourceError:
                spans = []
        found.append((spans, len(warnings)))

    assert found[0] == found[1]
    assert found[0] == found[2]


@pytest.mark.parametrize("spoilt", [0, 1, 2])
def test_a_malformed_span_costs_no_other_span_of_a_message(spoilt: int) -> None:
    spans = [{"traceId": "01" * 16, "spanId": f"{n + 1:016x}", "name": f"s{n}"} for n in range(3)]
    spans[spoilt]["spanId"] = "nonsense!"
    body = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}).encode()
    skipped = Skipped()

    (message,) = read_messages(body, "x", skipped)

    kept = [span.name for span in message.scope_spans[0].spans]
    assert kept == [f"s{n}" for n in range(3) if n != spoilt]
    assert len(skipped) == 1


def emptied(document: Any, name: str, change: Callable[[dict[str, Any]], object]) -> Any:
    """Return a document with two more elements in a list, both changed: one first, one last."""
    element = document[name][0]
    two = [changed(element, change) for _ in range(2)]
    return document | {name: [two[0], *document[name], two[1]]}


WITHOUT_SPANS: dict[str, Any] = {
    "no scopes": emptied(OTLP, "resourceSpans", lambda found: found.pop("scopeSpans", None)),
    "an empty list of scopes": emptied(
        OTLP, "resourceSpans", lambda found: found.update(scopeSpans=[])
    ),
    "scopes of null": emptied(OTLP, "resourceSpans", lambda found: found.update(scopeSpans=None)),
    "an empty list of spans": emptied(
        OTLP, "resourceSpans", lambda found: found.update(spans=[]) if "spans" in found else None
    ),
    "scopes by a wrong name": emptied(
        OTLP,
        "resourceSpans",
        lambda found: found.update(scopespans=found.pop("scopeSpans", None)),
    ),
    "a Jaeger trace without spans": emptied(
        JAEGER, "data", lambda found: found.update(spans=[]) if "spans" in found else None
    ),
}


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS.keys())
@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS.keys())
@pytest.mark.parametrize("document", WITHOUT_SPANS.values(), ids=WITHOUT_SPANS.keys())
def test_a_resource_that_yields_no_span_is_counted(
    tmp_path: Path, document: Any, layout: Callable[[Any], str], reader: Any
) -> None:
    path = tmp_path / "traces"
    path.write_text(layout(document))
    warnings = Skipped()

    with reader():
        found = list(read_file(str(path), warnings))

    assert found == SPANS
    assert len(warnings) == 2
    assert "without spans" in " ".join(warnings.lines())


def test_a_message_that_yields_no_span_is_counted(tmp_path: Path) -> None:
    message = TracesData.FromString(otlp_protobuf(SPANS))
    message.resource_spans.add().resource.CopyFrom(message.resource_spans[0].resource)
    path = tmp_path / "traces"
    path.write_bytes(message.SerializeToString())
    warnings = Skipped()

    found = list(read_file(str(path), warnings))

    assert found == SPANS
    (told,) = warnings.lines()
    assert told.startswith("skipped 1 × resource without spans")


@pytest.mark.parametrize("document", WITHOUT_SPANS.values(), ids=WITHOUT_SPANS.keys())
def test_messages_count_what_yields_no_span(document: Any) -> None:
    warnings = Skipped()

    messages = list(read_messages(json.dumps(document).encode(), "x", warnings))

    assert all(message.scope_spans for message in messages)
    assert len(warnings) == 2
