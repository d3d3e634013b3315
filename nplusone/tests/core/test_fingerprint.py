"""Test which statements are the same, and which are not."""

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
        ("SELECT a FROM transaction WHERE transaction.id = ?", "SELECT transaction", False),
        ("INSERT INTO key (a) VALUES (1)", "INSERT key", True),
        ("SELECT a FROM cat FOR UPDATE SKIP LOCKED", "SELECT cat", False),
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


def test_half_of_a_surrogate_pair_has_a_fingerprint() -> None:
    one, other = (fingerprint(f"SELECT a FROM cat {half}") for half in "\ud83d\ude00")

    assert len(one.digest) == len(other.digest) == 16
    assert one.digest != other.digest


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


@pytest.mark.parametrize(
    ("condition", "size", "text"),
    [
        ("IN (?, ?, ?)", 3, "IN (…)"),
        ("IN (__[POSTCOMPILE_a])", 1_000, "IN (…)"),
        ("IN %s", 1_000, "IN (…)"),
        ("= ANY(%s)", 1_000, "= ANY (…)"),
        ("= ANY(?, ?)", 2, "= ANY (…)"),
        ("= ANY (ARRAY[?, ?]) AND c = ?", 2, "= ANY (ARRAY (…)) AND c = ?"),
        ("= ANY (ARRAY[?, ?", 2, "= ANY (ARRAY (…)"),
        ("= ANY (ARRAY[a, ?])", 0, "= ANY (ARRAY [a, ?])"),
        ("IN ((?, ?), (?, ?)) AND c = ?", 4, "IN (…) AND c = ?"),
        ("IN ? AND c = ?", 1_000, "IN (…) AND c = ?"),
        ("IN (?, ?) AND c IN (?, ?, ?) AND d IN (?)", 3, "IN (…) AND c IN (…) AND d IN (…)"),
        ("IN (SELECT ?)", 0, "IN (SELECT ?)"),
    ],
)
def test_the_longest_list_is_measured(condition: str, size: int, text: str) -> None:
    found = fingerprint(f"SELECT a FROM t WHERE b {condition}")

    assert (found.list_size, found.text) == (size, f"SELECT a FROM t WHERE b {text}")


@pytest.mark.parametrize(
    ("rows", "many", "text"),
    [
        ("(?, ?), (?, ?) RETURNING id", True, "(?, ?), … RETURNING id"),
        ("(?, (?)), (?, (?)), (?, ?)", True, "(?, (?)), …"),
        ("(?), (", True, "(?), …"),
        ("(?, ?),", False, "(?, ?),"),
        ("(", False, "("),
        ("?", False, "?"),
    ],
)
def test_rows_are_read_to_their_end(rows: str, many: bool, text: str) -> None:
    found = fingerprint(f"INSERT INTO t VALUES {rows}")

    assert (found.many_rows, found.text) == (many, f"INSERT INTO t VALUES {text}")


OF_ONE = "SELECT a FROM t WHERE owner_id = ?"


@pytest.mark.parametrize(
    "text",
    [
        "SELECT a FROM t WHERE id > ? ORDER BY id LIMIT 10",
        "SELECT a FROM t LIMIT 2 OFFSET ?",
        "SELECT a FROM t LIMIT ?, ?",
        "SELECT a FROM t LIMIT 0, 2",
        "SELECT a FROM t FETCH NEXT 10 ROWS ONLY OFFSET 5",
        "SELECT a FROM t WHERE a = 7 AND b > 3 ORDER BY id LIMIT 50 OFFSET 2",
        f"{OF_ONE} AND id > ? ORDER BY id LIMIT 10",
        f"{OF_ONE} LIMIT 10 OFFSET 20",
        f"{OF_ONE} LIMIT 100 OFFSET ?",
        f"{OF_ONE} LIMIT 5, 100",
        "FETCH 100 FROM c",
    ],
)
def test_what_moves_on_by_a_limit_is_a_page(text: str) -> None:
    assert fingerprint(text).is_page


@pytest.mark.parametrize(
    "text",
    [
        "",
        "SELECT a FROM t ORDER BY id LIMIT 10",
        "SELECT a FROM t LIMIT 1 OFFSET ?",
        "SELECT a FROM t LIMIT 5, 1",
        f"{OF_ONE} AND id > ? ORDER BY name LIMIT 10",
        f"{OF_ONE} LIMIT 10 OFFSET 0",
        f"{OF_ONE} LIMIT 10 OFFSET ?",
        f"{OF_ONE} LIMIT 99 OFFSET ?",
        f"{OF_ONE} LIMIT 100, 5",
        "UPDATE t SET a = ? LIMIT 5 OFFSET 2",
    ],
)
def test_one_row_and_the_first_rows_of_each_owner_are_no_page(text: str) -> None:
    assert not fingerprint(text).is_page


@pytest.mark.parametrize(
    "text",
    [
        "SELECT a FROM t WHERE b = 'x",
        "SELECT a FROM t WHERE b = '",
        "SELECT a FROM t WHERE b =",
        "SELECT a FROM t WHERE (b = ?",
        "SELECT a FROM t ORD",
        "SELECT cat.name FROM c",
        "SELECT cat.name FROM cat c",
        "SELECT cat.name FROM cat WHERE cat",
        "SELECT cat.name, cat.age",
        "SELECT a",
        "SELECT a FROM ca ",
        "SELECT a FROM b JOIN ca ",
        f"SELECT a FROM t WHERE {'b' * 95} = 'x' OR c",
    ],
)
def test_a_text_whose_end_is_missing_is_cut(text: str) -> None:
    assert fingerprint(text).is_cut


@pytest.mark.parametrize(
    "text",
    [
        "SELECT a FROM t WHERE b = 'x'",
        "SELECT a FROM t WHERE b = ''",
        "SELECT a FROM t x",
        "SELECT cat.name FROM cat",
        "SELECT cat.name FROM cat JOIN dog",
        "SELECT a.b, c.d FROM c JOIN a ON a.b = c",
        " SELECT a FROM ca ",
        "SELECT a\nFROM ca ",
        "SELECT a FROM b ca ",
        "SELECT a FROM o",
        "SELECT a FROM t, o",
        "SELECT a, 5 l",
        "SELECT a FROM t WHERE x = o",
        "SELECT w.a FROM cat w",
        "DELETE FROM t ord",
        "SELECT ?",
        "SELECT f(a)",
        f"SELECT a FROM t WHERE {'b' * 102} = ?",
        f"SELECT a FROM t WHERE {'b' * 92} = ? AND c = ?",
    ],
)
def test_a_whole_text_is_not_cut(text: str) -> None:
    assert not fingerprint(text).is_cut


@pytest.mark.parametrize(
    ("text", "other"), [("b = -5", "b = 5"), ("b = 'x'", "b = 'y'"), ("b = 5", "b = 5.0")]
)
def test_other_values_have_another_hash(text: str, other: str) -> None:
    one, two = (fingerprint(f"SELECT a FROM t WHERE {condition}") for condition in (text, other))

    assert one.digest == two.digest
    assert one.values != two.values
    assert one.values == fingerprint(f"select a from t where {text}").values


def test_a_subtraction_is_no_part_of_the_value() -> None:
    one, two = (fingerprint(f"SELECT a FROM t WHERE b = {value}") for value in ("5", "c - 5"))

    assert one.values == two.values


@pytest.mark.parametrize(
    ("text", "is_control"),
    [
        ("SELECT now()", True),
        ("SELECT now() FROM dual", True),
        ("SELECT now() FROM cat", False),
        ("SELECT name FROM dual", False),
        ("SELECT name", False),
    ],
)
def test_a_function_of_the_database_is_control_without_a_table(text: str, is_control: bool) -> None:
    assert fingerprint(text).is_control is is_control


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT COUNT (*), f_ (a) FROM t", "SELECT count(*), f_(a) FROM t"),
        ("SELECT a FROM t WHERE b = (c)", "SELECT a FROM t WHERE b = (c)"),
        ("SELECT a :: TEXT FROM t", "SELECT a:: text FROM t"),
        ("SET a = 1; SELECT a FROM t", "SELECT a FROM t"),
        ("BEGIN; SELECT a FROM t; COMMIT", "SELECT a FROM t"),
    ],
)
def test_a_text_is_written_in_one_way(text: str, expected: str) -> None:
    assert fingerprint(text).text == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT (a) - 5 FROM t", "SELECT (a) - ? FROM t"),
        ("SELECT - 5 FROM t", "SELECT ? FROM t"),
        ("- 5", "?"),
        ("SELECT a FROM t WHERE b = NULL OR TRUE", "SELECT a FROM t WHERE b = ? OR TRUE"),
        ("SELECT a FROM t WHERE b IS NOT TRUE", "SELECT a FROM t WHERE b IS NOT TRUE"),
        ("SELECT NULL FROM t", "SELECT ? FROM t"),
        ("NULL", "?"),
        ("a - 5", "a - ?"),
    ],
)
def test_signs_and_literals_are_values_where_a_value_stands(text: str, expected: str) -> None:
    assert fingerprint(text).text == expected


@pytest.mark.parametrize(
    ("text", "is_cursor"), [("FETCH 100 FROM c", True), ("getMore cats", True), (OF_ONE, False)]
)
def test_what_reads_on_is_a_cursor(text: str, is_cursor: bool) -> None:
    assert fingerprint(text).is_cursor is is_cursor


@pytest.mark.parametrize(
    ("text", "many"),
    [
        ("INSERT INTO t (a, b) SELECT * FROM UNNEST((%s)::bigint[], (%s)::text[])", True),
        ("UPDATE t SET a = v.a FROM jsonb_to_recordset($1) AS v(id int, a text)", True),
        ("MERGE INTO t USING OPENJSON(@p0) AS s ON t.id = s.id", True),
        ("INSERT INTO t (a) SELECT a FROM s WHERE id = ?", False),
        ("INSERT INTO unnested (a) VALUES (?)", False),
        ("SELECT * FROM t WHERE id IN (SELECT unnest($1::int[]))", False),
    ],
)
def test_rows_out_of_one_parameter_are_written_together(text: str, many: bool) -> None:
    assert fingerprint(text).many_rows is many
