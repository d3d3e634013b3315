"""Test what a finding says: both ends of a call, its values, its places, and what to do."""

from typing import Any

import pytest

from nplusone.tests.traces import Drawing
from otel_nplusone._core.advice import advise
from otel_nplusone._core.detect import find_n_plus_one
from otel_nplusone._core.model import Finding, Kind, RepeatClass, SpanKind, Trace

CAT = "SELECT name FROM cat WHERE id = ?"
OWNER = "SELECT name FROM owner WHERE id = ?"
SETTING = "SELECT value FROM setting WHERE name = ?"


def only(trace: Trace) -> Finding:
    (finding,) = find_n_plus_one(trace)
    return finding


def calls_of_users(times: int, *, callee_statements: int = 1) -> Trace:
    """Draw a gateway that calls the service users, which sends statements for each call."""
    drawing = Drawing(service="gateway")
    request = drawing.server("/orders")
    for number in range(times):
        call = drawing.span(
            request,
            name="GET",
            kind=SpanKind.CLIENT,
            attributes={
                "http.request.method": "GET",
                "url.full": f"http://users:8080/users/{number}?full=1",
            },
        )
        answer = drawing.span(
            call,
            name="GET /users/{id}",
            kind=SpanKind.SERVER,
            service="users",
            attributes={"http.route": "/users/{id}", "http.request.method": "GET"},
        )
        for _ in range(callee_statements):
            drawing.spans.append(
                drawing.spans[-1]._replace(
                    span_id=f"{number + 1000:016x}",
                    parent_span_id=answer,
                    name="SELECT",
                    kind=SpanKind.CLIENT,
                    attributes={"db.system.name": "sqlite", "db.query.text": CAT},
                )
            )
    return drawing.trace()


def test_calls_across_services_are_one_finding_that_names_both_ends() -> None:
    finding = only(calls_of_users(30))

    assert finding.entry.service == "gateway"
    assert finding.what.repeat_class is RepeatClass.N_PLUS_ONE
    assert finding.what.kind is Kind.HTTP
    assert finding.what.statement == "GET users:8080 /users/{id}?full"
    assert finding.what.repeats == finding.what.distinct_values == 30
    assert (finding.what.callee, finding.what.callee_statement) == ("users", CAT)
    assert f"users sends {CAT} for each of them" in advise(finding.what)


def test_four_calls_across_services_stay_silent() -> None:
    found = find_n_plus_one(calls_of_users(4))

    assert found == []


def test_a_callee_without_statements_is_named_alone() -> None:
    finding = only(calls_of_users(6, callee_statements=0))

    assert (finding.what.callee, finding.what.callee_statement) == ("users", None)
    assert "users answers each of them by itself" in advise(finding.what)


def test_repeats_of_few_values_are_two_faults_in_one_finding() -> None:
    drawing = Drawing()
    request = drawing.server()
    for number in range(360):
        drawing.sql(request, CAT, nplusone__values_hash=str(number % 120))

    finding = only(drawing.trace())

    assert (finding.what.repeats, finding.what.distinct_values) == (360, 120)
    assert "120 different values 360 times" in advise(finding.what)


def test_repeats_of_almost_as_many_values_are_one_fault() -> None:
    drawing = Drawing()
    request = drawing.server()
    for number in range(12):
        drawing.sql(request, CAT, nplusone__values_hash=str(number % 10))

    advice = advise(only(drawing.trace()).what)

    assert "different values" not in advice


def test_the_member_of_a_loop_that_asks_for_the_same_is_named() -> None:
    drawing = Drawing()
    request = drawing.server()
    for number in range(7):
        drawing.sql(request, CAT, nplusone__values_hash=str(number))
        drawing.sql(request, SETTING, nplusone__values_hash="1")

    finding = only(drawing.trace())

    assert finding.what.repeat_class is RepeatClass.NESTED
    assert finding.what.same_values == (SETTING,)
    assert f"{SETTING} asks for the same each time" in advise(finding.what)


def test_a_statement_within_advice_is_short() -> None:
    columns = ", ".join(f"setting.column_{number}" for number in range(40))
    drawing = Drawing()
    request = drawing.server()
    for number in range(7):
        drawing.sql(request, CAT, nplusone__values_hash=str(number))
        drawing.sql(request, f"SELECT {columns} FROM setting", nplusone__values_hash="1")

    advice = advise(only(drawing.trace()).what)

    assert "… FROM setting asks for the same each time" in advice
    assert len(advice) < 500


PLACES = ("auth", "sidebar", "navbar", "main", "audit")


def scattered(*, with_code: bool, values: bool = False) -> Trace:
    drawing = Drawing()
    request = drawing.server()
    for number, place in enumerate(PLACES):
        parent = drawing.span(request, name=f"{place}.render")
        code: dict[str, Any] = {"code__file__path": f"{place}.py", "code__line__number": "12"}
        known: dict[str, Any] = {"nplusone__values_hash": str(number)}
        drawing.sql(parent, CAT, **(code if with_code else {}), **(known if values else {}))
    return drawing.trace()


def test_places_in_the_code_that_ask_once_each_are_told_and_no_loop() -> None:
    what = only(scattered(with_code=True)).what

    assert what.repeat_class is RepeatClass.REDUNDANT
    assert what.places == (
        "auth.py:12",
        "sidebar.py:12",
        "navbar.py:12",
        "main.py:12",
        "audit.py:12",
    )
    assert "5 places ask for it" in advise(what)


def test_spans_around_it_are_places_where_no_code_is_told() -> None:
    what = only(scattered(with_code=False)).what

    assert what.repeat_class is RepeatClass.REDUNDANT
    assert what.places[0] == "auth.render"


def test_places_that_ask_for_different_values_are_no_fault() -> None:
    found = find_n_plus_one(scattered(with_code=True, values=True))

    assert found == []


def test_a_loop_in_two_places_is_a_loop() -> None:
    drawing = Drawing()
    request = drawing.server()
    for number in range(8):
        drawing.sql(request, CAT, code__file__path=f"{number % 2}.py", code__line__number=1)

    what = only(drawing.trace()).what

    assert what.repeat_class is RepeatClass.N_PLUS_ONE
    assert what.places == ("0.py:1", "1.py:1")


def test_a_fan_out_says_over_how_many_tables() -> None:
    drawing = Drawing()
    drawing.many(drawing.server(), [f"SELECT a FROM tenant_{n}.cat" for n in range(9)] * 2)

    what = only(drawing.trace()).what

    assert (what.fan_out, what.repeats) == (9, 18)
    assert "9 tables or schemas" in advise(what)


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("SELECT nextval('cat_seq')", "in blocks"),
        ("SELECT a FROM cat WHERE id IN (?)", "does not batch"),
        (CAT, "joinedload"),
        ("SELECT a FROM cat WHERE cat.owner_id = ?", "cat are read for one owner_id at a time"),
        ("SELECT a FROM cat WHERE ? = cat.owner_id", "with cat.owner_id IN (…)"),
        ("SELECT a FROM cat WHERE owner_fk = ?", "with cat.owner_fk IN (…)"),
        ("SELECT a FROM cat WHERE cat.valid = ?", "Each cat is read by itself"),
        ("SELECT a FROM cat WHERE owner_id > ?", "Each cat is read by itself"),
    ],
)
def test_the_advice_fits_the_statement(statement: str, says: str) -> None:
    drawing = Drawing()
    drawing.many(drawing.server(), [statement] * 6)

    assert says in advise(only(drawing.trace()).what)


def test_time_in_prepare_and_fetch_belongs_to_the_statement() -> None:
    drawing = Drawing()
    request = drawing.server()
    for _ in range(6):
        for name in ("prepare SELECT", "query SELECT", "sql.rows"):
            attributes = {"db.system": "postgresql", "db.statement": CAT}
            drawing.span(request, name=name, kind=SpanKind.CLIENT, attributes=attributes, ms=2)

    what = only(drawing.trace()).what

    assert (what.repeats, what.total_ns) == (6, 36_000_000)


def test_time_of_a_composite_span_is_the_sum_of_what_it_stands_for() -> None:
    drawing = Drawing()
    drawing.sql(drawing.server(), CAT, ms=500, composite__count=30, composite__sum=90.5)

    what = only(drawing.trace()).what

    assert (what.repeats, what.total_ns, what.distinct_values) == (30, 90_500_000, None)
