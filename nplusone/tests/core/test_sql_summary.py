"""Test that statements are named by verb and tables, and nothing makes the naming fail."""

import pytest

from otel_nplusone._core.sql_summary import operation, summarize


@pytest.mark.parametrize(
    ("statement", "summary"),
    [
        ("SELECT cat.id FROM cat WHERE cat.id = ?", "SELECT cat"),
        ("select 1", "SELECT"),
        ("SELECT * FROM person JOIN veterinarian ON a = b", "SELECT person veterinarian"),
        ("SELECT * FROM cat WHERE id IN (SELECT cat_id \nFROM cat JOIN x ON 1)", "SELECT cat x"),
        ('INSERT INTO "cat" (id) VALUES (%(id)s::UUID)', "INSERT cat"),
        ("UPDATE cat SET lives = 8", "UPDATE cat"),
        ("DELETE FROM cat", "DELETE cat"),
        ("/* a comment */ SELECT 1 FROM cat", "SELECT cat"),
        ("SELECT a FROM a, (SELECT 1) JOIN b JOIN c JOIN d JOIN e", "SELECT a b c d"),
        ("", "SQL"),
        ("(((", "SQL"),
    ],
)
def test_statement_is_named_by_verb_and_tables(statement: str, summary: str) -> None:
    assert summarize(statement) == summary


def test_operation_is_the_bare_verb() -> None:
    assert operation("  insert into cat values (1)") == "INSERT"
