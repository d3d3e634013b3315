"""Test what a tree says of entries and ancestors, where spans are missing or sent twice."""

from typing import Any

import pytest

from nplusone.tests.traces import MS, TRACE_ID, Drawing
from otel_nplusone._core.asked import asked, asking, is_placeholder
from otel_nplusone._core.detect import find_n_plus_one
from otel_nplusone._core.layers import without_layers
from otel_nplusone._core.model import Kind, Span, SpanKind, Trace
from otel_nplusone._core.tree import Tree

CAT = "SELECT name FROM cat WHERE id = ?"
MISSING = "00000000000000ff"


def test_an_entry_tells_its_trace_its_service_and_how_long_it_took() -> None:
    drawing = Drawing(service="clinic")
    request = drawing.server("/cats", ms=7)

    entry = Tree(drawing.trace()).entry(request)

    assert (entry.trace_id, entry.span_id, entry.service) == (TRACE_ID, request, "clinic")
    assert (entry.route, entry.duration_ns, entry.incomplete) == ("GET /cats", 7 * MS, False)


def test_a_clock_that_runs_backwards_makes_an_entry_of_no_time() -> None:
    drawing = Drawing()
    request = drawing.server(ms=-5)

    assert Tree(drawing.trace()).entry(request).duration_ns == 0


def test_an_entry_that_is_missing_tells_the_service_of_its_first_child() -> None:
    drawing = Drawing(service="late")
    drawing.sql(MISSING, CAT, start=20 * MS)
    drawing.service = "early"
    drawing.sql(MISSING, CAT, start=10 * MS)

    entry = Tree(drawing.trace()).entry(MISSING)

    assert (entry.trace_id, entry.span_id, entry.service) == (TRACE_ID, MISSING, "early")
    assert (entry.route, entry.duration_ns, entry.incomplete) == ("(span missing)", 0, True)


def test_a_trace_is_whole_with_its_root_and_every_parent() -> None:
    whole, headless, holed = Drawing(), Drawing(), Drawing()
    whole.sql(whole.server(), CAT)
    headless.sql(MISSING, CAT)
    holed.server()
    holed.sql(MISSING, CAT)

    incomplete = [Tree(one.trace()).incomplete for one in (whole, headless, holed)]

    assert incomplete == [False, True, True]


def twice(**change: Any) -> list[Span]:
    """Return two spans of one id."""
    drawing = Drawing()
    drawing.sql(drawing.server(), CAT)
    return [drawing.spans[1], drawing.spans[1]._replace(**change)]


@pytest.mark.parametrize(
    "spans",
    [
        twice(start_time_unix_nano=1),
        twice(end_time_unix_nano=1),
        twice(parent_span_id=MISSING),
        twice(service="another"),
        twice(name="another"),
        twice(failed=True),
        twice(attributes={"db.query.text": "SELECT 2"}),
    ],
    ids=["start", "end", "parent", "service", "name", "failed", "attributes"],
)
def test_of_a_span_that_was_sent_twice_the_same_one_is_kept(spans: list[Span]) -> None:
    first, second = (
        Tree(Trace(TRACE_ID, tuple(ordered))).by_id for ordered in (spans, spans[::-1])
    )

    assert first == second


def test_a_finding_names_the_lowest_span_around_all_statements() -> None:
    drawing = Drawing()
    request = drawing.server()
    resolve = drawing.span(request, name="resolve")
    for _ in range(6):
        drawing.sql(drawing.span(resolve, name="field"), CAT)

    (finding,) = find_n_plus_one(drawing.trace())

    assert (finding.common_ancestor_span_id, finding.common_ancestor_name) == (resolve, "resolve")


def test_statements_at_several_depths_have_the_highest_parent_in_common() -> None:
    drawing = Drawing()
    request = drawing.server()
    outer = drawing.span(request, name="outer")
    fields = [drawing.span(outer, name="field") for _ in range(3)]
    for parent in (request, outer, *fields):
        drawing.sql(parent, CAT)

    (finding,) = find_n_plus_one(drawing.trace())

    assert finding.common_ancestor_span_id == request


def test_a_finding_below_a_missing_span_names_that() -> None:
    drawing = Drawing()
    drawing.many(MISSING, [CAT] * 6)

    (finding,) = find_n_plus_one(drawing.trace())

    assert (finding.common_ancestor_span_id, finding.common_ancestor_name) == (
        MISSING,
        "(span missing)",
    )


def test_origins_are_those_from_a_span_up_to_its_entry() -> None:
    drawing = Drawing(origin="server")
    outer = drawing.server()
    drawing.origin = "flask"
    request = drawing.server(parent=outer)
    drawing.origin = "view"
    view = drawing.span(request)
    drawing.origin = "driver"
    inner = drawing.sql(drawing.sql(view, CAT), CAT)

    tree = Tree(drawing.trace())

    assert tree.origins(inner, request) == ["driver", "view", "flask"]


def call(kind: int = SpanKind.CLIENT, **attributes: object) -> Span:
    drawing = Drawing()
    plain = {key.replace("__", "."): value for key, value in attributes.items()}
    drawing.span(name="call", kind=kind, attributes=plain)
    return drawing.spans[0]


def test_what_may_ask_goes_outward_or_is_a_databases() -> None:
    spans = [
        call(a=1),
        call(SpanKind.PRODUCER, a=1),
        call(SpanKind.INTERNAL, db__system="sqlite"),
        call(SpanKind.INTERNAL, db__query__text=CAT),
        call(SpanKind.INTERNAL, a=1),
        call(SpanKind.SERVER, a=1),
        call(),
    ]

    assert [span in asking([span]) for span in spans] == [True] * 4 + [False] * 3


@pytest.mark.parametrize(
    ("attributes", "text", "table"),
    [
        ({"db.query.summary": "select Cat dog"}, "SELECT Cat dog", "cat"),
        ({"db.operation": "SELECT demo", "db.sql.table": "cat"}, "SELECT cat", "cat"),
        ({"db.query.summary": "SELECT cat", "db.sql.table": "dog"}, "SELECT cat", "cat"),
        (
            {"db.query.text": "usp_find ?", "db.sql.table": "cat"},
            "usp_find ? cat",
            "cat",
        ),
        ({"db.query.text": CAT, "db.sql.table": "other"}, CAT, "cat"),
    ],
)
def test_a_statement_is_named_by_its_text_its_summary_or_its_operation_and_table(
    attributes: dict[str, Any], text: str, table: str
) -> None:
    found = asked(
        call(**{key.replace(".", "__"): v for key, v in attributes.items()}, db__system="mssql")
    )

    assert found is not None
    assert (found.kind, found.system) == (Kind.SQL, "mssql")
    assert (found.statement.text, found.statement.table) == (text, table)
    assert found.statement.digest in found.key


@pytest.mark.parametrize(
    "attributes",
    [
        {"db__query__summary": "cat"},
        {"db__query__summary": "EXPLAIN cat"},
        {"db__sql__table": "cat"},
    ],
)
def test_a_name_without_a_verb_of_sql_tells_no_statement(attributes: dict[str, Any]) -> None:
    assert asked(call(db__system="mssql", **attributes)) is None


def test_a_name_alone_tells_no_value_and_no_list() -> None:
    found = asked(call(db__system="mssql", db__query__summary="SELECT cat"))

    assert found is not None
    statement = found.statement
    assert (statement.has_binds, statement.has_equality, statement.list_size) == (True, False, 0)
    assert (statement.many_rows, statement.is_control) == (False, False)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("?" * 40, True), ("?" * 41, False), ("[REDACTED]", True), ("SELECT", True), ("GET", False)],
)
def test_a_short_text_without_a_word_of_its_own_is_a_placeholder(text: str, expected: bool) -> None:
    assert is_placeholder(text) is expected


def told_by(parent: dict[str, object], child: dict[str, object]) -> list[str]:
    """Return who tells of an execution that a span and one within it tell of."""
    drawing = Drawing()
    outer = drawing.span(name="outer", kind=SpanKind.CLIENT, attributes=parent)
    drawing.span(outer, name="inner", kind=SpanKind.CLIENT, attributes=child)
    tree = Tree(drawing.trace())
    return [span.name for span in without_layers(list(drawing.spans), tree.by_id)]


SQL: dict[str, object] = {"db.system": "sqlite", "db.query.text": CAT}
HTTP: dict[str, object] = {"http.request.method": "GET", "url.full": "http://users/users/7"}
NAMED: dict[str, object] = {"db.system": "sqlite", "db.query.summary": "SELECT cat"}


@pytest.mark.parametrize(
    ("parent", "child", "tell"),
    [
        (SQL, SQL, ["outer"]),
        (SQL, SQL | {"db.query.text": "SELECT name FROM dog"}, ["outer", "inner"]),
        (NAMED, SQL, ["inner"]),
        (SQL, NAMED, ["outer", "inner"]),
        (NAMED, HTTP, ["outer"]),
        ({"rpc.system": "aws-api"}, HTTP, ["outer"]),
        (HTTP, NAMED, ["outer", "inner"]),
        ({"other": "x"}, SQL, ["outer", "inner"]),
        ({"db.system": "sqlite", "db.operation.batch.size": 1}, SQL, ["outer", "inner"]),
        ({"db.system": "sqlite", "db.operation.batch.size": 2}, SQL, ["outer"]),
        ({"db.system": "sqlite"}, SQL, ["outer", "inner"]),
        (NAMED, {"db.system": "mongodb", "db.query.text": '{"find": "cat"}'}, ["inner"]),
    ],
)
def test_of_two_layers_the_better_one_tells(
    parent: dict[str, object], child: dict[str, object], tell: list[str]
) -> None:
    assert told_by(parent, child) == tell


@pytest.mark.parametrize(
    ("start", "end", "tell"),
    [
        (10 * MS, 20 * MS, ["find"]),
        (8 * MS, 22 * MS, ["find"]),
        (8 * MS - 1, 20 * MS, ["findOne", "find"]),
        (10 * MS, 22 * MS + 1, ["findOne", "find"]),
    ],
)
def test_a_library_tells_nothing_of_a_call_that_its_driver_tells_within_two_milliseconds(
    start: int, end: int, tell: list[str]
) -> None:
    drawing = Drawing()
    request = drawing.server()
    named = {"db.system": "mongodb", "db.collection.name": "owners"}
    told = named | {"db.query.text": '{"find": "owners"}'}
    for name, attributes, begin, stop in (
        ("findOne", named, 10 * MS, 20 * MS),
        ("find", told, start, end),
    ):
        drawing.span(request, name=name, kind=SpanKind.CLIENT, attributes=attributes, start=begin)
        drawing.spans[-1] = drawing.spans[-1]._replace(end_time_unix_nano=stop)

    tree = Tree(drawing.trace())

    assert [span.name for span in without_layers(asking(tree.spans), tree.by_id)] == tell


def test_a_procedure_of_another_table_is_another_statement() -> None:
    cat, dog = (
        asked(call(db__system="mssql", db__query__text="usp_find ?", db__sql__table=table))
        for table in ("cat", "dog")
    )

    assert cat is not None and dog is not None
    assert cat.key != dog.key
