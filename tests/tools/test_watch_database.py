"""Test PostgreSQL's counts as Prometheus reads them."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
import requests

from harness.background import serving
from harness.parts.postgres import SUPERUSER, Postgres
from harness.ports import unused_port
from tools.watch_database import Statement, Statistics, main, make_server, render, shorten

STATEMENT = Statement(0x1234_ABCD, 'SELECT a, b FROM cat WHERE "id" = $1', 3, 4, 0.5)


@contextmanager
def watching(database_url: str, role: str = SUPERUSER) -> Iterator[str]:
    port = unused_port()
    with serving(make_server(("127.0.0.1", port), database_url, role)):
        yield f"http://127.0.0.1:{port}"


def samples(text: str) -> dict[str, float]:
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def test_a_statement_is_shown_without_its_columns() -> None:
    text = render(Statistics((STATEMENT,), {"idle": 2}, {}, 0))

    labels = r'query_id="34abcd",statement="SELECT … FROM cat WHERE \"id\" = $1"'
    assert samples(text)[f"pg_statement_calls_total{{{labels}}}"] == 3
    assert samples(text)[f"pg_statement_rows_total{{{labels}}}"] == 4
    assert samples(text)[f"pg_statement_seconds_total{{{labels}}}"] == 0.5


def test_what_there_is_none_of_is_zero_and_not_missing() -> None:
    found = samples(render(Statistics((), {}, {}, 0)))

    assert found['pg_connections{state="idle"}'] == 0
    assert found["pg_locks_waiting"] == 0


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("SELECT cat.id,\n cat.name\nFROM cat", "SELECT … FROM cat"),
        ("SELECT $1", "SELECT $1"),
        ("SELECT DISTINCT a FROM b", "SELECT DISTINCT … FROM b"),
        ("INSERT INTO a VALUES ($1)", "INSERT INTO a VALUES ($1)"),
    ],
)
def test_a_long_list_of_columns_is_left_out(text: str, short: str) -> None:
    assert shorten(text) == short


def test_a_very_long_statement_is_cut() -> None:
    text = shorten("UPDATE cat SET " + "a" * 500)

    assert len(text) == 160
    assert text.endswith("…")


def test_a_database_without_statistics_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "sqlite:///clinic.db")

    assert main([]) == 2
    assert "is not a PostgreSQL URL" in capsys.readouterr().err


def test_a_port_that_is_taken_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://monitor@127.0.0.1/clinic")

    with watching("postgresql://monitor@127.0.0.1/clinic") as address:
        port = address.rsplit(":", 1)[1]

        assert main(["--port", port]) == 2

    assert f"Port {port} cannot be listened on" in capsys.readouterr().err


@pytest.mark.postgres
def test_calls_are_counted_as_the_database_counts_them(postgres: Postgres) -> None:
    url = postgres.create_database()
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("CREATE EXTENSION pg_stat_statements")
        # What other tests had counted stands before these few calls: only the longest are told.
        connection.execute("SELECT pg_stat_statements_reset()")
        connection.execute("CREATE TABLE tomcat (id int)")
        for _ in range(7):
            connection.execute("SELECT id FROM tomcat WHERE id = %s", [1])

        with watching(url) as address:
            answer = requests.get(f"{address}/metrics", timeout=30)

    calls = {
        name: value
        for name, value in samples(answer.text).items()
        if name.startswith("pg_statement_calls_total") and 'statement="SELECT … FROM tomcat' in name
    }
    assert answer.status_code == 200
    assert list(calls.values()) == [7]
    assert sum(v for n, v in samples(answer.text).items() if n.startswith("pg_connections")) >= 2


@pytest.mark.postgres
def test_a_scrape_fails_without_the_extension(postgres: Postgres) -> None:
    url = postgres.create_database()

    with watching(url) as address:
        answer = requests.get(f"{address}/metrics", timeout=30)

    assert answer.status_code == 503


def test_a_scrape_fails_while_the_database_is_away() -> None:
    with watching(f"postgresql://nobody@127.0.0.1:{unused_port()}/none") as address:
        answer = requests.get(f"{address}/metrics", timeout=30)
        other = requests.get(f"{address}/", timeout=30)

    assert answer.status_code == 503
    assert "database" in answer.text
    assert other.status_code == 404
