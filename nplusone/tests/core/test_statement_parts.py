"""Test what a text is made of: its table, the statements in it, a batch, and the values told."""

import pytest

from otel_nplusone._core.fingerprint import fingerprint

UPDATE = "UPDATE cat SET age = 1 WHERE id = 2"


@pytest.mark.parametrize(
    ("text", "summary"),
    [
        ("SELECT (SELECT max(day) FROM visit) FROM cat", "SELECT cat"),
        ("SELECT f((SELECT max(day) FROM visit WHERE (a) = (b))) FROM cat", "SELECT cat"),
        ("SELECT (SELECT a FROM (SELECT b FROM visit) AS v) FROM cat", "SELECT cat"),
        ("SELECT a FROM (SELECT b FROM cat) AS c JOIN dog ON c.b = dog.b", "SELECT cat"),
        ("SELECT EXISTS (SELECT 1 FROM cat WHERE id = 2)", "SELECT cat"),
        ("SELECT (SELECT a FROM cat), (SELECT b FROM dog)", "SELECT cat"),
        ("SELECT a FROM ?", "SELECT"),
        ("(SELECT a FROM cat)", "SELECT cat"),
        ("(WITH c AS (SELECT a FROM cat) SELECT a FROM c) UNION SELECT a FROM dog", "SELECT cat"),
        (
            "WITH c AS (SELECT f(g(a)) FROM cat UNION SELECT b FROM dog) UPDATE owner SET a = 1",
            "UPDATE cat",
        ),
        ("EXPLAIN SELECT a FROM cat", "EXPLAIN cat"),
    ],
)
def test_verb_and_table_are_those_of_the_statement_and_not_of_a_column(
    text: str, summary: str
) -> None:
    assert fingerprint(text).summary == summary


@pytest.mark.parametrize(
    ("text", "main"),
    [
        (";", ""),
        ("DECLARE @a int; SELECT a FROM cat", "SELECT a FROM cat"),
        ("SELECT a FROM cat; SELECT b FROM dog", "SELECT a FROM cat; SELECT b FROM dog"),
        (
            "SELECT a FROM cat; SELECT b FROM dog; SELECT c FROM owner; SELECT b FROM dog",
            "SELECT a FROM cat; SELECT b FROM dog; SELECT c FROM owner; SELECT b FROM dog",
        ),
        (f"{UPDATE}; {UPDATE}", "UPDATE cat SET age = ? WHERE id = ?"),
        (f"{UPDATE}; {UPDATE}; {UPDATE}", "UPDATE cat SET age = ? WHERE id = ?"),
        (
            f"{UPDATE}; SELECT a FROM cat; {UPDATE}",
            "UPDATE cat SET age = ? WHERE id = ?",
        ),
        ("DECLARE c CURSOR FOR SELECT a FROM cat", "SELECT a FROM cat"),
        ("DECLARE a CURSOR", "declare a cursor"),
        ("BEGIN SELECT a FROM cat; END", "SELECT a FROM cat"),
        ("BEGIN vacuum; END", "vacuum"),
        ("BEGIN IMMEDIATE; SELECT a FROM cat", "SELECT a FROM cat"),
        ("BEGIN IMMEDIATE", "BEGIN immediate"),
        ("{call f}", "call f"),
        ("{f}", "f"),
        ("{}", "{ }"),
        ("{ call f", "{ call f"),
        ("call f }", "call f }"),
        ('call f("A")', "call f(a)"),
    ],
)
def test_what_stands_around_a_statement_is_left_out(text: str, main: str) -> None:
    assert fingerprint(text).text == main


@pytest.mark.parametrize(
    ("text", "many"),
    [
        (f"{UPDATE}; {UPDATE}", False),
        (f"{UPDATE}; {UPDATE}; {UPDATE}", True),
        (f"{UPDATE}; SELECT a FROM cat; {UPDATE}", True),
        (f"SELECT a FROM cat; {UPDATE}; {UPDATE}", False),
        (f"SELECT a FROM cat; {UPDATE}; SELECT b FROM cat", False),
        ("SET a = 1; SET b = 2; SET a = 3", False),
    ],
)
def test_a_statement_three_times_in_a_text_is_a_batch(text: str, many: bool) -> None:
    assert fingerprint(text).many_rows is many


def test_a_text_of_many_statements_is_read_up_to_the_eighth() -> None:
    texts = [f"SELECT a{n} FROM cat" for n in range(9)]

    eight, nine = fingerprint("; ".join(texts[:8])), fingerprint("; ".join(texts))

    assert eight.text == nine.text == "; ".join(texts[:8])


@pytest.mark.parametrize(
    ("rows", "text"), [("?, (?)", "?, (?)"), (", (?)", ", (?)"), ("(?), (?)", "(?), …")]
)
def test_rows_begin_with_a_parenthesis(rows: str, text: str) -> None:
    found = fingerprint(f"INSERT INTO t VALUES {rows}")

    assert found.text == f"INSERT INTO t VALUES {text}".replace(" ,", ",")
    assert found.many_rows is text.endswith("…")


def test_a_statement_inside_sp_executesql_is_read_with_its_quotes() -> None:
    found = fingerprint("exec sp_executesql N'SELECT a FROM cat WHERE b = ''x'''")

    assert found.text == "SELECT a FROM cat WHERE b = ?"


@pytest.mark.parametrize(
    ("condition", "expected"),
    [("owner_id = ?", True), ("age > 3", False), ("id IN (?, ?)", False)],
)
def test_a_condition_on_one_value_is_told_from_others(condition: str, expected: bool) -> None:
    assert fingerprint(f"SELECT a FROM cat WHERE {condition}").has_equality is expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('b = "x"', 'b = "y"'),
        ("b = 5 AND c = ? -- binds: [7]", "b = 5 AND c = ? -- binds: [8]"),
        ("b = 5 AND c = ? -- binds: [7]", "b = 6 AND c = ? -- binds: [7]"),
        ("b = ? AND c = ? -- binds: [[7]]", "b = ? AND c = ? -- binds: [[8]]"),
    ],
)
def test_values_that_are_told_make_the_difference(one: str, other: str) -> None:
    found, found_other = (fingerprint(f"SELECT a FROM t WHERE {text}") for text in (one, other))

    assert found.digest == found_other.digest
    assert not found.has_binds
    assert found.values == fingerprint(f"SELECT a FROM t WHERE  {one}").values
    assert found.values != found_other.values


@pytest.mark.parametrize(
    "text",
    [
        "SELECT a FROM cat WHERE b = 'x' AND c...",
        f"SELECT a FROM cat WHERE b = {'1' * 100}",
        "SELECT shop.cat.name FROM shop.ca",
        "SELECT shop.cat.name FROM shop",
        "SELECT a, cat.name FROM c",
    ],
)
def test_a_mark_a_round_length_and_half_a_table_tell_that_a_text_is_cut(text: str) -> None:
    assert fingerprint(text).is_cut


@pytest.mark.parametrize(
    "text",
    [
        "-- nothing",
        "SELECT name FROM shop.cat s",
        "SELECT shop.cat.name FROM shop.cat",
        "SELECT a FROM t WHERE b = 'x' AND c = d",
        "SELECT a FROM t WHERE b = '' OR c IS NULL",
    ],
)
def test_an_alias_a_schema_and_a_comment_are_whole(text: str) -> None:
    assert not fingerprint(text).is_cut


@pytest.mark.parametrize(
    "text",
    [
        "SELECT name FROM cat WHERE (name LIKE %s ESCAPE '\\' OR color LIKE %s ESCAPE '\\')",
        f"SELECT {'n' * 94} FROM cat ORDER BY name ASC",  # 128 characters
        f"SELECT {'n' * 93} FROM cat ORDER BY name DESC",
    ],
)
def test_an_escape_and_a_direction_end_a_text_well(text: str) -> None:
    assert not fingerprint(text).is_cut
