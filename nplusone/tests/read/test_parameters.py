"""Test the values recorded with a statement: in every form, and as every format carries them."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from google.protobuf import json_format
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from nplusone.tests.formats import jaeger_json, otlp_json, otlp_protobuf, zipkin_json
from nplusone.tests.traces import Drawing
from otel_nplusone._core.detect import find_n_plus_one
from otel_nplusone._core.model import RepeatClass, Repeats, Trace
from otel_nplusone._core.parameters import parameters
from otel_nplusone._read.files import read_file
from otel_nplusone._read.skipped import Skipped

TEXT = "SELECT name FROM cat WHERE owner_id = $1 AND kind = $2"
LIST = "db.statement.parameters"
Attributes = dict[str, Any]

# What instrumentations write for an owner's id and another value.
TOLD: dict[str, Callable[[int], Attributes]] = {
    "a tuple as Python writes it": lambda n: {LIST: repr((n, "tom"))},
    "a list as Python writes it": lambda n: {LIST: repr([str(n), 2])},
    "a dictionary as Python writes it": lambda n: {LIST: repr({"id": n, "kind": "tom"})},
    "a JSON list": lambda n: {LIST: json.dumps([str(n), None, True])},
    "a JSON object": lambda n: {LIST: json.dumps({"id": n, "kind": "tom"})},
    "a list of lists": lambda n: {LIST: repr([(n, "tom"), (n, "eve")])},
    "numbers without brackets": lambda n: {LIST: f"{n}, 2"},
    "a number": lambda n: {LIST: n},
    "a list of texts": lambda n: {LIST: (str(n), "tom")},
    "a list of numbers": lambda n: {LIST: (n, 2)},
    "pg of Node": lambda n: {"db.postgresql.values": (str(n), "tom")},
    "mysql of Node": lambda n: {"db.mysql.values": f"[{n},2]"},
    "pgx": lambda n: {"pgx.query.parameters": (str(n), "tom")},
    "by number": lambda n: {"db.query.parameter.0": str(n), "db.query.parameter.1": "tom"},
    "by name": lambda n: {"db.query.parameter.id": n, "db.query.parameter.kind": "null"},
    "a list by name": lambda n: {"db.query.parameter.ids": (n, 2)},
    "a text that is also a word for hidden": lambda n: {LIST: repr((n, "hidden", "removed"))},
    "a text with marks in it": lambda n: {LIST: repr((n, "what?", "a ** b", "(x)"))},
}
HIDDEN: dict[str, Attributes] = {
    "question marks": {LIST: "('?', '?')"},
    "question marks without quotes": {LIST: "[?, ?]"},
    "one of two": {LIST: "(7, '?')"},
    "a dictionary of marks": {LIST: "{'id': '?', 'kind': 'tom'}"},
    "JSON without its values": {LIST: '{"id":"***"}'},
    "a word": {LIST: "[REDACTED]"},
    "a word in a list": {LIST: '["<masked>", 7]'},
    "a list of marks": {LIST: ("?", "?")},
    "stars by name": {"db.query.parameter.id": "*****", "db.query.parameter.kind": "tom"},
    "none at all": {LIST: "()"},
    "an empty list": {LIST: ()},
    "an empty text": {LIST: ""},
    "null": {LIST: "null"},
    "cut": {LIST: "('7', 'a very long text that goes on and"},
    "cut with a mark": {LIST: '["7", "a very long text..."]'},
    "cut by name": {"db.query.parameter.body": "a very long text…"},
    "cut after a few letters": {LIST: "7, t..."},
}


@contextmanager
def without_the_fast_decoder() -> Iterator[None]:
    with mock.patch.dict(sys.modules, {"otel_nplusone._read.json_fast": None}):
        yield


def as_json(write: Any) -> Callable[[Any], bytes]:
    return lambda spans: json.dumps(write(spans)).encode()


CARRIERS: dict[str, tuple[Callable[[Any], bytes], Any]] = {
    "OTLP JSON": (as_json(otlp_json), nullcontext),
    "OTLP JSON by the standard library": (as_json(otlp_json), without_the_fast_decoder),
    "OTLP protobuf": (otlp_protobuf, nullcontext),
    "Jaeger JSON": (as_json(jaeger_json), nullcontext),
    "Zipkin JSON": (as_json(zipkin_json), nullcontext),
}


def only(folder: Path, carrier: str, values: list[Attributes]) -> Repeats:
    """Return the one finding among statements with these values, after a carrier had them."""
    drawing = Drawing()
    request = drawing.server("/cats")
    for attributes in values:
        drawing.sql(request, TEXT, **{key.replace(".", "__"): v for key, v in attributes.items()})
    write, reader = CARRIERS[carrier]
    path = folder / "traces"
    path.write_bytes(write(drawing.spans))
    with reader():
        spans = tuple(read_file(str(path), Skipped()))
    (finding,) = find_n_plus_one(Trace("", spans))
    return finding.what


@pytest.mark.parametrize("carrier", CARRIERS)
@pytest.mark.parametrize("values", TOLD.values(), ids=TOLD.keys())
def test_values_that_differ_are_counted(
    tmp_path: Path, carrier: str, values: Callable[[int], Attributes]
) -> None:
    found = only(tmp_path, carrier, [values(n) for n in range(6)])

    assert (found.repeat_class, found.distinct_values) == (RepeatClass.N_PLUS_ONE, 6)


@pytest.mark.parametrize("carrier", CARRIERS)
@pytest.mark.parametrize("values", TOLD.values(), ids=TOLD.keys())
def test_values_that_are_the_same_are_redundant(
    tmp_path: Path, carrier: str, values: Callable[[int], Attributes]
) -> None:
    found = only(tmp_path, carrier, [values(7)] * 6)

    assert (found.repeat_class, found.distinct_values) == (RepeatClass.REDUNDANT, 1)


@pytest.mark.parametrize("carrier", CARRIERS)
@pytest.mark.parametrize("values", HIDDEN.values(), ids=HIDDEN.keys())
def test_values_that_nobody_sees_are_unknown_and_not_the_same(
    tmp_path: Path, carrier: str, values: Attributes
) -> None:
    found = only(tmp_path, carrier, [values] * 6)

    assert (found.repeat_class, found.distinct_values) == (RepeatClass.N_PLUS_ONE, None)


def test_a_list_is_the_same_values_as_a_tuple() -> None:
    assert parameters({LIST: [7, "tom"]}) == parameters({LIST: (7, "tom")}) == "(7, 'tom')"


def test_a_parameter_without_a_value_leaves_them_all_unknown() -> None:
    assert parameters({"db.query.parameter.0": "7", "db.query.parameter.1": None}) is None


def nested(depth: int) -> AnyValue:
    inner = AnyValue(bytes_value=b"7") if depth == 0 else nested(depth - 1)
    pairs = KeyValueList(values=[KeyValue(key="a", value=inner)])
    return AnyValue(array_value=ArrayValue(values=[AnyValue(kvlist_value=pairs), AnyValue()]))


@pytest.mark.parametrize("depth", [0, 1, 9])
def test_lists_maps_and_bytes_are_read_alike(tmp_path: Path, depth: int) -> None:
    drawing = Drawing()
    drawing.sql(drawing.server("/cats"), TEXT)
    message = TracesData.FromString(otlp_protobuf(drawing.spans))
    span = message.resource_spans[0].scope_spans[0].spans[1]
    span.attributes.append(KeyValue(key=LIST, value=nested(depth)))
    binary, text = tmp_path / "binary", tmp_path / "text"
    binary.write_bytes(message.SerializeToString())
    text.write_text(json_format.MessageToJson(message))

    found = [list(read_file(str(path), Skipped())) for path in (binary, text)]
    with without_the_fast_decoder():
        found.append(list(read_file(str(text), Skipped())))

    assert found[0] == found[1] == found[2]
    assert str(found[0][1].attributes[LIST]).startswith("((('a', ")
