"""Test what is told of loops of several statements, of families of tables, and of places."""

from collections.abc import Sequence
from typing import Any

import pytest

from nplusone.tests.traces import MS, Drawing
from otel_nplusone._core.fingerprint import fingerprint
from otel_nplusone._core.model import Kind, RepeatClass, Repeats
from otel_nplusone._core.tally import Tally

OWNERS = "SELECT id FROM owner"
CAT = "SELECT name FROM cat WHERE id = ?"
DOG = "SELECT name FROM dog WHERE id = ?"


def told(drawing: Drawing) -> list[Repeats]:
    return Tally(drawing.spans).repeats()


def test_a_loop_of_two_statements_tells_of_both() -> None:
    drawing = Drawing()
    source = drawing.sql("", OWNERS)
    ids = []
    for line in (1, 1, 1, 2, 2):
        ids.append(drawing.sql("", CAT, ms=2, db__namespace="shop"))
        ids.append(
            drawing.sql(
                "",
                DOG,
                db__namespace="shop",
                nplusone__relationship="Owner.dogs",
                nplusone__load="deferred Dog.notes",
                code__file__path="views.py",
                code__line__number=line,
                nplusone__code__path=f"views.py:{line} ← page.py:7",
            )
        )

    (what,) = told(drawing)

    assert what == Repeats(
        repeat_class=RepeatClass.NESTED,
        system="sqlite",
        namespace="shop",
        fingerprint=fingerprint(f"{CAT}; {DOG}").digest,
        statement=f"{CAT}; {DOG}",
        pattern=(CAT, DOG),
        repeats=5,
        statements=10,
        distinct_values=None,
        total_ns=15 * MS,
        overlapping=False,
        source_statement=OWNERS,
        source_span_id=source,
        code="views.py:1",
        relationship="Owner.dogs",
        offender_span_ids=(*ids[::2], *ids[1::2]),
        kind=Kind.SQL,
        path="views.py:1 ← page.py:7",
        load="deferred Dog.notes",
        places=("views.py:1 ← page.py:7", "views.py:2 ← page.py:7"),
        place_counts=(3, 2),
    )


def test_a_loop_over_two_databases_is_told_of_the_first() -> None:
    drawing = Drawing()
    for _ in range(5):
        drawing.sql("", CAT, db__namespace="shop")
        drawing.sql("", DOG, db__namespace="pets")

    assert [(what.namespace, what.pattern) for what in told(drawing)] == [("shop", (CAT, DOG))]


def test_a_loop_of_two_commands_is_told_one_by_one() -> None:
    drawing = Drawing()
    for number in range(5):
        for command in ("HGET", "GET"):
            drawing.sql("", f"{command} cart:{number}", db__system__name="redis")

    assert [(what.kind, what.system) for what in told(drawing)] == [(Kind.NOSQL, "redis")] * 2


def test_one_statement_tells_how_often_it_was_sent_and_from_where() -> None:
    drawing = Drawing()
    source = drawing.sql("", OWNERS)
    for line in (1, 1, 1, 1, 2, 2):
        drawing.sql(
            "",
            CAT,
            code__file__path="views.py",
            code__line__number=line,
            nplusone__relationship="Owner.cats",
            nplusone__load="deferred Cat.notes",
        )

    (what,) = told(drawing)

    assert (what.repeats, what.statements, what.pattern) == (6, 6, (CAT,))
    assert (what.source_statement, what.source_span_id) == (OWNERS, source)
    assert (what.places, what.place_counts) == (("views.py:1", "views.py:2"), (4, 2))
    assert (what.relationship, what.load) == ("Owner.cats", "deferred Cat.notes")


def test_the_source_is_the_statement_before_whatever_is_between() -> None:
    drawing = Drawing()
    source = drawing.sql("", OWNERS)
    drawing.many("", ["COMMIT", *[CAT] * 5])

    assert [what.source_span_id for what in told(drawing)] == [source]


def test_what_comes_first_has_no_source() -> None:
    drawing = Drawing()
    drawing.many("", [CAT] * 5)

    assert [(what.source_statement, what.fan_out) for what in told(drawing)] == [(None, 0)]


@pytest.mark.parametrize(
    ("told_by_span", "code"),
    [
        ({"code.function.name": "page"}, "page"),
        ({"code.function": "page"}, "page"),
        ({"code.file.path": "views.py"}, "views.py"),
        ({"code.filepath": "views.py"}, "views.py"),
    ],
)
def test_a_place_is_told_by_any_part_of_it(told_by_span: dict[str, Any], code: str) -> None:
    drawing = Drawing()
    for _ in range(5):
        drawing.sql("", CAT, **{key.replace(".", "__"): told_by_span[key] for key in told_by_span})

    assert [what.code for what in told(drawing)] == [code]


def test_a_span_without_a_place_does_not_hide_what_the_others_tell() -> None:
    drawing = Drawing()
    for _ in range(5):
        drawing.sql("", CAT, code__function="page", nplusone__relationship="Owner.cats")
    drawing.sql("", CAT)

    assert [what.relationship for what in told(drawing)] == ["Owner.cats"]


def test_callers_of_a_loop_are_not_places() -> None:
    drawing = Drawing()
    callers = [drawing.span(name=f"{name}.render") for name in ("page", "menu") * 3]
    spans = [drawing.sql(caller, CAT) for caller in callers]
    parents = {span.span_id: span for span in drawing.spans}

    (what,) = Tally([parents[one] for one in spans], parents=parents).repeats()

    assert what.repeat_class is RepeatClass.N_PLUS_ONE
    assert what.places == ()


def tenants(numbers: Sequence[int], table: str = "cat") -> list[str]:
    return [f"SELECT name FROM tenant_{number}.{table}" for number in numbers]


def test_a_fan_out_has_one_name_whichever_tables_it_went_to() -> None:
    found = []
    for numbers in (range(5), range(5, 11)):
        drawing = Drawing()
        for text in tenants(numbers):
            drawing.sql("", text, db__namespace="shop")
        found += told(drawing)

    assert {what.statement for what in found} == {"SELECT name FROM tenant_?.cat"}
    assert {(what.system, what.namespace) for what in found} == {("sqlite", "shop")}
    assert len({what.fingerprint for what in found}) == 1
    assert [what.fan_out for what in found] == [5, 6]


def test_a_schema_is_what_stands_first() -> None:
    drawing = Drawing()
    drawing.many("", [f"SELECT name FROM {name}.pub.cat" for name in ("a", "b", "c", "d", "e")])

    assert [what.statement for what in told(drawing)] == ["SELECT name FROM *.pub.cat"]


def test_two_fan_outs_of_a_request_are_two() -> None:
    drawing = Drawing()
    drawing.many("", [*tenants(range(5)), *tenants(range(6), "dog")])

    assert sorted(what.repeats for what in told(drawing)) == [5, 6]


@pytest.mark.parametrize(("numbers", "found"), [(range(4), 0), (range(5), 1)])
def test_a_fan_out_begins_where_repeats_do(numbers: range, found: int) -> None:
    drawing = Drawing()
    drawing.many("", tenants(numbers))

    assert len(told(drawing)) == found


def test_a_load_from_several_tables_names_each() -> None:
    drawing = Drawing()
    drawing.many("", [CAT, DOG] * 3)

    (what,) = told(drawing)

    assert (what.statement, what.pattern) == (f"{CAT}; {DOG}", (CAT, DOG))


@pytest.mark.parametrize(
    "texts",
    [
        [CAT, DOG, CAT, DOG],
        [CAT, "SELECT name FROM dog WHERE tag = ?"] * 3,
        [CAT, "UPDATE dog SET a = 1 WHERE id = ?"] * 3,
        [CAT, DOG, OWNERS] * 3,
        [CAT, DOG, "SELECT a FROM pig WHERE id = ?"] * 1 + [CAT, DOG],
    ],
    ids=["four", "another column", "a write", "others between", "less than twice each"],
)
def test_what_is_no_load_from_several_tables(texts: Sequence[str]) -> None:
    drawing = Drawing()
    drawing.many("", texts)

    assert told(drawing) == []
