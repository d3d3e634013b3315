import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.tracestore.conftest import Write
from tests.tracestore.samples import START, TRACE, everything, naive_trace, request, span
from tracestore.intake import otlp

RANGE = {"query.startTimeMin": "2026-01-01T00:00:00Z", "query.startTimeMax": "2027-01-01T00:00:00Z"}


def find(client: FlaskClient, **parameters: str) -> list[str]:
    """Return the trace ids that /traces finds, sorted."""
    named = {f"query.{name}": value for name, value in parameters.items()}
    response = client.get("/api/v3/traces", query_string={**RANGE, **named})
    if response.status_code == 404:
        return []
    return sorted({item["traceId"] for item in spans_of(json.loads(response.data))})


def spans_of(answer: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        item
        for resource in answer["result"]["resourceSpans"]
        for scope in resource["scopeSpans"]
        for item in scope["spans"]
    ]


def test_a_trace_comes_back_as_it_was_sent(client: FlaskClient, write: Write) -> None:
    sent = everything()
    write(sent)

    response = client.get(f"/api/v3/traces/{TRACE.hex()}")

    result = json.dumps(json.loads(response.data)["result"]).encode()
    assert response.content_type == "application/json"
    assert otlp.decode(result, otlp.JSON, ExportTraceServiceRequest) == sent


def test_spans_that_differ_by_little_are_not_taken_for_one_another(
    client: FlaskClient, write: Write
) -> None:
    alike = [span(n, parent=1, statement="SELECT 1") for n in range(2, 5)]
    nothing, empty = span(5, name=""), span(6, name="")
    nothing.kind = empty.kind = nothing.SPAN_KIND_UNSPECIFIED
    empty.attributes.add().value.SetInParent()
    sent = request([span(1), *alike, span(7, parent=1, statement="SELECT 2"), nothing, empty])
    write(sent)

    answer = client.get(f"/api/v3/traces/{TRACE.hex()}").get_json()

    by_id = {int(item["spanId"], 16): item for item in spans_of(answer)}
    values = [item["value"] for n in (2, 7) for item in by_id[n]["attributes"]]
    assert values == [{"stringValue": "SELECT 1"}, {"stringValue": "SELECT 2"}]
    assert ("attributes" in by_id[5], by_id[6]["attributes"]) == (False, [{"key": "", "value": {}}])
    assert {by_id[n]["parentSpanId"] for n in (2, 3, 4)} == {"0000000000000001"}


def test_spans_are_spelled_as_jaeger_spells_them(client: FlaskClient, write: Write) -> None:
    write(request([span(1)]))

    answer = client.get(f"/api/v3/traces/{TRACE.hex()}").get_json()

    service = {"key": "service.name", "value": {"stringValue": "cat-clinic"}}
    spelled = {
        "traceId": TRACE.hex(),
        "spanId": "0000000000000001",
        "name": "GET /",
        "kind": 2,
        "startTimeUnixNano": str(START),
        "endTimeUnixNano": str(START + 1_000_000),
        "status": {},
    }
    scope_spans = {"scope": {"name": "tests"}, "spans": [spelled]}
    resource_spans = {"resource": {"attributes": [service]}, "scopeSpans": [scope_spans]}
    assert answer == {"result": {"resourceSpans": [resource_spans]}}


def test_a_short_trace_id_is_filled_with_zeros(client: FlaskClient, write: Write) -> None:
    write(request([span(1, trace_id=(0xAB).to_bytes(16, "big"))]))

    assert client.get("/api/v3/traces/AB").status_code == 200


def test_an_unknown_trace_is_not_found(client: FlaskClient) -> None:
    response = client.get(f"/api/v3/traces/{TRACE.hex()}")

    assert response.status_code == 404
    assert response.get_json() == {"error": {"httpCode": 404, "message": "trace not found"}}


@pytest.mark.parametrize("trace_id", ["xyz", "0" * 33, "-1", "0x1", "%00"])
def test_a_malformed_trace_id_is_named(client: FlaskClient, trace_id: str) -> None:
    response = client.get(f"/api/v3/traces/{trace_id}")

    assert response.status_code == 400
    assert "trace_id" in response.get_json()["error"]["message"]


def test_services_and_operations_are_listed(client: FlaskClient, write: Write) -> None:
    write(request([span(1), span(2, parent=1, name="SELECT cat", statement="SELECT 1")]))
    write(request([span(3, parent=2, name="work")], service="billing"))

    services = client.get("/api/v3/services").get_json()
    operations = client.get("/api/v3/operations?service=cat-clinic").get_json()
    clients = client.get("/api/v3/operations?service_name=cat-clinic&spanKind=client").get_json()

    assert services == {"services": ["billing", "cat-clinic"]}
    assert operations == {
        "operations": [
            {"name": "GET /", "spanKind": "server"},
            {"name": "SELECT cat", "spanKind": "client"},
        ]
    }
    assert [item["name"] for item in clients["operations"]] == ["SELECT cat"]


def test_an_empty_store_has_no_services(client: FlaskClient) -> None:
    assert client.get("/api/v3/services").get_json() == {"services": []}


def test_all_found_traces_are_merged_into_one_answer(client: FlaskClient, write: Write) -> None:
    for number in range(1, 4):
        write(request([span(1, trace_id=bytes([number]) * 16)]))

    assert len(find(client, serviceName="cat-clinic")) == 3


def test_a_search_gives_the_newest_traces_up_to_its_depth(
    client: FlaskClient, write: Write
) -> None:
    for number in (2, 3, 1):
        write(request([span(1, trace_id=bytes([number]) * 16, start_ms=number * 1000)]))

    assert find(client, searchDepth="2") == ["02" * 16, "03" * 16]


def test_a_search_that_finds_nothing_is_not_found(client: FlaskClient) -> None:
    response = client.get("/api/v3/traces", query_string=RANGE)

    assert response.status_code == 404
    assert response.get_json() == {"error": {"httpCode": 404, "message": "No traces found"}}


@pytest.fixture
def two_traces(write: Write) -> None:
    """Store aa, a slow page with a statement of 5 ms, and bb, a quick error an hour later."""
    slow = span(2, trace_id=b"\xaa" * 16, parent=1, name="SELECT cat", ms=5, statement="SELECT 1")
    slow.attributes.add(key="db.rows").value.int_value = 3
    event = slow.events.add(name="retry")
    event.attributes.add(key="attempt").value.string_value = "second"
    write(request([span(1, trace_id=b"\xaa" * 16, ms=1000), slow], scope="sqlalchemy"))
    hour = 3_600_000
    quick = span(1, trace_id=b"\xbb" * 16, name="GET /error", start_ms=hour, ms=20, error=True)
    write(request([quick], service="billing"))


@pytest.mark.usefixtures("two_traces")
@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({}, ["aa", "bb"]),
        ({"serviceName": "cat-clinic"}, ["aa"]),
        ({"serviceName": "nobody"}, []),
        ({"operationName": "SELECT cat"}, ["aa"]),
        ({"serviceName": "billing", "operationName": "SELECT cat"}, []),
        ({"durationMin": "1s"}, ["aa"]),
        ({"durationMax": "30ms"}, ["aa", "bb"]),
        ({"durationMin": "10ms", "durationMax": "500ms"}, ["bb"]),
        ({"durationMin": "6ms", "operationName": "SELECT cat"}, []),
        ({"startTimeMin": "2026-07-14T04:00:00Z"}, ["bb"]),
        ({"startTimeMax": "2026-07-14T04:00:00Z"}, ["aa"]),
        ({"startTimeMin": "2026-07-14T03:33:20.5Z", "startTimeMax": "2026-07-14T04:00:00Z"}, []),
        ({"attributes": '{"db.rows":"3"}'}, ["aa"]),
        ({"attributes": '{"db.rows":"4"}'}, []),
        ({"attributes": '{"attempt":"second","db.query.text":"SELECT 1"}'}, ["aa"]),
        ({"attributes": '{"attempt":"second","db.query.text":"SELECT 2"}'}, []),
        ({"attributes": '{"service.name":"billing"}'}, ["bb"]),
        ({"attributes": '{"error":"true"}'}, ["bb"]),
        ({"attributes": '{"db.rows":"3"}', "operationName": "GET /"}, []),
    ],
    ids=str,
)
def test_a_trace_is_found_by_one_span_that_meets_every_condition(
    client: FlaskClient, parameters: dict[str, str], found: list[str]
) -> None:
    assert find(client, **parameters) == [letter * 16 for letter in found]


def test_malformed_parameters_answer_in_jaegers_shape(client: FlaskClient) -> None:
    response = client.get("/api/v3/traces", query_string={**RANGE, "query.searchDepth": "many"})

    assert response.status_code == 400
    assert response.get_json()["error"]["httpCode"] == 400
    assert "malformed parameter query.searchDepth" in response.get_json()["error"]["message"]


def test_summaries_count_spans_by_service(client: FlaskClient, write: Write) -> None:
    write(request([*naive_trace(), span(900, parent=899, start_ms=1, error=True)]))
    write(request([span(901, parent=2, start_ms=2)], service="billing"))

    answer = client.get("/api/v3/trace-summaries", query_string=RANGE).get_json()

    (summary,) = answer["summaries"]
    assert int(summary.pop("maxEndTimeUnixNano")) > START
    assert summary == {
        "traceId": TRACE.hex(),
        "rootServiceName": "cat-clinic",
        "rootOperationName": "GET /success-stories",
        "minStartTimeUnixNano": str(START),
        "spanCount": 516,
        "errorSpanCount": 1,
        "orphanSpanCount": 1,
        "services": [
            {"name": "billing", "spanCount": 1, "errorSpanCount": 0},
            {"name": "cat-clinic", "spanCount": 515, "errorSpanCount": 1},
        ],
    }


def test_summaries_of_nothing_are_an_empty_list(client: FlaskClient) -> None:
    response = client.get("/api/v3/trace-summaries", query_string=RANGE)

    assert (response.status_code, response.get_json()) == (200, {"summaries": []})
