"""Read files in every format, and refuse others."""

import gzip
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nplusone.tests.formats import jaeger_json, lines, otlp_json, otlp_protobuf
from nplusone.tests.traces import Drawing
from otel_nplusone._core.model import Span, SpanKind
from otel_nplusone._read import json_text
from otel_nplusone._read.files import parts, read_file
from otel_nplusone._read.json_stream import elements
from otel_nplusone._read.protobuf_stream import chunks, delimited, records
from otel_nplusone._read.skipped import Skipped
from otel_nplusone._read.unpack import buffered
from otel_nplusone.errors import SourceError, UnknownFormatError

CAT = "SELECT cat.name FROM cat WHERE cat.id = ?"


def drawn() -> list[Span]:
    drawing = Drawing()
    request = drawing.server("/cats")
    drawing.many(request, [CAT] * 5)
    drawing.sql(request, CAT, failed=True)
    return drawing.spans


def read(tmp_path: Path, content: bytes, warnings: Skipped | None = None) -> list[Span]:
    path = tmp_path / "traces"
    path.write_bytes(content)
    return list(read_file(str(path), warnings if warnings is not None else Skipped()))


def prefixed(message: bytes) -> bytes:
    return len(message).to_bytes(4, "big") + message


SPANS = drawn()
CONTENTS = {
    "OTLP JSON": json.dumps(otlp_json(SPANS)).encode(),
    "OTLP JSON over several lines": json.dumps(otlp_json(SPANS), indent=2).encode(),
    "OTLP JSON with a byte order mark": b"\xef\xbb\xbf" + json.dumps(otlp_json(SPANS)).encode(),
    "OTLP JSON lines": lines(otlp_json(SPANS[:3]), otlp_json(SPANS[3:])),
    "documents one after the other": json.dumps(otlp_json(SPANS[:3]), indent=2).encode()
    + json.dumps(otlp_json(SPANS[3:]), indent=2).encode(),
    "lines with an empty one": lines(otlp_json(SPANS[:3])) + b"\n" + lines(otlp_json(SPANS[3:])),
    "an answer of Jaeger's API v3": json.dumps({"result": otlp_json(SPANS)}).encode(),
    "OTLP protobuf": otlp_protobuf(SPANS),
    "OTLP protobuf in a row": otlp_protobuf(SPANS[:3]) + otlp_protobuf(SPANS[3:]),
    "OTLP protobuf with lengths": prefixed(otlp_protobuf(SPANS[:3]))
    + prefixed(otlp_protobuf(SPANS[3:])),
    "Jaeger JSON": json.dumps(jaeger_json(SPANS)).encode(),
    "Jaeger JSON over several lines": json.dumps(jaeger_json(SPANS), indent=2).encode(),
}


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS.keys())
def test_every_format_gives_the_same_spans(tmp_path: Path, content: bytes, packed: bool) -> None:
    warnings = Skipped()

    found = read(tmp_path, gzip.compress(content) if packed else content, warnings)

    assert found == SPANS
    assert warnings.lines() == []


def test_standard_input_is_read(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "otel_nplusone.cli", "scan", "-", "--format", "json"]

    run = subprocess.run(command, input=CONTENTS["OTLP JSON lines"], capture_output=True)

    assert json.loads(run.stdout)["spans_read"] == len(SPANS)
    assert run.returncode == 1


def test_attributes_that_nobody_asks_for_are_left_out(tmp_path: Path) -> None:
    drawing = Drawing()
    drawing.sql("", CAT, thread__id=17, db__query__parameter__x="1")

    (span,) = read(tmp_path, lines(otlp_json(drawing.spans)))

    assert set(span.attributes) == {"db.query.text", "db.system.name", "db.query.parameter.x"}


def test_ids_in_base64_and_kinds_by_name_are_read(tmp_path: Path) -> None:
    document = otlp_json(SPANS[:1])
    span = document["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
    span |= {"traceId": "CvdlGRbNQ92ESOshHIAxnA==", "spanId": "AAAAAAAAAAE="}
    span |= {"kind": "SPAN_KIND_SERVER", "startTimeUnixNano": 5, "endTimeUnixNano": 6}

    (found,) = read(tmp_path, lines(document))

    assert (found.trace_id, found.span_id) == (SPANS[0].trace_id, SPANS[0].span_id)
    assert (found.kind, found.start_time_unix_nano) == (SpanKind.SERVER, 5)


def test_jaegers_short_ids_are_filled_and_links_are_no_parents(tmp_path: Path) -> None:
    document = jaeger_json(SPANS[:1])
    span = document["data"][0]["spans"][0]
    span |= {"spanID": "ab", "references": [{"refType": "FOLLOWS_FROM", "spanID": "1"}]}

    (found,) = read(tmp_path, lines(document))

    assert found.span_id == "00000000000000ab"
    assert found.parent_span_id == ""


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "the file is empty"),
        (b"hello", "not OTLP JSON, OTLP protobuf or Jaeger JSON"),
        (b"<!doctype html>", "it begins with b'<!doctype html>'"),
        (b"{}", "no span could be read"),
        (b"[1, 2]", "no span could be read"),
        (b'{"resourceSpans": [{"a', "cut off or malformed"),
        (b'{"other": [', "neither OTLP JSON"),
        (CONTENTS["OTLP protobuf"][:200], "cut off or malformed"),
        (gzip.compress(CONTENTS["OTLP JSON"], mtime=0)[:60], "cannot be read"),
    ],
)
def test_what_cannot_be_read_at_all_is_an_error_with_its_place(
    tmp_path: Path, content: bytes, says: str
) -> None:
    with pytest.raises(SourceError, match=says) as raised:
        read(tmp_path, content)

    assert str(tmp_path / "traces") in str(raised.value)


def test_a_missing_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="No such file"):
        list(read_file(str(tmp_path / "none"), Skipped()))


@pytest.mark.parametrize(
    ("content", "warning"),
    [
        (CONTENTS["OTLP JSON lines"] + b"{nonsense\n", "line that is not JSON (first: {path}:3)"),
        (CONTENTS["OTLP JSON lines"] + b'{"resou', "line that is not JSON (first: {path}:3)"),
        (CONTENTS["OTLP JSON lines"] + b"{}\n", "line that holds no traces (first: {path}:3)"),
        (
            CONTENTS["OTLP JSON lines"] + b'{"resourceSpans": [7]}',
            "resourceSpans element that is not an object (first: {path}:3)",
        ),
        (
            CONTENTS["OTLP protobuf"] + b"\x0a\x7f",
            "message that is cut off or malformed, with all after it",
        ),
        (CONTENTS["OTLP protobuf with lengths"] + b"\x00\x00", "message that is cut off"),
    ],
)
def test_what_follows_the_readable_part_is_a_warning(
    tmp_path: Path, content: bytes, warning: str
) -> None:
    warnings = Skipped()

    found = read(tmp_path, content, warnings)

    assert found == SPANS
    assert warning.format(path=tmp_path / "traces") in "".join(warnings.lines())


def test_a_cut_off_gzip_keeps_what_came_before(tmp_path: Path) -> None:
    warnings = Skipped()
    content = lines(*[otlp_json(SPANS)] * 2_000)

    found = read(tmp_path, gzip.compress(content, mtime=0)[:-20], warnings)

    assert found
    assert "rest of a file that cannot be read" in warnings.lines()[-1]


def test_a_document_that_ends_early_keeps_its_whole_spans(tmp_path: Path) -> None:
    warnings = Skipped()
    text = json.dumps(otlp_json(SPANS), indent=1).encode()

    found = read(tmp_path, text[: len(text) - 100], warnings)

    assert found == SPANS[:-1]
    assert "cut off or malformed, with all after it" in warnings.lines()[0]


def test_a_jaeger_document_that_ends_early_keeps_its_whole_traces(tmp_path: Path) -> None:
    warnings = Skipped()
    document = jaeger_json(SPANS)
    document["data"] *= 2
    text = json.dumps(document, indent=1).encode()

    found = read(tmp_path, text[: len(text) - 300], warnings)

    assert found == SPANS
    assert "cut off or malformed, with all after it" in warnings.lines()[0]


def test_resources_and_scopes_of_a_long_document_are_kept_apart(tmp_path: Path) -> None:
    first, second = otlp_json(SPANS[:3], "first"), otlp_json(SPANS[3:], "second")
    scopes = second["resourceSpans"][0]["scopeSpans"]
    scopes.append({"scope": {"name": 'a \\"spans\\": [ b'}, "spans": [scopes[0]["spans"].pop()]})
    document = {"resourceSpans": first["resourceSpans"] + second["resourceSpans"]}

    found = read(tmp_path, json.dumps(document, indent=1).encode())

    assert [span.service for span in found] == ["first"] * 3 + ["second"] * 4
    assert [span.span_id for span in found] == [span.span_id for span in SPANS]


def test_invalid_utf8_is_replaced_and_counted(tmp_path: Path) -> None:
    warnings = Skipped()
    content = lines(otlp_json(SPANS)).replace(b"GET /cats", b"GET /c\xffts")

    found = read(tmp_path, content, warnings)

    assert found[0].name == "GET /c\ufffdts"
    assert "invalid UTF-8" in warnings.lines()[0]


@pytest.mark.parametrize(
    "change",
    [
        {"traceId": None},
        {"traceId": ""},
        {"traceId": "x" * 40},
        {"spanId": 17},
        {"startTimeUnixNano": "yesterday"},
        {"attributes": [17]},
        {"attributes": {"a": 1}},
        {"status": "bad"},
    ],
)
def test_a_malformed_span_is_counted_and_the_others_are_read(
    tmp_path: Path, change: dict[str, object]
) -> None:
    warnings = Skipped()
    document = otlp_json(SPANS)
    document["resourceSpans"][0]["scopeSpans"][0]["spans"][2] |= change

    found = read(tmp_path, lines(document), warnings)

    assert found == SPANS[:2] + SPANS[3:]
    assert "malformed span" in warnings.lines()[0]


def test_attributes_of_the_wrong_type_are_no_error(tmp_path: Path) -> None:
    document = otlp_json(SPANS[:1])
    values = [{"arrayValue": {}}, {"stringValue": 5}, 7, {}, None, {"boolValue": True}]
    span = document["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
    span["attributes"] = [{"key": "db.query.text", "value": value} for value in values]

    found = read(tmp_path, lines(document))

    assert len(found) == 1


def test_elements_do_not_depend_on_where_pieces_end(monkeypatch: pytest.MonkeyPatch) -> None:
    document = {"data": [{"spans": ["é" * 50, "\u2026" * 30]}] * 20}
    text = json.dumps(document, indent=1, ensure_ascii=False).encode()

    for size in range(1, 60):
        monkeypatch.setattr(json_text, "_PIECE_BYTES", size)
        found = [element.value for element in elements(io.BytesIO(text), "x", Skipped())]
        assert found == document["data"]


def test_spans_do_not_depend_on_where_pieces_end(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    document = {"resourceSpans": otlp_json(SPANS)["resourceSpans"] * 2}
    text = json.dumps(document, indent=1).encode()

    for size in range(1, 400, 13):
        monkeypatch.setattr(json_text, "_PIECE_BYTES", size)
        assert read(tmp_path, text) == SPANS * 2


@given(st.binary(max_size=200))
def test_no_bytes_make_the_protobuf_reader_raise(content: bytes) -> None:
    stream = buffered(io.BytesIO(content))

    found = [part[0] for part in chunks(stream, "x", Skipped())]

    assert sum(map(len, found)) <= len(content)


@given(st.binary(max_size=200))
def test_no_bytes_make_the_readers_of_lengths_raise(content: bytes) -> None:
    first, second = buffered(io.BytesIO(content)), buffered(io.BytesIO(content))

    found = [record for record, _, _ in records(first, "x", Skipped())]
    inner = [chunk for chunk, _ in delimited(second, "x", Skipped())]

    assert sum(map(len, found)) <= len(content)
    assert sum(map(len, inner)) <= len(content)


@given(st.binary(max_size=200))
def test_no_bytes_make_the_reader_raise_anything_but_its_own_error(content: bytes) -> None:
    for head in (b"", b"\x0a", b"{", b"[", b"\x1f\x8b\x08\x00", b"\x28\xb5\x2f\xfd"):
        try:
            found = list(parts(buffered(io.BytesIO(head + content)), "x", Skipped()))
        except SourceError:
            found = []

        assert all(part.place.startswith("x") for part in found)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["spans", "scopeSpans", "resource", "attributes", "key", "value"]),
            inner,
        )
    ),
)


@given(st.sampled_from(["resourceSpans", "data"]), st.lists(_json, max_size=4))
def test_no_document_makes_the_reader_raise_anything_but_its_own_error(
    name: str, found: list[object]
) -> None:
    content = lines({name: found})

    try:
        elements_read = list(elements(io.BytesIO(content), "x", Skipped()))
    except UnknownFormatError:
        elements_read = []

    assert [element.value for element in elements_read] == found
