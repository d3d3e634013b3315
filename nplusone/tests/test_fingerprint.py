"""Which statements are the same, and which are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_nplusone._core.fingerprint import fingerprint

CAT = "SELECT cat.name FROM cat WHERE cat.id = ?"


@pytest.mark.parametrize(
    "text",
    [
        "SELECT cat.name FROM cat WHERE cat.id = %s",
        "SELECT cat.name FROM cat WHERE cat.id = %(id_1)s",
        "SELECT cat.name FROM cat WHERE cat.id = %(id_1)s::UUID",
        "SELECT cat.name FROM cat WHERE cat.id = $1::character varying(20)",
        "SELECT cat.name FROM cat WHERE cat.id = :id",
        "SELECT cat.name FROM cat WHERE cat.id = :1",
        "SELECT cat.name FROM cat WHERE cat.id = ?1",
        "SELECT cat.name FROM cat WHERE cat.id = @p1",
        "SELECT cat.name FROM cat WHERE cat.id = {id:UInt64}",
        "SELECT cat.name FROM cat WHERE cat.id = 17",
        "SELECT cat.name FROM cat WHERE cat.id = -17.5e3",
        "SELECT cat.name FROM cat WHERE cat.id = 'it''s'",
        r"SELECT cat.name FROM cat WHERE cat.id = 'it\'s'",
        "SELECT cat.name FROM cat WHERE cat.id = $tag$it's$tag$",
        "SELECT cat.name FROM cat WHERE cat.id = 0xFF",
        "SELECT cat.name FROM cat WHERE cat.id = NULL",
        "SELECT cat.name FROM cat WHERE cat.id = 'cut off",
        'SELECT cat.name FROM cat WHERE cat.id = "a text in MySQL"',
        'select "cat"."name"\n  from "cat"\n where "cat"."id" = ?;',
        "SELECT `cat`.`name` FROM `cat` WHERE `cat`.`id` = ?",
        "SELECT [cat].[name] FROM [cat] WHERE [cat].[id] = ?",
        "SELECT cat.name /* a comment */ FROM cat -- another\nWHERE cat.id = ?",
        "# MySQL's comment\nSELECT cat.name FROM cat WHERE cat.id = ?",
        CAT + " /*traceparent='00-0af7-01'*/",
    ],
)
def test_values_binds_quotes_case_and_comments_make_no_difference(text: str) -> None:
    found = fingerprint(text)

    assert found.text == CAT
    assert found.digest == fingerprint(CAT).digest


@pytest.mark.parametrize(
    "other",
    [
        "SELECT cat.name FROM cat WHERE cat.id IN (?)",
        "SELECT cat.name FROM cat WHERE cat.id != ?",
        "SELECT cat.name FROM cat WHERE cat.id IS NULL",
        "SELECT cat.age FROM cat WHERE cat.id = ?",
        "SELECT cat.name FROM cat2 WHERE cat.id = ?",
        "SELECT cat.name FROM cat WHERE cat.id = cat.owner_id",
        "SELECT cat.name FROM cat",
    ],
)
def test_another_statement_has_another_fingerprint(other: str) -> None:
    found = fingerprint(other)

    assert found.digest != fingerprint(CAT).digest


@pytest.mark.parametrize(
    "values",
    [
        "(?)",
        "(?, ?, ?)",
        "(1,2,3)",
        "('a', 'b')",
        "((?, ?), (?, ?))",
        "(%s::UUID, %s::UUID)",
        "(__[POSTCOMPILE_id_1])",
        "%s",
        "(?, ?",
        "()",
        "(" + ", ".join("?" * 9_000) + ")",
    ],
)
def test_lists_of_any_length_are_one(values: str) -> None:
    found = fingerprint(f"SELECT name FROM cat WHERE id IN {values}")

    assert found.text == "SELECT name FROM cat WHERE id IN (…)"


def test_a_subquery_is_no_list() -> None:
    found = fingerprint("SELECT a FROM t WHERE x IN (SELECT y FROM u WHERE z = 5)")

    assert found.text == "SELECT a FROM t WHERE x IN (SELECT y FROM u WHERE z = ?)"
    assert found.list_size == 0


def test_rows_of_any_number_are_one_but_differ_from_a_single_row() -> None:
    one, two, three = (
        fingerprint("INSERT INTO cat (a, b) VALUES " + ", ".join(["(?, ?)"] * rows))
        for rows in (1, 2, 3)
    )

    assert two.digest == three.digest != one.digest
    assert (one.many_rows, two.many_rows) == (False, True)


def test_is_null_and_is_not_null_differ() -> None:
    null, not_null = (fingerprint(f"SELECT a FROM t WHERE b IS {n}") for n in ("NULL", "NOT NULL"))

    assert null.digest != not_null.digest


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('SELECT a FROM t WHERE b IN ("x", "y")', "SELECT a FROM t WHERE b IN (…)"),
        ('INSERT INTO "t" ("a", "b") VALUES ("x", 1)', "INSERT INTO t (a, b) VALUES (?, ?)"),
        ('SELECT "a" FROM "t" WHERE "t"."b" = "t"."c"', "SELECT a FROM t WHERE t.b = t.c"),
        ('SELECT a FROM t WHERE b LIKE "x%" AND b > 5', "SELECT a FROM t WHERE b LIKE ? AND b > ?"),
    ],
)
def test_double_quotes_are_texts_where_values_stand(text: str, expected: str) -> None:
    found = fingerprint(text)

    assert found.text == expected


def test_a_subtraction_keeps_its_sign() -> None:
    found = fingerprint("SELECT a - 5, -5 FROM t")

    assert found.text == "SELECT a - ?, ? FROM t"


@pytest.mark.parametrize(
    ("text", "summary", "is_write"),
    [
        (CAT, "SELECT cat", False),
        ("insert into cat (a) values (1)", "INSERT cat", True),
        ("WITH x AS (SELECT 1 FROM y) UPDATE cat SET a = 1", "UPDATE y", True),
        ("DELETE FROM public.cat", "DELETE public.cat", True),
        ("(SELECT a FROM b) UNION SELECT c FROM d", "SELECT b", False),
        ("SELECT * FROM (SELECT a FROM b) AS c", "SELECT b", False),
        ("", "", False),
    ],
)
def test_verb_and_table_are_found(text: str, summary: str, is_write: bool) -> None:
    found = fingerprint(text)

    assert found.summary == summary
    assert found.is_write == is_write


@pytest.mark.parametrize(
    "text", ["BEGIN", "COMMIT;", "ROLLBACK TO SAVEPOINT a1", "SELECT 1", "-- nothing", "SET a = 1"]
)
def test_transactions_settings_and_pings_are_control(text: str) -> None:
    found = fingerprint(text)

    assert found.is_control


def test_binds_are_told_from_literals() -> None:
    bound, literal = fingerprint("SELECT ? FROM a"), fingerprint("SELECT 1 FROM a")

    assert (bound.has_binds, literal.has_binds) == (True, False)


@given(st.text())
def test_any_text_has_a_fingerprint(text: str) -> None:
    found = fingerprint(text)

    assert len(found.digest) == 16


@given(st.lists(st.sampled_from(["SELECT", "IN", "(", ")", "?", ",", "'", '"', "[", "]"])))
def test_any_sequence_of_tokens_has_a_fingerprint(parts: list[str]) -> None:
    found = fingerprint(" ".join(parts))

    assert len(found.digest) == 16


@given(st.integers(), st.text(alphabet=st.characters(exclude_characters="'\\")))
def test_values_never_show_in_the_text(number: int, text: str) -> None:
    found = fingerprint(f"SELECT a FROM t WHERE b = {number} AND c = '{text}'")

    assert found.text == "SELECT a FROM t WHERE b = ? AND c = ?"


@pytest.mark.parametrize(
    "piece",
    ["(", "%(", "__[", "'", '"', "$a$", "{a", "IN (", "::", "/*", "["],
)
def test_a_quarter_million_characters_of_nonsense_are_read(piece: str) -> None:
    found = fingerprint(piece * (262_144 // len(piece)))

    assert len(found.digest) == 16
