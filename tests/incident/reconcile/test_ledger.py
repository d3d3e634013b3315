"""Put three spellings of a statement on one line, and explain nothing away."""

import pytest

from clinic.telemetry import statement_counts
from incident.reconcile.ledger import balance, digest, normalize

PSYCOPG = "SELECT cat.id, cat.name \nFROM cat \nWHERE cat.id = %(id_1)s::UUID"
POSTGRES = "SELECT cat.id, cat.name \nFROM cat \nWHERE cat.id = $1::UUID"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (PSYCOPG, POSTGRES),
        ("SELECT a FROM b LIMIT %(param_1)s::INTEGER", "SELECT a FROM b LIMIT $1::INTEGER"),
        ("SELECT a FROM b WHERE c = ?", "SELECT a FROM b WHERE c = $1"),
        ("SELECT a FROM b LIMIT 1", "SELECT a FROM b LIMIT $1"),
        (
            "SELECT a FROM b WHERE c IN (%(c_1)s::UUID, %(c_2)s::UUID)",
            "SELECT a FROM b WHERE c IN ($1::UUID, $2::UUID, $3::UUID)",
        ),
        # As PostgreSQL 18 shows a list.
        (
            "SELECT a FROM b WHERE c IN (%(c_1)s, %(c_2)s)",
            "SELECT a FROM b WHERE c IN ($1 /*, ... */)",
        ),
    ],
)
def test_spellings_of_one_statement_are_one(one: str, other: str) -> None:
    assert normalize(one) == normalize(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SELECT a FROM b WHERE c = ?", "SELECT a FROM b WHERE d = ?"),
        ("SELECT col1 FROM b", "SELECT col2 FROM b"),
        ("SELECT a FROM b WHERE c = ?", "SELECT a FROM b WHERE c IN (?, ?)"),
    ],
)
def test_different_statements_stay_apart(one: str, other: str) -> None:
    assert normalize(one) != normalize(other)


def test_the_clinic_names_a_statement_by_the_same_digest() -> None:
    assert digest(PSYCOPG) == statement_counts.digest(PSYCOPG)


def test_counts_that_agree_balance() -> None:
    ledger = balance({digest(PSYCOPG): 500}, {PSYCOPG: 500}, {POSTGRES: 500, "BEGIN": 3})

    (line,) = ledger.lines
    assert (line.service, line.spans, line.database, line.difference) == (500, 500, 500, 0)
    assert ledger.accounted == {"transaction control": 3}
    assert ledger.agrees


def test_without_a_database_two_are_compared() -> None:
    ledger = balance({digest(PSYCOPG): 500}, {PSYCOPG: 500}, None)

    assert ledger.agrees
    assert ledger.total.database is None


@pytest.mark.parametrize(
    ("service", "spans", "database"), [(501, 500, 500), (500, 499, 500), (500, 500, 502)]
)
def test_a_single_statement_too_many_or_too_few_is_a_difference(
    service: int, spans: int, database: int
) -> None:
    ledger = balance({digest(PSYCOPG): service}, {PSYCOPG: spans}, {POSTGRES: database})

    assert not ledger.agrees
    assert ledger.lines[0].difference in (1, 2)


def test_differences_do_not_cancel_each_other_out() -> None:
    other = "SELECT b FROM b"
    service = {digest(PSYCOPG): 10, digest(other): 5}

    ledger = balance(service, {PSYCOPG: 5, other: 10}, None)

    assert ledger.total.difference == 0
    assert not ledger.agrees


def test_one_line_that_differs_is_enough_next_to_lines_that_agree() -> None:
    other = "SELECT b FROM b"

    ledger = balance({digest(PSYCOPG): 9, digest(other): 2}, {PSYCOPG: 9, other: 1}, None)

    assert [line.difference for line in ledger.lines] == [0, 1]
    assert not ledger.agrees


def test_the_most_frequent_statement_comes_first_and_all_are_added_up() -> None:
    rare, frequent = "SELECT a FROM a", "SELECT b FROM b"

    ledger = balance(
        {digest(rare): 1, digest(frequent): 8}, {rare: 1, frequent: 8}, {rare: 1, frequent: 8}
    )

    assert [line.statement for line in ledger.lines] == [frequent, rare]
    assert (ledger.total.service, ledger.total.spans, ledger.total.database) == (9, 9, 9)


def test_a_statement_that_the_service_knows_is_never_accounted_for() -> None:
    ledger = balance({digest("BEGIN"): 1}, {"BEGIN": 1}, {"BEGIN": 2})

    assert ledger.accounted == {}
    assert not ledger.agrees


def test_counts_of_one_reason_are_added_up() -> None:
    ledger = balance({}, {}, {"BEGIN": 2, "commit": 3, "SELECT $1": 4})

    assert ledger.accounted == {"the pool's ping of a connection": 4, "transaction control": 5}


def test_a_statement_that_left_no_span_is_shown_by_its_digest() -> None:
    ledger = balance({digest(PSYCOPG): 7}, {}, None)

    assert ledger.lines[0].statement == f"(digest {digest(PSYCOPG)})"
    assert not ledger.agrees


@pytest.mark.parametrize(
    "statement",
    [
        "BEGIN",
        "COMMIT",
        "ROLLBACK",
        "SAVEPOINT a",
        "RELEASE SAVEPOINT a",
        "SET TRANSACTION READ ONLY",
        "SELECT $1",
        ";",
        "SELECT clinic.id \nFROM clinic \n LIMIT $1::INTEGER",
        "select pg_catalog.version()",
        "show standard_conforming_strings",
        "DEALLOCATE ALL",
        "DISCARD ALL",
        "SELECT to_regclass($1) IS NOT NULL, obj_description($2)",
        "SELECT t.oid FROM pg_type AS t WHERE t.typname = $1",
    ],
)
def test_what_a_session_sends_in_addition_to_its_pages_is_accounted_for(statement: str) -> None:
    ledger = balance({digest(PSYCOPG): 1}, {PSYCOPG: 1}, {POSTGRES: 1, statement: 9})

    assert ledger.agrees
    assert sum(ledger.accounted.values()) == 9


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT secret FROM cat",
        "UPDATE cat SET lives = $1",
        "SELECT clinic.id FROM clinic WHERE clinic.id = $1 LIMIT $2",
        "SELECT $1 FROM cat",
        "BEGINNING",
        "DELETE FROM cat; COMMIT",
    ],
)
def test_what_no_rule_explains_is_a_difference(statement: str) -> None:
    ledger = balance({digest(PSYCOPG): 1}, {PSYCOPG: 1}, {POSTGRES: 1, statement: 9})

    assert not ledger.agrees
    assert ledger.accounted == {}


def test_nothing_at_all_does_not_agree() -> None:
    assert not balance({}, {}, {}).agrees


def test_a_list_of_any_length_is_shown_as_one() -> None:
    text = "SELECT a FROM b WHERE c IN ($1::UUID, $2::UUID)"

    assert normalize(text) == "SELECT a FROM b WHERE c IN (?, …)"


def test_lines_are_summed_up() -> None:
    other = "SELECT b FROM b"
    service = {digest(PSYCOPG): 10, digest(other): 5}

    ledger = balance(service, {PSYCOPG: 11, other: 5}, {POSTGRES: 10, other: 7})

    total = ledger.total
    assert (total.statement, total.service, total.spans, total.database) == ("all", 15, 16, 17)


def test_two_spellings_in_one_place_are_added() -> None:
    service = {digest(PSYCOPG): 1, digest(POSTGRES): 2}
    spans = {PSYCOPG: 1, POSTGRES: 2}

    ledger = balance(service, spans, {PSYCOPG: 1, POSTGRES: 2, "BEGIN": 3, "COMMIT": 4})

    (line,) = ledger.lines
    assert (line.service, line.spans, line.database) == (3, 3, 3)
    assert ledger.accounted == {"transaction control": 7}


def test_a_statement_that_one_place_does_not_know_counts_zero_there() -> None:
    alone = balance({}, {PSYCOPG: 3}, {POSTGRES: 3}).lines[0]
    unknown = balance({digest(PSYCOPG): 3}, {PSYCOPG: 3}, {}).lines[0]

    assert (alone.service, alone.spans, alone.database) == (0, 3, 3)
    assert (unknown.service, unknown.spans, unknown.database) == (3, 3, 0)
    assert [line.spans for line in balance({"0" * 16: 3}, {}, None).lines] == [0]


def test_the_most_frequent_statement_comes_first() -> None:
    spans = {"SELECT a": 1, "SELECT b": 2, "SELECT c": 2}

    lines = balance({digest(text): n for text, n in spans.items()}, spans, None).lines

    assert [line.statement for line in lines] == ["SELECT b", "SELECT c", "SELECT a"]


def test_without_a_database_nothing_is_accounted_for() -> None:
    assert balance({digest(PSYCOPG): 1}, {PSYCOPG: 1}, None).accounted == {}
