import gzip
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from google.protobuf.json_format import MessageToDict
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]  # it ships no types
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from werkzeug.test import TestResponse

from tests.tracestore.samples import TRACE, naive_trace, request, span
from tracestore.store import reader
from tracestore.store.database import Store

PROTOBUF, JSON = "application/x-protobuf", "application/json"
BODY = request([span(1)]).SerializeToString()
JSON_SPAN = {
    "traceId": TRACE.hex(),
    "spanId": "00000000000000aa",
    "name": "GET /",
    "kind": 2,
    "startTimeUnixNano": "1784000000000000000",
    "endTimeUnixNano": "1784000000001000000",
}


def post(client: FlaskClient, body: bytes, kind: str = PROTOBUF, **headers: str) -> TestResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post("/v1/traces", data=body, content_type=kind, headers=named)


def json_body(*spans: dict[str, Any]) -> bytes:
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": list(spans)}]}]}).encode()


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_protobuf_is_stored(client: FlaskClient, store: Store, encoding: str) -> None:
    body = gzip.compress(BODY) if encoding == "gzip" else BODY

    response = post(client, body, Content_Encoding=encoding)

    assert response.status_code == 200
    assert response.content_type == PROTOBUF
    assert ExportTraceServiceResponse.FromString(response.data) == ExportTraceServiceResponse()
    assert reader.stored_span_count(store) == 1


def test_json_is_stored_under_its_hex_ids(client: FlaskClient, store: Store) -> None:
    response = post(client, json_body(JSON_SPAN), "application/json; charset=utf-8")

    assert (response.status_code, response.get_json()) == (200, {})
    assert response.content_type == "application/json"
    assert reader.read_span(store, TRACE, bytes.fromhex("00000000000000aa")) is not None


def test_unknown_json_fields_are_ignored(client: FlaskClient, store: Store) -> None:
    post(client, json_body({**JSON_SPAN, "fromTheFuture": {"a": [1]}}), "application/json")

    assert reader.stored_span_count(store) == 1


def test_an_empty_request_is_accepted(client: FlaskClient) -> None:
    assert post(client, b"").status_code == 200


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("trace_id", b""),
        ("trace_id", b"short"),
        ("trace_id", bytes(16)),
        ("span_id", b""),
        ("span_id", bytes(8)),
        ("span_id", b"far too long"),
        ("parent_span_id", b"abc"),
    ],
)
def test_invalid_ids_are_refused_and_the_rest_is_kept(
    client: FlaskClient, store: Store, field: str, value: bytes
) -> None:
    bad = span(2)
    setattr(bad, field, value)

    response = post(client, request([span(1), bad]).SerializeToString())

    answer = ExportTraceServiceResponse.FromString(response.data).partial_success
    assert response.status_code == 200
    assert answer.rejected_spans == 1
    assert field.replace("_", " ").split()[0] in answer.error_message
    assert reader.stored_span_count(store) == 1


GZIP = {"Content_Encoding": "gzip"}
BAD_BODIES: dict[str, tuple[bytes, str, dict[str, str], int]] = {
    "cut-off-protobuf": (BODY[:-3], PROTOBUF, {}, 400),
    "no-protobuf": (b"\xff" * 50, PROTOBUF, {}, 400),
    "invalid-utf8": (BODY.replace(b"GET /", b"GET \xff"), PROTOBUF, {}, 400),
    "cut-off-gzip": (
        gzip.compress(BODY, mtime=0)[:-4],
        PROTOBUF,
        {"Content_Encoding": "gzip"},
        400,
    ),
    "after-gzip": (
        gzip.compress(BODY, mtime=0) + b"more",
        PROTOBUF,
        {"Content_Encoding": "gzip"},
        400,
    ),
    "no-gzip": (BODY, PROTOBUF, GZIP, 400),
    "unknown-encoding": (BODY, PROTOBUF, {"Content_Encoding": "br"}, 415),
    "text": (BODY, "text/plain", {}, 415),
    "no-type": (BODY, "", {}, 415),
    "cut-off-json": (b"{", JSON, {}, 400),
    "json-array": (b"[]", JSON, {}, 400),
    "deep-json": (b"[" * 100_000, JSON, {}, 400),
    "wrong-json": (b'{"resourceSpans": 1}', JSON, {}, 400),
    "json-not-utf8": (b'{"a": "\xff"}', JSON, {}, 400),
    "id-not-hex": (json_body({**JSON_SPAN, "traceId": "no hex"}), JSON, {}, 400),
    "id-not-text": (json_body({**JSON_SPAN, "spanId": 7}), JSON, {}, 400),
    "lone-surrogate": (json_body({**JSON_SPAN, "name": "\ud800"}), JSON, {}, 400),
    "too-large": (b"x" * 1_000_001, PROTOBUF, {}, 413),
    "too-large-unpacked": (
        gzip.compress(b"\0" * 1_000_001, mtime=0),
        PROTOBUF,
        {"Content_Encoding": "gzip"},
        413,
    ),
}


@pytest.mark.parametrize("case", BAD_BODIES)
def test_a_bad_body_is_refused_whole(client: FlaskClient, store: Store, case: str) -> None:
    body, kind, headers, status = BAD_BODIES[case]

    response = post(client, body, kind, **headers)

    assert response.status_code == status
    if kind == PROTOBUF:
        said = MessageToDict(Status.FromString(response.data))
    else:
        said = response.get_json()
    assert said["message"]
    assert "Traceback" not in said["message"]
    assert reader.stored_span_count(store) == 0


def test_a_store_that_cannot_write_asks_to_retry(
    client: FlaskClient, store: Store, database: Path
) -> None:
    other = sqlite3.connect(database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    refused = post(client, BODY)

    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
    assert "try again" in Status.FromString(refused.data).message
    other.execute("ROLLBACK")
    other.close()
    assert post(client, BODY).status_code == 200
    assert reader.stored_span_count(store) == 1


def test_a_wrong_method_says_which_one_is_right(client: FlaskClient) -> None:
    response = client.get("/v1/traces")

    assert response.status_code == 405
    assert "POST" in response.headers["Allow"]
    assert response.get_json()["error"]["httpCode"] == 405


def test_a_repeated_request_is_acknowledged_and_stored_once(
    client: FlaskClient, store: Store
) -> None:
    body = request(naive_trace()).SerializeToString()

    answers = [post(client, body).status_code for _ in range(2)]

    assert answers == [200, 200]
    assert reader.stored_span_count(store) == 514
