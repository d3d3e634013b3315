import json

import pytest

from tracestore.api._v3_query import parse_search_query
from tracestore.api.parameters import duration_nano, time_nano
from tracestore.errors import MalformedParameterError
from tracestore.store.search import SearchQuery

RANGE = {"query.startTimeMin": "2026-01-01T00:00:00Z", "query.startTimeMax": "2026-02-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("text", "nano"),
    [
        ("1970-01-01T00:00:01Z", 1_000_000_000),
        ("1970-01-01T00:00:00.000000001Z", 1),
        ("1970-01-01T01:00:00.5+01:00", 500_000_000),
    ],
)
def test_times_are_read_to_the_nanosecond(text: str, nano: int) -> None:
    assert time_nano(text) == nano


@pytest.mark.parametrize(
    ("text", "nano"),
    [
        ("250ms", 250_000_000),
        ("1.5s", 1_500_000_000),
        ("1h2m3s", 3723 * 10**9),
        ("0", 0),
        ("7us", 7000),
        ("7\u00b5s", 7000),
        ("7\u03bcs", 7000),
        (".5s", 500_000_000),
    ],
)
def test_durations_are_gos(text: str, nano: int) -> None:
    assert duration_nano(text) == nano


@pytest.mark.parametrize("text", ["", "5", "1.5", "1 s", "s", "-1s", "1s2", "1" * 40 + "s"])
def test_an_invalid_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        duration_nano(text)


def test_both_spellings_ask_the_same() -> None:
    camel = {
        "query.serviceName": "clinic",
        "query.operationName": "GET /",
        "query.durationMin": "1s",
        "query.durationMax": "2s",
        "query.searchDepth": "7",
        **RANGE,
    }
    snake = {
        "query.service_name": "clinic",
        "query.operation_name": "GET /",
        "query.duration_min": "1s",
        "query.duration_max": "2s",
        "query.search_depth": "7",
        "query.start_time_min": RANGE["query.startTimeMin"],
        "query.start_time_max": RANGE["query.startTimeMax"],
    }

    assert parse_search_query(camel) == parse_search_query(snake)


def test_the_widest_search_is_read() -> None:
    query = parse_search_query(
        {
            "query.startTimeMin": "1960-01-01T00:00:00Z",
            "query.startTimeMax": "9999-01-01T00:00:00Z",
            "query.searchDepth": "10000",
        }
    )

    assert query == SearchQuery(limit=10_000)


def test_attributes_are_a_json_object_of_strings() -> None:
    query = parse_search_query({**RANGE, "query.attributes": '{"http.route":"/"}'})

    assert query.attributes == {"http.route": "/"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("query.startTimeMin", ""),
        ("query.startTimeMin", "yesterday"),
        ("query.startTimeMin", "2026-13-01T00:00:00Z"),
        ("query.startTimeMin", "2026-02-01T00:00:00Z"),
        ("query.startTimeMin", "2026-03-01T00:00:00Z"),
        ("query.startTimeMax", "2026-01-01"),
        ("query.searchDepth", "many"),
        ("query.searchDepth", "0"),
        ("query.searchDepth", "-1"),
        ("query.searchDepth", "10001"),
        ("query.searchDepth", "99999999999"),
        ("query.num_traces", "x"),
        ("query.durationMin", "10"),
        ("query.duration_max", "soon"),
        ("query.attributes", "{"),
        ("query.attributes", "[]"),
        ("query.attributes", '{"a":1}'),
        ("query.attributes", json.dumps("x")),
        ("query.attributes", "[" * 100_000),
    ],
)
def test_a_malformed_parameter_is_named(name: str, value: str) -> None:
    with pytest.raises(MalformedParameterError) as caught:
        parse_search_query({**RANGE, name: value})

    assert caught.value.name == name
