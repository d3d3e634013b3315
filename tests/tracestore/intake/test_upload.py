import gzip
import io
import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from google.protobuf import json_format
from werkzeug.test import TestResponse

from tests.tracestore.conftest import Write
from tests.tracestore.samples import TRACE, everything, naive_trace, request
from tracestore.app import create_app
from tracestore.errors import InvalidBodyError
from tracestore.intake._upload import read_upload
from tracestore.store import reader
from tracestore.store.database import Store


def upload(client: FlaskClient, body: bytes, **headers: str) -> TestResponse:
    return client.post(
        "/upload",
        data={"file": (io.BytesIO(body), "trace.json")},
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )


@pytest.mark.parametrize("form", ["otlp", "jaeger"])
def test_what_was_downloaded_can_be_uploaded(
    client: FlaskClient, write: Write, store: Store, form: str
) -> None:
    write(request(naive_trace()))
    answer = client.get(f"/trace/{TRACE.hex()}/{form}.json")
    with Store(store.path.with_name("other.db")) as other:
        response = upload(create_app(other).test_client(), answer.data)

        assert response.headers["Location"] == f"/trace/{TRACE.hex()}"
        assert reader.stored_span_count(other) == 514
    assert "attachment" in answer.headers["Content-Disposition"]


def test_otlp_comes_back_whole(client: FlaskClient, write: Write) -> None:
    write(everything())

    body = client.get(f"/trace/{TRACE.hex()}/otlp.json").data

    assert read_upload(body) == everything()


def test_jaegers_json_comes_back_as_it_went(client: FlaskClient, write: Write) -> None:
    write(everything())
    body = client.get(f"/trace/{TRACE.hex()}/jaeger.json").data

    (resource_spans,) = read_upload(body).resource_spans

    (scope_spans,) = resource_spans.scope_spans
    sent = everything().resource_spans[0].scope_spans[0]
    rich, sent_rich = scope_spans.spans[0], sent.spans[0]
    assert (scope_spans.scope.name, scope_spans.scope.version) == ("tests", "1")
    for field in ("name", "kind", "trace_id", "span_id", "parent_span_id", "trace_state"):
        assert getattr(rich, field) == getattr(sent_rich, field)
    assert rich.status == sent_rich.status
    kept = {"text", "empty", "whole", "real", "yes", "no", "bytes"}
    assert {a.key: a.value for a in rich.attributes if a.key in kept} == {
        a.key: a.value for a in sent_rich.attributes if a.key in kept
    }
    assert rich.events[0].name == "exception"
    assert rich.links[0].trace_id == b"l" * 16


def test_lines_of_otlp_are_read_together() -> None:
    line = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [{"name": "a"}]}]}]})

    merged = read_upload(f"{line}\n\n{line}\n".encode())

    assert len(merged.resource_spans) == 2


def zipkin() -> bytes:
    names = {"localEndpoint": {"serviceName": "shop"}, "tags": {"db.system": "mysql"}}
    span = {"traceId": "ab", "id": "1", "name": "get", "timestamp": 5, "duration": 2, **names}
    return json.dumps([span]).encode()


@pytest.mark.parametrize(
    "body",
    [
        zipkin(),
        gzip.compress(zipkin()),
        zipkin().decode().encode("utf-16"),
        everything().SerializeToString(),
        json.dumps(json_format.MessageToDict(everything()), indent=1).encode(),
    ],
    ids=["Zipkin", "gzip", "UTF-16", "protobuf", "ids in base64"],
)
def test_what_a_scan_reads_can_be_uploaded(client: FlaskClient, store: Store, body: bytes) -> None:
    response = upload(client, body)

    assert response.status_code == 303
    assert reader.stored_span_count(store) > 0


def test_a_small_file_that_is_large_unpacked_is_refused(client: FlaskClient) -> None:
    response = upload(client, gzip.compress(zipkin() + b" " * 70_000_000))

    assert response.status_code == 400
    assert "larger than 67,108,864 bytes unpacked" in response.text


def test_several_traces_lead_to_the_list(client: FlaskClient) -> None:
    spans = [{"traceId": f"{n:032x}", "spanId": f"{n:016x}"} for n in (1, 2)]
    lines = [json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [s]}]}]}) for s in spans]

    response = upload(client, "\n".join(lines).encode())

    assert response.headers["Location"] == "/search?sort=newest"


JAEGER_SPAN: dict[str, Any] = {
    "traceID": "ab",
    "spanID": "1",
    "operationName": "GET /",
    "startTime": 1,
    "duration": 2,
    "processID": "p1",
}


def jaeger(*spans: dict[str, Any]) -> bytes:
    trace = {"traceID": "ab", "spans": spans, "processes": {"p1": {"serviceName": "a"}}}
    return json.dumps({"data": [trace]}).encode()


def test_a_parent_of_jaegers_is_the_first_child_of() -> None:
    references = [
        {"refType": "FOLLOWS_FROM", "traceID": "cd", "spanID": "7"},
        {"refType": "CHILD_OF", "traceID": "ab", "spanID": "8"},
        {"refType": "CHILD_OF", "traceID": "ab", "spanID": "9"},
    ]

    request = read_upload(jaeger({**JAEGER_SPAN, "references": references}))

    (read,) = request.resource_spans[0].scope_spans[0].spans
    assert read.trace_id.hex() == "ab".zfill(32)
    assert read.parent_span_id.hex() == "8".zfill(16)
    assert [link.span_id.hex()[-1] for link in read.links] == ["7", "9"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"a": 1}\nnot json\n',
        b'{"resourceSpans": 1}',
        b'{"result": {"resourceSpans": "x"}}',
        b'{"data": [1]}',
        b'{"data": [{"spans": 1, "processes": {}}]}',
        jaeger({}),
        jaeger({**JAEGER_SPAN, "processID": "p2"}),
        jaeger({**JAEGER_SPAN, "traceID": "xyz"}),
        jaeger({**JAEGER_SPAN, "startTime": -1}),
        jaeger({**JAEGER_SPAN, "startTime": 2**64}),
        jaeger({**JAEGER_SPAN, "operationName": 5}),
        jaeger({**JAEGER_SPAN, "tags": [{"key": "a", "type": "int64", "value": "b"}]}),
        jaeger({**JAEGER_SPAN, "tags": [{"key": "a", "type": "int64", "value": 2**70}]}),
        jaeger({**JAEGER_SPAN, "tags": [{"key": "a", "type": "binary", "value": "?"}]}),
        jaeger({**JAEGER_SPAN, "tags": "abc"}),
        jaeger({**JAEGER_SPAN, "references": [{"refType": "CHILD_OF"}]}),
    ],
)
def test_a_file_of_something_else_is_refused_with_a_reason(
    client: FlaskClient, store: Store, body: bytes
) -> None:
    response = upload(client, body)

    assert response.status_code == 400
    assert "file" in response.text
    assert reader.stored_span_count(store) == 0


def test_spans_that_cannot_be_kept_are_explained(client: FlaskClient) -> None:
    response = upload(client, jaeger({**JAEGER_SPAN, "traceID": "0"}))

    assert response.status_code == 400
    assert "all zeros" in response.text


def test_a_resource_whose_spans_are_not_found_is_explained(
    client: FlaskClient, store: Store
) -> None:
    good = {"resource": {}, "scopeSpans": [{"spans": [{"name": "a"}]}]}
    body = json.dumps({"resourceSpans": [good, {"scopespans": []}]}).encode()

    response = upload(client, body)

    assert response.status_code == 400
    assert "1 × resource without spans" in response.text
    assert reader.stored_span_count(store) == 0


def test_no_file_is_said(client: FlaskClient) -> None:
    assert "choose a file" in client.post("/upload", data={}).text


def test_another_sites_form_cannot_upload(client: FlaskClient, store: Store) -> None:
    response = upload(client, jaeger(JAEGER_SPAN), Sec_Fetch_Site="cross-site")

    assert response.status_code == 403
    assert reader.stored_span_count(store) == 0


def test_an_unreadable_number_of_spans_raises_the_packages_own_error() -> None:
    with pytest.raises(InvalidBodyError, match="span '1'"):
        read_upload(jaeger({**JAEGER_SPAN, "duration": "long"}))
