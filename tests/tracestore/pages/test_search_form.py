import math

import pytest
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict

from tests.tracestore.conftest import Write
from tests.tracestore.samples import request, span
from tracestore.errors import MalformedParameterError
from tracestore.pages._scatter import scatter
from tracestore.pages._search_form import parse_logfmt, parse_search_form
from tracestore.store import search
from tracestore.store.database import Store
from tracestore.store.spans import MAX_NANO


def parse(**fields: str) -> object:
    return parse_search_form(MultiDict(fields)).query


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("", {}),
        ("error=true", {"error": "true"}),
        ("  a=1   b=2 ", {"a": "1", "b": "2"}),
        ('q="SELECT * FROM cat" n=', {"q": "SELECT * FROM cat", "n": ""}),
        (r'q="say \"cat\""', {"q": 'say "cat"'}),
        ("url.path=/a=b", {"url.path": "/a=b"}),
    ],
)
def test_tags_are_read_as_people_type_them(text: str, tags: dict[str, str]) -> None:
    assert parse_logfmt(text) == tags


@pytest.mark.parametrize("text", ["error", "a=1 b", '"a"=1', 'a="b', "=1"])
def test_an_invalid_tag_is_shown(text: str) -> None:
    with pytest.raises(ValueError, match="key=value"):
        parse_logfmt(text)


def test_jaegers_own_links_are_understood() -> None:
    form = parse_search_form(
        MultiDict(
            {
                "service": "cat-clinic",
                "operation": "all",
                "tags": '{"error":"true"}',
                "start": "1",
                "end": "2",
                "lookback": "custom",
                "limit": "20",
                "minDuration": "1.5s",
                "maxDuration": "",
            }
        )
    )

    query = form.query
    assert (query.operation, query.attributes, query.limit) == ("", {"error": "true"}, 20)
    assert (query.start_time_min_unix_nano, query.start_time_max_unix_nano) == (1000, 2000)
    assert (query.duration_min_nano, query.duration_max_nano) == (1_500_000_000, None)


def test_a_lookback_begins_in_the_past_and_has_no_end() -> None:
    query = parse_search_form(MultiDict({"lookback": "1h"})).query

    assert 0 < query.start_time_min_unix_nano < MAX_NANO
    assert query.start_time_max_unix_nano == MAX_NANO


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("lookback", "1 fortnight"),
        ("tags", "error"),
        ("tags", "{"),
        ("minDuration", "long"),
        ("limit", "0"),
        ("start", "then"),
        ("sort", "prettiest"),
    ],
)
def test_a_field_that_cannot_be_read_is_named(field: str, value: str) -> None:
    with pytest.raises(MalformedParameterError, match=field):
        parse(**{field: value})


def test_the_list_keeps_what_was_asked(client: FlaskClient, write: Write) -> None:
    write(request([span(1, error=True), span(2, parent=1)]))

    html = client.get("/search?tags=error%3Dtrue&minDuration=1us&lookback=&limit=7").text

    for value in ('value="error=true"', 'value="1us"', 'value="7"'):
        assert value in html
    assert "GET /" in html


def test_dots_lie_between_the_edges_the_largest_has_the_most_spans(
    write: Write, store: Store
) -> None:
    write(request([span(n, trace_id=b"\x01" * 16, ms=2000) for n in range(1, 30)]))
    write(request([span(1, trace_id=b"\x02" * 16, start_ms=500, ms=0.5)]))
    write(request([span(1, trace_id=b"\x03" * 16, start_ms=1000, ms=0)]))

    plot = scatter(search.find_traces(store, parse_search_form(MultiDict()).query))

    assert [dot.trace.span_count for dot in plot.dots] == [29, 1, 1]
    assert sorted(dot.x for dot in plot.dots) == [0, 50, 100]
    assert all(0 <= dot.y <= 100 for dot in plot.dots)
    assert [tick.nano for tick in plot.ticks] == [10**e for e in range(3, 11)]
    assert math.isclose(plot.dots[0].radius, 13)


def test_traces_of_one_moment_and_length_stand_in_the_middle(write: Write, store: Store) -> None:
    for number in (1, 2):
        write(request([span(1, trace_id=bytes([number]) * 16, ms=1)]))

    plot = scatter(search.find_traces(store, parse_search_form(MultiDict()).query))

    assert {dot.x for dot in plot.dots} == {50}
