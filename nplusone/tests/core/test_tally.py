"""Test what is counted of the spans of one request, and what is told of their values."""

from collections.abc import Iterable
from typing import Any

import pytest

from nplusone.tests.traces import MS, Drawing
from otel_nplusone._core.detect import find_n_plus_one, find_repeats, tally_of_entry
from otel_nplusone._core.model import RepeatClass, Span, SpanKind
from otel_nplusone._core.tally import StatementCount, Tally

CAT = "SELECT name FROM cat WHERE id = ?"
DOG = "SELECT name FROM dog WHERE id = ?"


def drawn(*texts: str) -> Drawing:
    drawing = Drawing()
    drawing.many("", texts)
    return drawing


def classes(drawing: Drawing) -> list[tuple[RepeatClass, int]]:
    return [(f.what.repeat_class, f.what.repeats) for f in find_repeats(drawing.trace())]


def test_statements_are_told_in_the_order_in_which_they_came_first() -> None:
    told = Tally(drawn(CAT, DOG, CAT).spans).counts()

    assert [(one.statement, one.repeats, one.total_ns) for one in told] == [
        (CAT, 2, 2 * MS),
        (DOG, 1, MS),
    ]
    assert len({one.fingerprint for one in told}) == 2
    assert isinstance(told[0], StatementCount)


def test_what_failed_and_what_is_folded_was_asked_and_pings_were_judged() -> None:
    drawing = drawn(CAT, "SELECT 1", "COMMIT")
    drawing.sql("", DOG, failed=True)
    drawing.sql("", CAT, aggregation__span_count=4)
    drawing.sql("", "SELECT name FROM cat WHERE", db__namespace="other")
    attributes = {"http.request.method": "GET", "url.full": "http://users/users/7"}
    drawing.span(name="GET", kind=SpanKind.CLIENT, attributes=attributes)
    drawing.span(kind=SpanKind.CLIENT, attributes={"db.system": "sqlite", "db.statement": "BEGIN"})
    drawing.span(kind=SpanKind.CLIENT, attributes={"other": "x"})
    drawing.span(kind=SpanKind.CLIENT, attributes={"other": "y"})

    tally = Tally(drawing.spans)

    assert (tally.statements, tally.asked, tally.judged, tally.cut) == (7, 8, 11, 1)


@pytest.mark.parametrize(
    ("name", "attributes", "system"),
    [
        ("query", {"db.system": "mssql"}, "mssql"),
        ("query", {"db.system.name": "mssql", "db.query.text": "?"}, "mssql"),
        ("query", {"db.system": "mssql", "db.query.text": "COMMIT"}, ""),
        ("query", {"db.system": "mssql", "db.query.summary": "EXPLAIN"}, ""),
        ("query", {"db.system": "mssql", "db.operation": "commit"}, ""),
        ("pool.acquire", {"db.system": "mssql"}, ""),
        ("GET", {"http.request.method": "GET"}, "http"),
        ("POST", {"http.request.method": "POST", "url.full": "http://x:4318/v1/traces"}, ""),
        ("work", {"other": "x"}, ""),
    ],
)
def test_spans_that_do_not_tell_are_counted_by_their_database(
    name: str, attributes: dict[str, object], system: str
) -> None:
    drawing = Drawing()
    drawing.span(name=name, kind=SpanKind.CLIENT, attributes=attributes)

    assert Tally(drawing.spans).blind == ({system: 1} if system else {})


def test_a_call_that_is_answered_is_not_missed() -> None:
    drawing = Drawing()
    drawing.span(kind=SpanKind.SERVER, attributes={"http.request.method": "GET"})

    assert Tally(drawing.spans).blind == {}


def test_the_spans_of_one_entry_are_judged_without_their_trace() -> None:
    drawing = Drawing()
    request = drawing.server()
    tried = [drawing.span(request, name="attempt", failed=number < 5) for number in range(6)]
    asking = [drawing.spans[-1] for parent in tried if drawing.sql(parent, CAT)]
    inner = [span for span in drawing.spans if span.span_id in tried]
    drawing.spans.clear()
    outer = [drawing.sql(request, DOG) for _ in range(5)]
    for parent in outer:
        drawing.sql(parent, DOG)

    tally = tally_of_entry(request, [*asking, *drawing.spans], inner, 5)

    assert [(one.statement, one.repeats) for one in tally.repeats()] == [(DOG, 5)]


def hashed(values: Iterable[str | None]) -> Drawing:
    drawing = Drawing()
    request = drawing.server()
    for value in values:
        told: dict[str, Any] = {} if value is None else {"nplusone__values_hash": value}
        drawing.sql(request, CAT, **told)
    return drawing


@pytest.mark.parametrize(
    ("values", "distinct"),
    [("aaaaa", 1), ("abcde", 5), ("abcda", 4), (["a", None, "b", "c", "d"], None)],
)
def test_values_are_counted_where_every_span_tells(
    values: list[str | None], distinct: int | None
) -> None:
    (finding,) = find_n_plus_one(hashed(values).trace())

    assert finding.what.distinct_values == distinct


def test_a_value_told_by_a_hash_is_another_than_one_told_in_full() -> None:
    drawing = hashed("abcde")
    drawing.sql(drawing.spans[0].span_id, CAT, db__statement__parameters="(7,)")

    (finding,) = find_n_plus_one(drawing.trace())

    assert finding.what.distinct_values == 6


@pytest.mark.parametrize("other", [{"nplusone__ignored": "why"}, {"failed": True}])
def test_values_of_what_does_not_count_do_not_count(other: dict[str, Any]) -> None:
    drawing = hashed("aaaaa")
    drawing.sql(drawing.spans[0].span_id, CAT, nplusone__values_hash="b", **other)

    (finding,) = find_n_plus_one(drawing.trace())

    assert (finding.what.repeats, finding.what.distinct_values) == (5, 1)


def doubled(*, after_ms: int = 0, lasts_ms: float = 1, inner: int = 6, parent: str = "") -> Drawing:
    """Draw the spans of a library, and next to each one of the driver, by another name."""
    drawing = Drawing()
    request = drawing.server()
    other = drawing.span(request) if parent else request
    for number in range(6):
        start = (100 + number * 20) * MS
        drawing.sql(request, CAT, start=start, ms=10)
        if number < inner:
            at = start + after_ms * MS
            drawing.sql(other, CAT, start=at, ms=lasts_ms)
            drawing.spans[-1] = drawing.spans[-1]._replace(name="query")
    return drawing


@pytest.mark.parametrize(
    ("drawing", "repeats"),
    [
        (doubled(after_ms=1), 6),
        (doubled(lasts_ms=10), 6),
        (doubled(lasts_ms=11), 12),
        (doubled(after_ms=11), 12),
        (doubled(after_ms=-1, lasts_ms=2), 12),
        (doubled(after_ms=1, inner=5), 11),
        (doubled(after_ms=1, parent="own"), 12),
    ],
    ids=["within", "as long", "longer", "after", "before", "five of six", "another parent"],
)
def test_the_drivers_span_within_the_librarys_time_is_no_other_execution(
    drawing: Drawing, repeats: int
) -> None:
    assert [count for _, count in classes(drawing)] == [repeats]


def test_a_drivers_span_that_begins_before_the_librarys_is_an_execution() -> None:
    drawing = doubled(after_ms=1)
    late = drawing.spans[-1]
    drawing.spans[-1] = late._replace(start_time_unix_nano=late.start_time_unix_nano - 2 * MS)

    assert [count for _, count in classes(drawing)] == [12]


def test_spans_of_three_names_are_not_a_librarys_and_its_drivers() -> None:
    drawing = doubled(after_ms=1)
    drawing.spans[-1] = drawing.spans[-1]._replace(name="another")

    assert [count for _, count in classes(drawing)] == [12]


@pytest.mark.parametrize(("pairs", "repeats"), [(1, 2), (2, 2), (3, 3)])
def test_one_pair_alone_may_be_two_executions(pairs: int, repeats: int) -> None:
    spans = doubled(after_ms=1).spans[1 : 1 + 2 * pairs]

    assert [one.repeats for one in Tally(spans).counts()] == [repeats]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"db__operation__batch__size": 1}, RepeatClass.ROW_BY_ROW_WRITE),
        ({"db__operation__batch__size": 2}, RepeatClass.CHUNKED_BATCH),
        ({"db__operation__batch__size": "many"}, RepeatClass.ROW_BY_ROW_WRITE),
        ({"db__redis__pipeline_length": 2}, RepeatClass.CHUNKED_BATCH),
    ],
)
def test_two_rows_at_a_time_are_a_batch(told: dict[str, Any], expected: RepeatClass) -> None:
    drawing = Drawing()
    request = drawing.server()
    for _ in range(5):
        drawing.sql(request, "INSERT INTO cat (a) VALUES (?)", **told)

    assert classes(drawing) == [(expected, 5)]


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([10, 10, 10, 3, 3, 3], RepeatClass.CHUNKED_BATCH),
        ([10, 10, 10, 10, 10, 1], RepeatClass.CHUNKED_BATCH),
        ([10, 10, 3, 3, 3, 3], RepeatClass.N_PLUS_ONE),
        ([3, 10, 10, 10, 10, 10], RepeatClass.N_PLUS_ONE),
    ],
)
def test_chunks_are_full_for_the_first_half_at_least(
    sizes: list[int], expected: RepeatClass
) -> None:
    drawing = Drawing()
    texts = [f"SELECT a FROM cat WHERE id IN ({', '.join('?' * size)})" for size in sizes]
    drawing.many(drawing.server(), texts)

    assert classes(drawing) == [(expected, 6)]


@pytest.mark.parametrize(
    ("lists", "expected"),
    [(["1, 2"] * 6, RepeatClass.REDUNDANT), (["1, 2", "3, 4"] * 3, RepeatClass.CHUNKED_BATCH)],
)
def test_the_same_chunk_again_is_redundant(lists: list[str], expected: RepeatClass) -> None:
    drawing = Drawing()
    drawing.many(drawing.server(), [f"SELECT a FROM cat WHERE id IN ({one})" for one in lists])

    assert classes(drawing) == [(expected, 6)]


def from_lines(lines: Iterable[int]) -> Drawing:
    drawing = Drawing()
    request = drawing.server()
    for line in lines:
        drawing.sql(request, CAT, code__file__path="views.py", code__line__number=line)
    return drawing


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([1, 2, 3, 1, 2, 3], RepeatClass.REDUNDANT),
        ([1, 2, 3, 1, 2, 1], RepeatClass.N_PLUS_ONE),
        ([1, 2, 1, 2], None),
    ],
)
def test_places_that_send_it_twice_at_most_are_no_loop(
    lines: list[int], expected: RepeatClass | None
) -> None:
    found = find_n_plus_one(from_lines(lines).trace())

    assert [f.what.repeat_class for f in found] == ([expected] if expected else [])


def test_two_places_are_too_few_to_be_many() -> None:
    (found,) = Tally(from_lines([1, 2, 1, 2]).spans[1:], min_repeats=4).repeats()

    assert found.repeat_class is RepeatClass.N_PLUS_ONE


def test_the_place_that_most_spans_tell_is_the_place() -> None:
    (finding,) = find_n_plus_one(from_lines([1, 1, 1, 1, 1, 2, 3]).trace())

    assert finding.what.code == "views.py:1"


@pytest.mark.parametrize("older", [False, True])
def test_databases_and_schemas_are_told_apart_by_either_convention(older: bool) -> None:
    system, namespace = ("db.system", "db.name") if older else ("db.system.name", "db.namespace")
    drawing = Drawing()
    request = drawing.server()
    for number in range(10):
        attributes = {"db.statement": CAT, system: "sqlite", namespace: f"shop{number // 5}"}
        drawing.span(request, kind=SpanKind.CLIENT, attributes=attributes)

    found = find_n_plus_one(drawing.trace())

    assert {(f.what.namespace, f.what.repeats) for f in found} == {("shop0", 5), ("shop1", 5)}


def test_findings_come_longest_first() -> None:
    drawing = Drawing()
    one, other = drawing.server("/cats"), drawing.server("/dogs")
    for request, text, ms in ((one, CAT, 1), (one, DOG, 2), (other, CAT, 3)):
        for _ in range(5):
            drawing.sql(request, text, ms=ms)

    found = find_n_plus_one(drawing.trace())

    assert [f.what.total_ns // MS for f in found] == [15, 10, 5]
    assert [r.total_ns // MS for r in Tally(of_request(drawing, one)).repeats()] == [10, 5]


def of_request(drawing: Drawing, request: str) -> list[Span]:
    return [span for span in drawing.spans if span.parent_span_id == request]


@pytest.mark.parametrize(
    ("folded_ms", "total_ms"), [({"composite.sum": 0.5}, 0.5), ({"composite.sum": 0}, 1)]
)
def test_a_span_that_stands_for_many_tells_how_long_they_took(
    folded_ms: dict[str, float], total_ms: float
) -> None:
    drawing = Drawing()
    known = {"db.query.text": CAT, "db.system.name": "sqlite", "composite.count": 6}
    drawing.span(drawing.server(), kind=SpanKind.CLIENT, attributes=known | folded_ms)

    (finding,) = find_n_plus_one(drawing.trace())

    assert (finding.what.repeats, finding.what.total_ns) == (6, round(total_ms * MS))


@pytest.mark.parametrize(
    "key", ["aggregation.span_count", "composite.count", "span.composite.count"]
)
def test_a_span_tells_by_any_convention_how_many_it_stands_for(key: str) -> None:
    told: dict[str, Any] = {key.replace(".", "__"): 6}
    drawing = Drawing()
    drawing.sql("", CAT, **told)

    assert [one.repeats for one in Tally(drawing.spans).counts()] == [6]


def test_time_is_counted_once_in_whatever_order_ids_are_given() -> None:
    drawing = Drawing()
    for number in (3, 2, 1):
        for name in ("query", "prepare SELECT"):
            drawing.sql("", CAT, start=number * 10 * MS, ms=2)
            drawing.spans[-1] = drawing.spans[-1]._replace(name=name)

    spans = sorted(drawing.spans, key=lambda span: span.start_time_unix_nano)

    assert [one.total_ns // MS for one in Tally(spans).counts()] == [6]


def test_a_span_that_ends_before_it_begins_takes_no_time_away() -> None:
    drawing = Drawing()
    drawing.sql("", CAT, start=0, ms=10)
    drawing.sql("", CAT, start=12 * MS, ms=-2)

    assert [one.total_ns // MS for one in Tally(drawing.spans).counts()] == [10]


@pytest.mark.parametrize("count", [1, 0, -3, "many"])
def test_a_span_that_tells_no_more_than_one_is_one(count: object) -> None:
    drawing = Drawing()
    request = drawing.server()
    for _ in range(5):
        drawing.sql(request, CAT, composite__count=count)

    (finding,) = find_n_plus_one(drawing.trace())

    assert finding.what.repeats == 5


def test_an_executions_statement_and_its_like_are_found_by_its_span() -> None:
    drawing = drawn(CAT, DOG, CAT, "COMMIT")
    first, dog, second, commit = drawing.spans

    tally = Tally(drawing.spans)

    assert [tally.statement_of(s.span_id) for s in drawing.spans] == [CAT, DOG, CAT, ""]
    assert tally.alike(first.span_id) == [first, second]
    assert tally.alike(dog.span_id) == [dog]
    assert tally.alike(commit.span_id) == ()
