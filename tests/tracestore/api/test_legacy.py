"""Test the older API alone; test_contract compares it with a real Jaeger's."""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.tracestore.conftest import Write
from tests.tracestore.samples import TRACE, everything, request, span

# Microseconds of the year of the samples.
RANGE = {"start": "1767225600000000", "end": "1798761600000000"}


def find(client: FlaskClient, **parameters: str) -> list[str]:
    """Return the trace ids that /api/traces finds, sorted."""
    answer = client.get("/api/traces", query_string={**RANGE, **parameters}).get_json()
    return sorted(trace["traceID"] for trace in answer["data"])


@pytest.fixture
def two_traces(write: Write) -> None:
    """Store aa, a page of cat-clinic that calls billing, and bb, a quick error of billing."""
    statement = span(2, trace_id=b"\xaa" * 16, parent=1, ms=5, statement="SELECT 1")
    statement.attributes.add(key="db.rows").value.int_value = 3
    write(request([span(1, trace_id=b"\xaa" * 16, ms=1000), statement]))
    write(request([span(3, trace_id=b"\xaa" * 16, parent=2, name="charge")], service="billing"))
    failed = span(1, trace_id=b"\xbb" * 16, name="GET /error", ms=20, error=True)
    write(request([failed], service="billing"))


@pytest.mark.usefixtures("two_traces")
def test_names_come_with_their_number(client: FlaskClient) -> None:
    services = client.get("/api/services").get_json()
    operations = client.get("/api/services/billing/operations").get_json()
    servers = client.get("/api/operations?service=billing&spanKind=server").get_json()

    assert (services["data"], services["total"]) == (["billing", "cat-clinic"], 2)
    assert (operations["data"], operations["total"]) == (["GET /error", "charge"], 2)
    assert servers["data"][0] == {"name": "GET /error", "spanKind": "server"}


def test_an_empty_list_of_names_is_null(client: FlaskClient) -> None:
    empty = {"data": None, "total": 0, "limit": 0, "offset": 0, "errors": None}

    assert client.get("/api/services").get_json() == empty
    assert client.get("/api/services/nobody/operations").get_json() == empty


@pytest.mark.usefixtures("two_traces")
@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({"service": "billing"}, ["aa", "bb"]),
        ({"service": "billing", "operation": "charge"}, ["aa"]),
        ({"service": "billing", "minDuration": "10ms"}, ["bb"]),
        ({"service": "billing", "minDuration": "20ms", "maxDuration": "20ms"}, ["bb"]),
        ({"service": "billing", "tags": '{"error":"false"}'}, []),
        ({"service": "cat-clinic", "tags": '{"db.rows":"3"}'}, ["aa"]),
        ({"service": "cat-clinic", "tag": "db.rows:4"}, []),
        ({"service": "billing", "tags": '{"error":"true"}'}, ["bb"]),
        ({"service": "billing", "limit": "1", "maxDuration": "5ms"}, ["aa"]),
        ({"service": "billing", "end": "1767225600000001"}, []),
        ({"traceID": "bb" * 16}, ["bb"]),
    ],
    ids=str,
)
def test_a_search_finds_by_every_parameter(
    client: FlaskClient, parameters: dict[str, str], found: list[str]
) -> None:
    assert find(client, **parameters) == [name * 16 for name in found]


@pytest.mark.usefixtures("two_traces")
def test_services_depend_on_whom_they_call(client: FlaskClient) -> None:
    wide = {"endTs": "1798761600000", "lookback": "31536000000"}
    links = client.get("/api/dependencies", query_string=wide).get_json()["data"]
    v3 = client.get(
        "/api/v3/dependencies?startTime=2026-01-01T00:00:00Z&endTime=2027-01-01T00:00:00Z"
    )

    assert links == [
        {"parent": "cat-clinic", "child": "billing", "callCount": 1},
        {"parent": "cat-clinic", "child": "cat-clinic", "callCount": 1},
    ]
    assert v3.get_json()["dependencies"][0]["callCount"] == "1"


@pytest.mark.parametrize("query", ["", "startTime=2026-01-01T00:00:00Z", "startTime=x&endTime=y"])
def test_dependencies_of_v3_want_both_times(client: FlaskClient, query: str) -> None:
    response = client.get(f"/api/v3/dependencies?{query}")

    assert response.status_code == 400
    assert "Time" in response.get_json()["error"]["message"]


def test_what_jaeger_has_no_field_for_becomes_a_tag(client: FlaskClient, write: Write) -> None:
    write(everything())

    (trace,) = client.get(f"/api/traces/{TRACE.hex()}").get_json()["data"]

    rich = next(item for item in trace["spans"] if item["spanID"].endswith("1"))
    tags = {tag["key"]: tag["value"] for tag in rich["tags"]}
    expected: dict[str, Any] = {
        "otel.scope.name": "tests",
        "otel.scope.version": "1",
        "span.kind": "server",
        "otel.status_code": "ERROR",
        "otel.status_description": "broken",
        "error": True,
        "w3c.tracestate": "vendor=1",
        "bytes": "AP8=",
        "whole": str(-(2**63)),
        "endless": None,
        "list": "[1]",
    }
    assert {key: tags[key] for key in expected} == expected
    assert [item["refType"] for item in rich["references"]] == ["CHILD_OF", "FOLLOWS_FROM"]
    assert rich["logs"][0]["fields"][0] == {"key": "event", "type": "string", "value": "exception"}


def test_a_link_to_the_parent_names_its_kind_only(client: FlaskClient, write: Write) -> None:
    child = span(2, parent=1)
    child.links.add(trace_id=TRACE, span_id=child.parent_span_id)
    write(request([span(1), child]))

    (trace,) = client.get(f"/api/traces/{TRACE.hex()}").get_json()["data"]

    assert [item["refType"] for item in trace["spans"][1]["references"]] == ["FOLLOWS_FROM"]


def test_a_link_of_a_root_does_not_become_its_parent(client: FlaskClient, write: Write) -> None:
    root = span(1)
    root.links.add(trace_id=TRACE, span_id=b"")
    write(request([root]))

    (trace,) = client.get(f"/api/traces/{TRACE.hex()}").get_json()["data"]

    assert [item["refType"] for item in trace["spans"][0]["references"]] == ["FOLLOWS_FROM"]


def test_an_unknown_trace_is_named(client: FlaskClient) -> None:
    response = client.get("/api/traces/abc")
    several = client.get("/api/traces?traceID=abc").get_json()

    assert response.status_code == 404
    assert response.get_json()["errors"] == [{"code": 404, "msg": "trace not found"}]
    assert several["errors"] == [{"msg": "trace not found", "traceID": "0000000000000abc"}]


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("", "service"),
        ("service=a&start=then", "start"),
        ("service=a&end=1.5", "end"),
        ("service=a&limit=0", "1 to"),
        ("service=a&limit=9999999", "1 to"),
        ("service=a&minDuration=5", "minDuration"),
        ("service=a&minDuration=2s&maxDuration=1s", "maxDuration"),
        ("service=a&tag=alone", "key:value"),
        ("service=a&tags=[1]", "tags"),
        ("service=a&tags=%7B", "tags"),
        ("service=a&raw=perhaps", "raw"),
        ("traceID=xyz", "hex"),
    ],
)
def test_a_malformed_parameter_is_named(client: FlaskClient, query: str, named: str) -> None:
    response = client.get(f"/api/traces?{query}")

    (error,) = response.get_json()["errors"]
    assert (response.status_code, error["code"]) == (400, 400)
    assert named in error["msg"]


def test_otlp_is_transformed_without_being_stored(client: FlaskClient, write: Write) -> None:
    write(request([span(1), span(2, parent=1)]))
    otlp = client.get(f"/api/v3/traces/{TRACE.hex()}").get_json()["result"]
    text = json.dumps(otlp).replace(TRACE.hex(), "cd" * 16)

    answer = client.post("/api/transform", data=text).get_json()

    assert answer["data"][0]["traceID"] == "cd" * 16
    assert len(answer["data"][0]["spans"]) == 2
    assert client.get(f"/api/traces/{'cd' * 16}").status_code == 404


def test_what_cannot_be_transformed_is_refused(client: FlaskClient) -> None:
    assert client.post("/api/transform", data="no JSON").status_code == 400
    assert client.post("/api/transform", data=b"x" * 1_000_001).status_code == 413


def test_metrics_are_off_as_in_a_jaeger_without_them(client: FlaskClient) -> None:
    response = client.get("/api/metrics/minstep")

    assert response.status_code == 501
    assert "disabled" in response.get_json()["errors"][0]["msg"]


def test_pretty_printing_changes_the_spaces_alone(client: FlaskClient, write: Write) -> None:
    write(request([span(1)]))

    plain = client.get(f"/api/traces/{TRACE.hex()}")
    pretty = client.get(f"/api/traces/{TRACE.hex()}?prettyPrint=true")

    assert plain.get_json() == pretty.get_json()
    assert pretty.text.count("\n") > 10 > plain.text.count("\n")


def test_a_trace_cannot_be_archived(client: FlaskClient) -> None:
    response = client.post(f"/api/archive/{TRACE.hex()}")

    assert response.status_code == 500
    assert response.get_json()["errors"][0]["msg"] == "archive span storage was not configured"


def test_span_metrics_of_no_service_are_refused(client: FlaskClient) -> None:
    response = client.get("/api/metrics/calls")

    assert response.status_code == 400
    assert "service" in response.get_json()["errors"][0]["msg"]
