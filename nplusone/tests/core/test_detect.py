"""Test what the detector finds in drawn traces, and what it must leave alone."""

import random
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nplusone.tests.traces import MS, Drawing
from otel_nplusone._core.detect import (
    count_statements,
    find_n_plus_one,
    find_repeats,
    is_incomplete,
)
from otel_nplusone._core.model import Finding, RepeatClass, Span, SpanKind, Trace

Draw = Callable[[Drawing, str, int], None]
CAT = "SELECT cat.name FROM cat WHERE cat.id = ?"
CLINIC = "SELECT clinic.id FROM clinic WHERE clinic.name = ?"
APPOINTMENTS = "SELECT appointment.cat_id FROM appointment WHERE appointment.veterinarian_id = ?"


def only(trace: Trace) -> Finding:
    (finding,) = find_n_plus_one(trace)
    return finding


def test_five_equal_statements_of_one_request_are_an_n_plus_one() -> None:
    drawing = Drawing()
    request = drawing.server("/cats/<name>")
    source = drawing.sql(request, CLINIC)
    offenders = drawing.many(request, [CAT] * 5)

    finding = only(drawing.trace())

    assert finding.what.repeat_class is RepeatClass.N_PLUS_ONE
    assert finding.entry.route == "GET /cats/<name>"
    assert finding.what.statement == CAT
    assert finding.what.repeats == 5
    assert finding.what.total_ns == 5 * MS
    assert finding.what.source_statement == CLINIC
    assert finding.what.source_span_id == source
    assert finding.what.offender_span_ids == tuple(offenders)
    assert finding.share_of_entry == pytest.approx(0.005)


def test_four_repeats_stay_silent() -> None:
    drawing = Drawing()
    drawing.many(drawing.server(), [CAT] * 4)

    found = find_n_plus_one(drawing.trace())

    assert found == []


def test_the_threshold_is_a_setting() -> None:
    drawing = Drawing()
    drawing.many(drawing.server(), [CAT] * 4)

    found = find_n_plus_one(drawing.trace(), min_repeats=4)

    assert len(found) == 1


def test_mixed_statements_stay_silent() -> None:
    drawing = Drawing()
    drawing.many(drawing.server(), [f"SELECT a{number} FROM cat" for number in range(20)])

    found = find_n_plus_one(drawing.trace())

    assert found == []


def test_repeats_are_found_between_other_spans() -> None:
    drawing = Drawing()
    request = drawing.server()
    for number in range(6):
        drawing.sql(request, CAT)
        drawing.span(request, name="render")
        drawing.sql(request, f"SELECT a{number} FROM other")

    finding = only(drawing.trace())

    assert finding.what.repeats == 6


def test_repeats_in_internal_spans_of_their_own_have_their_common_ancestor() -> None:
    drawing = Drawing()
    request = drawing.server()
    serializer = drawing.span(request, name="serialize cats")
    for _ in range(5):
        field = drawing.span(serializer, name="serialize cat")
        drawing.sql(field, CAT)

    finding = only(drawing.trace())

    assert finding.common_ancestor_span_id == serializer
    assert finding.common_ancestor_name == "serialize cats"


def test_siblings_of_different_requests_stay_silent() -> None:
    drawing = Drawing()
    page = drawing.span(name="page load", kind=SpanKind.CLIENT, service="browser")
    for _ in range(10):
        drawing.sql(drawing.server(parent=page), CAT)

    found = find_n_plus_one(drawing.trace())

    assert found == []


def test_messages_are_counted_one_by_one() -> None:
    drawing = Drawing()
    for _ in range(10):
        drawing.sql(drawing.span(name="cats process", kind=SpanKind.CONSUMER), CAT)

    found = find_n_plus_one(drawing.trace())

    assert found == []


def test_the_services_local_root_is_the_entry_of_a_script() -> None:
    drawing = Drawing(service="nightly")
    root = drawing.span(name="nightly job")
    drawing.many(root, [CAT] * 5)

    finding = only(drawing.trace())

    assert finding.entry.route == "nightly job"
    assert finding.entry.span_id == root


def test_two_databases_are_counted_apart() -> None:
    drawing = Drawing()
    request = drawing.server()
    for number in range(8):
        drawing.sql(request, CAT, db__namespace=f"shard{number % 2}")

    found = find_n_plus_one(drawing.trace())

    assert found == []


def test_the_same_values_again_and_again_are_redundant() -> None:
    drawing = Drawing()
    request = drawing.server()
    for _ in range(6):
        drawing.sql(request, CAT, nplusone__values_hash="a1")

    finding = only(drawing.trace())

    assert finding.what.repeat_class is RepeatClass.REDUNDANT
    assert finding.what.distinct_values == 1


def test_a_statement_without_any_value_is_redundant_when_it_repeats() -> None:
    drawing = Drawing()
    drawing.many(drawing.server(), ["SELECT name, value FROM setting"] * 5)

    finding = only(drawing.trace())

    assert finding.what.repeat_class is RepeatClass.REDUNDANT


def test_literals_tell_the_values_apart() -> None:
    drawing = Drawing()
    drawing.many(drawing.server(), [f"SELECT name FROM cat WHERE id = {n}" for n in range(7)])

    finding = only(drawing.trace())

    assert finding.what.repeat_class is RepeatClass.N_PLUS_ONE
    assert finding.what.distinct_values == 7
    assert finding.what.statement == "SELECT name FROM cat WHERE id = ?"


def test_recorded_parameters_tell_the_values_apart() -> None:
    drawing = Drawing()
    request = drawing.server()
    for number in range(6):
        drawing.sql(request, CAT, db__query__parameter__id=str(number))

    finding = only(drawing.trace())

    assert finding.what.distinct_values == 6


@pytest.mark.parametrize(
    "text",
    [
        "INSERT INTO cat (name) VALUES (?)",
        "UPDATE cat SET lives = ? WHERE cat.id = ?",
        "DELETE FROM cat WHERE cat.id = ?",
    ],
)
def test_writes_of_one_row_each_are_row_by_row(text: str) -> None:
    drawing = Drawing()
    drawing.many(drawing.server(), [text] * 5)

    finding = only(drawing.trace())

    assert finding.what.repeat_class is RepeatClass.ROW_BY_ROW_WRITE


@pytest.mark.parametrize(
    "text",
    [
        "SELECT cat.id FROM cat WHERE cat.id IN (?, ?, ?)",
        "SELECT cat.id FROM cat WHERE cat.id = ANY (%s)",
        "INSERT INTO cat (name) VALUES (?), (?), (?)",
        "DELETE FROM cat WHERE cat.id IN (?, ?)",
    ],
)
def test_chunks_and_batches_are_no_fault(text: str) -> None:
    drawing = Drawing()
    drawing.many(drawing.server(), [text] * 20)

    found = find_repeats(drawing.trace())

    assert [f.what.repeat_class for f in found] == [RepeatClass.CHUNKED_BATCH]
    assert find_n_plus_one(drawing.trace()) == []


def test_a_batch_insert_told_by_its_size_is_no_fault() -> None:
    drawing = Drawing()
    request = drawing.server()
    for _ in range(5):
        drawing.sql(request, "INSERT INTO cat (n) VALUES (?)", db__operation__batch__size=100)

    found = find_n_plus_one(drawing.trace())

    assert found == []


def test_a_short_list_beside_one_value_is_a_condition_and_no_chunk() -> None:
    drawing = Drawing()
    text = "SELECT id FROM cat WHERE owner_id = ? AND color IN (?, ?)"
    drawing.many(drawing.server(), [text] * 5)

    finding = only(drawing.trace())

    assert finding.what.repeat_class is RepeatClass.N_PLUS_ONE


@pytest.mark.parametrize(("size", "expected"), [(19, [RepeatClass.N_PLUS_ONE]), (20, [])])
def test_a_list_of_twenty_beside_one_value_is_a_chunk(
    size: int, expected: list[RepeatClass]
) -> None:
    drawing = Drawing()
    binds = ", ".join("?" * size)
    drawing.many(
        drawing.server(), [f"SELECT id FROM cat WHERE owner_id = ? AND id IN ({binds})"] * 5
    )

    assert [f.what.repeat_class for f in find_n_plus_one(drawing.trace())] == expected


@pytest.mark.parametrize(("longest", "expected"), [(19, [RepeatClass.N_PLUS_ONE]), (20, [])])
def test_lists_that_grow_are_chunks_from_twenty_values_on(
    longest: int, expected: list[RepeatClass]
) -> None:
    drawing = Drawing()
    lists = [", ".join("?" * size) for size in range(longest - 4, longest + 1)]
    drawing.many(drawing.server(), [f"SELECT id FROM cat WHERE id IN ({binds})" for binds in lists])

    assert [f.what.repeat_class for f in find_n_plus_one(drawing.trace())] == expected


@pytest.mark.parametrize(("more", "classes"), [(5, ["nested"]), (6, ["n_plus_one", "n_plus_one"])])
def test_a_loop_is_nested_while_it_holds_half_of_each_statement(
    more: int, classes: list[str]
) -> None:
    drawing = Drawing()
    drawing.many(drawing.server(), [APPOINTMENTS, CAT] * 5 + [CAT] * more)

    assert [f.what.repeat_class for f in find_n_plus_one(drawing.trace())] == classes


def test_a_loop_in_a_request_that_ends_in_an_error_is_found() -> None:
    drawing = Drawing()
    caller = drawing.server()
    drawing.service = "worker"
    for failed in (True, True, False):
        request = drawing.span(caller, name="consume", failed=failed, ms=0)
        drawing.many(request, [CAT] * 5)

    assert [f.what.repeats for f in find_n_plus_one(drawing.trace())] == [5, 5, 5]


def test_a_loop_of_several_statements_is_one_nested_finding() -> None:
    drawing = Drawing()
    request = drawing.server()
    drawing.sql(request, CLINIC)
    drawing.many(request, [APPOINTMENTS, CAT] * 7)

    finding = only(drawing.trace())

    assert finding.what.repeat_class is RepeatClass.NESTED
    assert finding.what.pattern == (APPOINTMENTS, CAT)
    assert finding.what.repeats == 7
    assert finding.what.statements == 14
    assert finding.what.source_statement == CLINIC


def test_a_pattern_of_eight_is_nested_and_one_of_nine_is_not() -> None:
    eight, nine = Drawing(), Drawing()
    eight.many(eight.server(), [f"SELECT a FROM t{n} WHERE id = ?" for n in range(8)] * 5)
    nine.many(nine.server(), [f"SELECT a FROM t{n} WHERE id = ?" for n in range(9)] * 5)

    classes = [
        {f.what.repeat_class for f in find_n_plus_one(drawing.trace())} for drawing in (eight, nine)
    ]

    assert classes == [{RepeatClass.NESTED}, {RepeatClass.N_PLUS_ONE}]


def test_repeats_at_the_same_time_are_marked() -> None:
    drawing = Drawing()
    request = drawing.server()
    for number in range(6):
        drawing.sql(request, CAT, ms=10, start=2_000_000_000 * MS + number * MS)

    finding = only(drawing.trace())

    assert finding.what.overlapping
    assert finding.what.total_ns == 15 * MS


@pytest.mark.parametrize(("together", "overlapping"), [(3, True), (2, False)])
def test_half_of_the_repeats_have_to_begin_before_another_ends(
    together: int, overlapping: bool
) -> None:
    drawing = Drawing()
    request = drawing.server()
    begin = 2_000_000_000 * MS
    for number in range(6):  # each ends as the next begins, but for the last ones
        at = min(number, 5 - together) * 10
        drawing.sql(request, CAT, ms=10, start=begin + at * MS)

    assert only(drawing.trace()).what.overlapping is overlapping


def test_statements_of_transactions_and_pings_do_not_count() -> None:
    drawing = Drawing()
    request = drawing.server()
    for _ in range(10):
        drawing.many(request, ["BEGIN", "SELECT 1", "SAVEPOINT a1", "COMMIT", "SET a = 1"])
        drawing.span(request, name="connect", kind=SpanKind.CLIENT)

    found = find_repeats(drawing.trace())

    assert found == []
    assert count_statements(drawing.trace()) == 0


def test_retries_after_an_error_stay_silent() -> None:
    drawing = Drawing()
    request = drawing.server()
    for attempt in range(8):
        drawing.sql(request, CLINIC)
        drawing.sql(request, "UPDATE cat SET lives = ? WHERE id = ?", failed=attempt < 7)

    found = find_n_plus_one(drawing.trace())

    assert found == []


def test_attempts_that_failed_as_a_whole_stay_silent() -> None:
    drawing = Drawing()
    request = drawing.server()
    for attempt in range(8):
        drawing.sql(drawing.span(request, name="attempt", failed=attempt < 7), CAT)

    found = find_n_plus_one(drawing.trace())

    assert found == []


def test_one_error_does_not_hide_the_loop_around_it() -> None:
    drawing = Drawing()
    request = drawing.server()
    for number in range(10):
        drawing.sql(request, CAT, failed=number == 4)

    finding = only(drawing.trace())

    assert finding.what.repeats == 8


def test_the_drivers_span_inside_the_librarys_is_not_counted_again() -> None:
    drawing = Drawing()
    request = drawing.server()
    for _ in range(4):
        drawing.sql(drawing.sql(request, CAT), CAT.replace("?", "$1"))

    found = find_n_plus_one(drawing.trace())

    assert found == []


def test_old_semantic_conventions_are_read_too() -> None:
    drawing = Drawing()
    root = drawing.span(
        name="GET", kind=SpanKind.SERVER, attributes={"http.method": "GET", "http.route": "/old"}
    )
    code = {"code.filepath": "stories.py", "code.lineno": 41, "code.function": "cats_of"}
    old = {"db.statement": CAT, "db.system": "postgresql", "db.name": "demo"}
    for _ in range(5):
        drawing.span(root, name="SELECT demo", kind=SpanKind.CLIENT, attributes=old | code)

    finding = only(drawing.trace())

    assert (finding.what.system, finding.what.namespace) == ("postgresql", "demo")
    assert finding.entry.route == "GET /old"
    assert finding.what.code == "stories.py:41 in cats_of"


@pytest.mark.parametrize(
    "path",
    [
        "/home/ann/.cargo/registry/src/index-1949cf8c6b5b557f/sea-orm-2.0.4/src/database/db.rs",
        "/go/pkg/mod/gorm.io/gorm@v1.31.0/callbacks.go",
        "/srv/app/node_modules/pg/lib/client.js",
        "/usr/lib/python3/dist-packages/psycopg/cursor.py",
        "C:\\app\\.venv\\Lib\\site-packages\\psycopg\\cursor.py",
        "/usr/lib/ruby/gems/3.3.0/gems/activerecord-8.0.1/lib/active_record.rb",
        "/app/vendor/laravel/framework/src/Connection.php",
        "/rustc/59807616e/library/core/src/future.rs",
    ],
)
def test_a_line_of_a_library_is_no_place_in_the_callers_code(path: str) -> None:
    drawing = Drawing()
    request = drawing.server()
    for _ in range(5):
        drawing.sql(request, CAT, code__file__path=path, code__line__number=243)

    finding = only(drawing.trace())

    assert finding.what.code is None


def test_place_and_way_are_those_that_most_spans_tell() -> None:
    drawing = Drawing()
    request = drawing.server()
    for line in (7, 7, 7, 7, 9):
        way = f"kv.py:{line} get ← views.py:{line} page"
        code = {"code.file.path": "kv.py", "code.line.number": line, "nplusone.code.path": way}
        drawing.sql(request, CAT, **{key.replace(".", "__"): code[key] for key in code})  # type: ignore[arg-type]  # attributes have dots

    finding = only(drawing.trace())

    assert (finding.what.code, finding.what.path) == (
        "kv.py:7",
        "kv.py:7 get ← views.py:7 page",
    )


def test_a_line_of_a_folder_of_that_name_is_a_place() -> None:
    drawing = Drawing()
    request = drawing.server()
    for _ in range(5):
        drawing.sql(request, CAT, code__file__path="/app/vendor/views.py", code__line__number=7)

    assert only(drawing.trace()).what.code == "/app/vendor/views.py:7"


def test_the_two_conventions_on_one_span_count_once() -> None:
    drawing = Drawing()
    request = drawing.server()
    for _ in range(5):
        drawing.sql(request, CAT, db__statement=CAT)

    finding = only(drawing.trace())

    assert finding.what.repeats == 5


def test_orphans_of_one_missing_parent_are_found_and_marked() -> None:
    drawing = Drawing()
    drawing.many("00000000000000ff", [CAT] * 5)

    finding = only(drawing.trace())

    assert finding.entry.incomplete
    assert finding.entry.span_id == "00000000000000ff"
    assert is_incomplete(drawing.trace())


def test_orphans_of_different_missing_parents_are_not_put_together() -> None:
    drawing = Drawing()
    for number in range(10):
        drawing.sql(f"{255 + number:016x}", CAT)

    found = find_n_plus_one(drawing.trace())

    assert found == []


def test_a_local_root_under_a_missing_caller_keeps_its_name() -> None:
    drawing = Drawing()
    job = drawing.span("00000000000000ff", name="nightly job")
    drawing.many(job, [CAT] * 5)

    finding = only(drawing.trace())

    assert finding.entry.route == "nightly job"
    assert finding.entry.incomplete


def test_spans_that_were_sent_twice_count_once() -> None:
    drawing = Drawing()
    drawing.many(drawing.server(), [CAT] * 4)

    found = find_n_plus_one(Trace(drawing.trace_id, tuple(drawing.spans * 2)))

    assert found == []


def test_a_clock_that_runs_backwards_gives_no_negative_time() -> None:
    drawing = Drawing()
    request = drawing.server(ms=-5)
    for _ in range(5):
        drawing.sql(request, CAT, ms=-1)

    finding = only(drawing.trace())

    assert finding.what.total_ns == 0
    assert finding.share_of_entry == 0


def test_a_cycle_among_parents_is_analysed() -> None:
    drawing = Drawing()
    first = drawing.span("0000000000000002", name="a")
    drawing.span(first, name="b")
    drawing.many(first, [CAT] * 5)

    finding = only(drawing.trace())

    assert finding.what.repeats == 5
    assert finding.entry.incomplete


def test_ten_thousand_spans_one_within_the_other_are_read() -> None:
    drawing = Drawing()
    deepest = drawing.server()
    for _ in range(10_000):
        deepest = drawing.span(deepest)
        drawing.sql(deepest, CAT)

    finding = only(drawing.trace())

    assert finding.what.repeats == 10_000


def test_verdicts_do_not_depend_on_the_order_of_the_spans() -> None:
    drawing = Drawing()
    request = drawing.server()
    drawing.sql(request, CLINIC)
    drawing.many(request, [APPOINTMENTS, CAT, CAT] * 6)
    shuffled = list(drawing.spans)
    random.Random(7).shuffle(shuffled)

    found = find_repeats(Trace(drawing.trace_id, tuple(shuffled)))

    assert found == find_repeats(drawing.trace())


_ids = st.sampled_from(["", "a", "b", "c", "d", "e", "f"])
_values = st.one_of(st.text(), st.none(), st.integers(), st.lists(st.text()), st.booleans())
_KEYS = [
    "db.query.text",
    "db.statement",
    "db.system",
    "db.operation.batch.size",
    "db.query.parameter.x",
    "nplusone.values_hash",
    "code.lineno",
    "http.route",
    "db.query.summary",
    "db.operation.name",
    "db.collection.name",
    "db.statement.parameters",
    "http.request.method",
    "url.full",
    "rpc.system",
    "rpc.method",
    "messaging.system",
    "messaging.destination.name",
    "aggregation.span_count",
    "composite.sum",
]
_TEXTS = [
    "redis",
    "mongodb",
    "elasticsearch",
    "GET",
    "http://users:8080/users/7?page=1",
    '{"find": "cats", "filter": {"_id": {"$in": [1, 2]}}}',
    "SELECT nextval('a')",
    "SELECT a FROM tenant_1.cat",
    "SELECT a FROM cat WHERE id IN (1, 2)",
    "SELECT a FROM b W",
]
_spans = st.builds(
    Span,
    st.just("t"),
    _ids,
    _ids,
    st.sampled_from(["clinic", "other"]),
    st.one_of(st.text(max_size=5), st.sampled_from(["prepare SELECT", "sql.rows", "GET /a"])),
    st.integers(-1, 9),
    st.integers(-5, 5),
    st.integers(-5, 5),
    st.booleans(),
    st.dictionaries(
        st.sampled_from(_KEYS),
        st.one_of(_values, st.sampled_from([CAT, CLINIC, *_TEXTS])),
    ),
)


@given(st.lists(_spans, max_size=30), st.randoms(use_true_random=False))
def test_no_span_tree_makes_it_raise_or_depend_on_order(
    spans: list[Span], randomness: random.Random
) -> None:
    trace = Trace("t", tuple(spans))
    randomness.shuffle(spans)

    found = find_repeats(trace, min_repeats=2)

    assert found == find_repeats(Trace("t", tuple(spans)), min_repeats=2)


def test_lists_that_all_fail_are_survived() -> None:
    drawing = Drawing()
    request = drawing.server()
    for number in range(6):
        drawing.sql(request, f"SELECT a FROM cat WHERE id IN ({number})", failed=True)

    finding = only(drawing.trace())

    assert finding.what.repeats == 6


def _loops(drawing: Drawing, request: str, number: int) -> None:
    drawing.many(request, [f"SELECT name FROM cat WHERE {'a' * number} = ?"] * 5)


def _nested_loops(drawing: Drawing, request: str, number: int) -> None:
    drawing.many(request, [f"SELECT {'a' * number} FROM {t} WHERE id = ?" for t in "bcbcbcbcbc"])


def _shards(drawing: Drawing, request: str, number: int) -> None:
    drawing.many(request, [f"SELECT {'a' * number} FROM cat_{shard}" for shard in range(5)])


def _schemas(drawing: Drawing, request: str, number: int) -> None:
    schemas = ("one", "two", "three", "four", "five")
    drawing.many(request, [f"SELECT {'a' * number} FROM {schema}.cat" for schema in schemas])


def _calls(drawing: Drawing, request: str, number: int) -> None:
    url = f"http://users/{'a' * number}/"
    for cat in range(5):
        attributes = {"http.request.method": "GET", "url.full": f"{url}{cat}"}
        call = drawing.span(request, kind=SpanKind.CLIENT, attributes=attributes)
        drawing.span(call, kind=SpanKind.SERVER, service="users")


@pytest.mark.parametrize("draw", [_loops, _nested_loops, _shards, _schemas, _calls])
def test_twice_the_faults_of_a_request_cost_twice_the_work(draw: Draw) -> None:
    work = []

    for faults in (60, 120):
        drawing = Drawing()
        request = drawing.server()
        for number in range(1, faults + 1):
            draw(drawing, request, number)
        trace = drawing.trace()
        assert len(find_n_plus_one(trace)) == faults  # its texts are known from now on
        work.append(_lines_run(trace))

    assert work[1] < 2.3 * work[0]


def _lines_run(trace: Trace) -> int:
    """Count the lines of Python that judge a trace, comprehensions round by round."""
    lines = 0

    def count(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal lines
        lines += event == "line"
        frame.f_trace_opcodes = True
        lines += event == "opcode"
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        find_n_plus_one(trace)
    finally:
        sys.settrace(before)
    return lines
