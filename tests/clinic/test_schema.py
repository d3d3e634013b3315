"""Test that a database says its version of the tables, and an old one gets a clear sentence."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import create_engine, text

from clinic.app import close_app, create_app
from clinic.cli import main
from clinic.seed.load import store
from clinic.seed.rows import Rows
from clinic.settings import Settings


@pytest.fixture
def outdated(rows: Rows, new_database: Callable[[str], str]) -> str:
    """Make a database whose tables are older than written versions."""
    url = new_database("outdated")
    store(url, rows)
    is_sqlite = url.startswith("sqlite")
    forget = "PRAGMA user_version = 0" if is_sqlite else "COMMENT ON TABLE clinic IS NULL"
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(forget))
    engine.dispose()
    return url


def test_service_says_what_to_do_with_an_old_database(outdated: str, tmp_path: Path) -> None:
    app = create_app(Settings(database_url=outdated, flags_file=tmp_path / "flags.json"))

    answers = [app.test_client().get(path) for path in ("/", "/readyz", "/api/clinics")]

    close_app(app)
    assert [answer.status_code for answer in answers] == [503, 503, 503]
    assert all("schema version 0" in answer.text for answer in answers)
    assert all("clinic seed --force" in answer.text for answer in answers)


def test_seeding_an_old_database_needs_force(outdated: str) -> None:
    runner = CliRunner()
    arguments = ["seed", "--size", "test", "--database-url", outdated]

    refused = [runner.invoke(main, [*arguments, flag]) for flag in ("--if-missing", "--seed=2")]
    forced = runner.invoke(main, [*arguments, "--force"])
    again = runner.invoke(main, [*arguments, "--if-missing"])

    assert [result.exit_code for result in refused] == [2, 2]
    assert all("schema version 0" in result.output for result in refused)
    assert (forced.exit_code, again.exit_code) == (0, 0)
