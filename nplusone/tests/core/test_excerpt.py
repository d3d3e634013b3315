"""Test that statements are shortened from their columns: tables and conditions stay."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_nplusone._core.excerpt import Excerpts, shorten

COLUMNS = ", ".join(f"cat.column_{number}" for number in range(60))
OTHERS = ", ".join(f"owner.column_{number}" for number in range(60))
JOINS = " ".join(f"JOIN table_{n} ON table_{n}.cat_id = cat.id" for n in range(12))
CONDITIONS = " AND ".join(f"cat.column_{number} = ?" for number in range(40))


@pytest.mark.parametrize(
    ("statement", "stays"),
    [
        (f"SELECT {COLUMNS} FROM cat WHERE cat.id = ?", " … FROM cat WHERE cat.id = ?"),
        (
            f"SELECT {COLUMNS} FROM cat {JOINS} WHERE cat.owner_id = ? ORDER BY cat.name",
            " WHERE cat.owner_id = ? ORDER BY cat.name",
        ),
        (f"SELECT {COLUMNS} FROM cat WHERE {CONDITIONS}", "… FROM cat WHERE cat.column_0 = ? AND"),
        (
            f"SELECT (SELECT count(*) FROM visit WHERE visit.cat_id = cat.id) AS n, {COLUMNS}"
            " FROM cat WHERE cat.id = ?",
            " FROM cat WHERE cat.id = ?",
        ),
        (
            f"SELECT count(*) AS count_1 FROM (SELECT {COLUMNS} FROM cat WHERE cat.owner_id = ?)",
            " … FROM cat WHERE cat.owner_id = ?)",
        ),
        (
            f"WITH RECURSIVE tree AS (SELECT {COLUMNS} FROM cat WHERE cat.id = ?)"
            f" SELECT {COLUMNS} FROM tree WHERE tree.depth < ?",
            " … FROM tree WHERE tree.depth < ?",
        ),
        (
            f"SELECT {COLUMNS} FROM cat WHERE cat.id = ? UNION SELECT {OTHERS} FROM owner"
            " WHERE owner.id = ?",
            " FROM owner WHERE owner.id = ?",
        ),
        (f"UPDATE cat SET {CONDITIONS} WHERE cat.id = ?", " … WHERE cat.id = ?"),
        (
            f"INSERT INTO cat ({COLUMNS}) VALUES ({', '.join('?' * 60)}) RETURNING cat.id",
            ") RETURNING cat.id",
        ),
        (
            f"SELECT EXTRACT(YEAR FROM cat.born), {COLUMNS} FROM cat WHERE cat.id = ?",
            " … FROM cat WHERE cat.id = ?",
        ),
    ],
    ids=[
        *("columns", "joins", "conditions", "subquery", "derived", "with", "union"),
        *("update", "insert", "extract"),
    ],
)
@pytest.mark.parametrize("most", [160, 300])
def test_what_is_asked_of_which_table_stays(statement: str, stays: str, most: int) -> None:
    short = shorten(statement, most)

    assert stays in short
    assert len(short) <= most
    assert "…" in short


def test_as_much_of_the_columns_is_kept_as_fits() -> None:
    short = shorten(f"SELECT {COLUMNS} FROM cat WHERE cat.id = ?", 120)

    assert short.startswith("SELECT cat.column_0, cat.column_1, cat.column_2,")
    assert 100 < len(short) <= 120


@pytest.mark.parametrize("text", ["SELECT 1", "GET users:8080 /users/{id}", ""])
def test_what_fits_stays_as_it_is(text: str) -> None:
    assert shorten(text) == text


def test_what_is_no_sql_loses_its_end() -> None:
    assert shorten("GET users:8080 " + "/a" * 200, 40).endswith(" …")


def test_two_statements_of_one_report_never_read_alike() -> None:
    excerpts = Excerpts()
    first = f"SELECT {COLUMNS} FROM cat WHERE cat.id = ?"
    second = f"SELECT {COLUMNS}, cat.vet FROM cat WHERE cat.id = ?"

    shown = [excerpts(first), excerpts(second), excerpts(first)]

    assert shorten(first) == shorten(second)
    assert shown == [shorten(first), second, shorten(first)]


WORDS = st.sampled_from(
    ["SELECT", "FROM", "WHERE", "SET", "INTO", "VALUES", "(", ")", "cat", ",", "?", "\0", "…"]
)


@given(st.lists(WORDS, max_size=120).map(" ".join), st.integers(30, 200))
def test_any_text_is_shortened_and_keeps_its_first_word(text: str, most: int) -> None:
    short = shorten(text, most)

    assert len(short) <= max(len(text), most)
    assert short.split(" ", 1)[0] == text.split(" ", 1)[0] or not text.split(" ", 1)[0]


def test_each_of_several_statements_keeps_its_table_and_condition() -> None:
    loop = [f"SELECT {OTHERS} FROM {name} WHERE {name}.id = ?" for name in "abcd"]

    short = shorten("; ".join(loop))

    assert [part.partition(" … ")[2] for part in short.split("; ")] == [
        f"FROM {name} WHERE {name}.id = ?" for name in "abcd"
    ]
