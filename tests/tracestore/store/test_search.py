import pytest

from tests.tracestore.conftest import Write
from tests.tracestore.samples import MS, START, TRACE, everything, request, span
from tracestore.store.database import Store
from tracestore.store.search import SearchQuery, find_traces


def found(store: Store, query: SearchQuery) -> list[int]:
    """Return the first byte of each trace id that a query finds."""
    return [trace.trace_id[0] for trace in find_traces(store, query)]


@pytest.mark.parametrize(
    ("shortest", "longest", "is_found"),
    [
        (10, 50, False),
        (None, 0.9, False),
        (101, None, False),
        (1, 1, True),
        (100, 100, True),
        (1, 100, True),
        (0.5, 50, True),
        (50, 200, True),
    ],
)
def test_a_trace_is_found_by_the_duration_of_one_span(
    store: Store, write: Write, shortest: float | None, longest: float | None, is_found: bool
) -> None:
    write(request([span(1, ms=1), span(2, parent=1, ms=100)]))

    query = SearchQuery(
        duration_min_nano=None if shortest is None else round(shortest * MS),
        duration_max_nano=None if longest is None else round(longest * MS),
    )

    assert found(store, query) == ([TRACE[0]] if is_found else [])


@pytest.mark.parametrize("milliseconds", [10, 30, 50])
def test_a_span_between_the_shortest_and_the_longest_is_looked_for(
    store: Store, write: Write, milliseconds: int
) -> None:
    write(request([span(1, ms=1), span(2, ms=milliseconds), span(3, ms=100)]))

    query = SearchQuery(duration_min_nano=10 * MS, duration_max_nano=50 * MS)

    assert found(store, query) == [TRACE[0]]


@pytest.mark.parametrize("durations", [(1, 100), (100, 1)])
def test_spans_that_come_later_are_found_by_their_duration(
    store: Store, write: Write, durations: tuple[int, int]
) -> None:
    for number, milliseconds in enumerate(durations, start=1):
        write(request([span(number, ms=milliseconds)]))

    assert found(store, SearchQuery(duration_max_nano=MS)) == [TRACE[0]]
    assert found(store, SearchQuery(duration_min_nano=100 * MS)) == [TRACE[0]]


def test_duration_and_attribute_belong_to_the_same_span(store: Store, write: Write) -> None:
    short, long = span(1, ms=1), span(2, ms=100)
    long.attributes.add(key="cat").value.string_value = "Tom"
    write(request([short, long]))

    assert found(store, SearchQuery(attributes={"cat": "Tom"}, duration_max_nano=MS)) == []
    assert found(store, SearchQuery(attributes={"cat": "Tom"}, duration_min_nano=MS)) == [TRACE[0]]


@pytest.mark.parametrize(
    ("start_ms", "end_ms", "is_found"),
    [(-9, -0.5, False), (-9, 0, True), (2, 3, False), (10, 20, True), (10.5, 20, False)],
)
def test_a_trace_is_found_by_a_span_that_starts_within_the_wanted_time(
    store: Store, write: Write, start_ms: float, end_ms: float, is_found: bool
) -> None:
    write(request([span(1, ms=10), span(2, parent=1, start_ms=10, ms=0)]))

    query = SearchQuery(
        start_time_min_unix_nano=START + round(start_ms * MS),
        start_time_max_unix_nano=START + round(end_ms * MS),
    )

    assert found(store, query) == ([TRACE[0]] if is_found else [])


@pytest.mark.parametrize(
    ("start_ms", "end_ms", "is_found"), [(1, 4, False), (5, 7, True), (4, 5, True), (6, 8, False)]
)
def test_a_span_that_is_asked_for_starts_within_the_wanted_time(
    store: Store, write: Write, start_ms: int, end_ms: int, is_found: bool
) -> None:
    work = span(2, parent=1, name="work", start_ms=5, ms=1)
    write(request([span(1, ms=10), work]))

    query = SearchQuery(
        operation="work",
        start_time_min_unix_nano=START + start_ms * MS,
        start_time_max_unix_nano=START + end_ms * MS,
    )

    assert found(store, query) == ([TRACE[0]] if is_found else [])


@pytest.mark.parametrize("attributes", [{}, {"cat": "Tom"}])
def test_a_span_that_ends_before_it_starts_has_no_duration(
    store: Store, write: Write, attributes: dict[str, str]
) -> None:
    backwards = span(1, ms=-5)
    backwards.attributes.add(key="cat").value.string_value = "Tom"
    write(request([backwards]))

    query = SearchQuery(attributes=attributes, duration_max_nano=0)

    assert found(store, query) == [TRACE[0]]
    assert found(store, SearchQuery(attributes=attributes, duration_min_nano=1)) == []


def test_a_failed_span_is_found_by_its_status_alone(store: Store, write: Write) -> None:
    write(request([span(1, error=True)]))

    assert found(store, SearchQuery(attributes={"error": "true"})) == [TRACE[0]]
    assert found(store, SearchQuery(attributes={"error": "false"})) == []


def test_a_trace_is_found_by_attributes_of_span_scope_and_resource(
    store: Store, write: Write
) -> None:
    write(everything())

    wanted = {"text": "a", "short": "yes", "service.name": "cat-clinic"}

    assert found(store, SearchQuery(attributes=wanted)) == [TRACE[0]]
    for key in wanted:
        assert found(store, SearchQuery(attributes={key: wanted[key]})) == [TRACE[0]]
        assert found(store, SearchQuery(attributes=wanted | {key: "other"})) == []
