"""Test the counting rule: what is sent in place of what repeats."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_nplusone._predict.counting import Loop, Repair, statements_after, statements_at
from otel_nplusone.predict import Interval


def loop(name: str = "cat", **other: int | bool) -> Loop:
    known: dict[str, int | bool] = {"statements": 100, "keys": 40, "sent": 1, "leads": 0}
    asked = known | {"is_sql": True, "has_source": True} | other
    return Loop(name, **asked)  # type: ignore[arg-type]  # of the fields' own types


@pytest.mark.parametrize(
    ("repair", "keys", "expected"),
    [
        (Repair.SELECT_IN, 1, (3, 3, 3)),
        (Repair.SELECT_IN, 500, (3, 3, 3)),
        (Repair.SELECT_IN, 501, (3, 4, 4)),
        (Repair.SELECT_IN, 10_986, (3, 24, 24)),
        (Repair.JOIN, 10_986, (2, 2, 2)),
        (Repair.ROWS, 10_986, (2, 2, 3)),
        (Repair.ONCE, 10_986, (10_988, 10_988, 10_988)),
    ],
)
def test_what_is_sent_in_place_of_a_loop(
    repair: Repair, keys: int, expected: tuple[int, int, int]
) -> None:
    found = statements_after(repair, 2, [loop(keys=keys)])

    assert found == Interval(*expected)


def test_the_queries_before_a_loop_may_become_part_of_the_join() -> None:
    found = statements_after(Repair.JOIN, 2, [loop(leads=2), loop("visit")])

    assert found == Interval(1, 2, 2)


def test_rows_without_a_query_before_them_need_one_of_their_own() -> None:
    found = statements_after(Repair.ROWS, 0, [loop(has_source=False)])

    assert found == Interval(1, 1, 1)


def test_a_pattern_of_three_statements_needs_three() -> None:
    found = statements_after(Repair.SELECT_IN, 2, [loop(sent=3, keys=600)])

    assert found == Interval(5, 8, 8)


def test_calls_are_one_call_or_one_for_each_list() -> None:
    found = statements_after(Repair.ROWS, 1, [loop(is_sql=False, keys=1_200)])

    assert found == Interval(2, 2, 4)


def test_another_size_counts_what_stays_as_well() -> None:
    loops = [loop(), loop("visit", statements=10, keys=10)]

    found = statements_at(Repair.ONCE, 2, loops, ["cat"], {"cat": 9_000}, {"visit": 4})

    assert found == Interval(9_006, 9_006, 9_006)


@given(
    repair=st.sampled_from(Repair),
    rest=st.integers(1, 20),
    keys=st.integers(1, 5_000),
    more=st.integers(0, 5_000),
    leads=st.integers(0, 20),
)
def test_a_repair_never_sends_more_nor_nothing(
    repair: Repair, rest: int, keys: int, more: int, leads: int
) -> None:
    asked = loop(statements=keys + more, keys=keys, leads=min(leads, rest))

    found = statements_after(repair, rest, [asked])

    assert 1 <= found.low <= found.mid <= found.high <= rest + asked.statements
