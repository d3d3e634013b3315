"""Datasets are deterministic, of the stated sizes, and stored whole or not at all."""

import sqlite3
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from clinic.cli import main
from clinic.errors import SeedError
from clinic.seed.datasets import DATASETS
from clinic.seed.generate import Rows, generate
from clinic.seed.load import store


@pytest.fixture
def runner() -> CliRunner:
    return CliRunner()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "clinic.db"


def count(path: Path, table: str) -> int:
    with closing(sqlite3.connect(path)) as connection:
        number: int = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    return number


def test_same_seed_makes_the_same_rows() -> None:
    assert generate(DATASETS["test"], seed=3) == generate(DATASETS["test"], seed=3)


def test_other_seed_makes_other_rows() -> None:
    assert generate(DATASETS["test"], seed=3) != generate(DATASETS["test"], seed=4)


def test_demo_clinics_have_about_five_hundred_appointments(demo_rows: Rows) -> None:
    per_clinic = Counter(appointment["clinic_id"] for appointment in demo_rows.appointment)

    assert len(per_clinic) == 100
    assert min(per_clinic.values()) > 350
    assert max(per_clinic.values()) < 650


def test_demo_has_the_sizes_of_its_description(demo_rows: Rows) -> None:
    cats = Counter(cat["owner_id"] for cat in demo_rows.cat)
    appointments = Counter(appointment["owner_id"] for appointment in demo_rows.appointment)
    veterinarians = Counter(vet["clinic_id"] for vet in demo_rows.veterinarian)

    assert len(cats) == len(appointments) == 2_000
    assert (min(cats.values()), max(cats.values())) == (1, 30)
    assert (min(appointments.values()), max(appointments.values())) == (10, 40)
    assert set(veterinarians.values()) == {10}


def test_owner_keeps_to_one_veterinarian_and_brings_own_cats(demo_rows: Rows) -> None:
    owner_of = {cat["id"]: cat["owner_id"] for cat in demo_rows.cat}
    veterinarian_of: dict[object, object] = {}

    for appointment in demo_rows.appointment:
        assert owner_of[appointment["cat_id"]] == appointment["owner_id"]
        kept = veterinarian_of.setdefault(appointment["owner_id"], appointment["veterinarian_id"])
        assert kept == appointment["veterinarian_id"]


def test_appointments_lie_in_the_past_one_per_half_hour_and_veterinarian(
    demo_rows: Rows,
) -> None:
    slots = {(a["veterinarian_id"], a["start"]) for a in demo_rows.appointment}

    assert len(slots) == len(demo_rows.appointment)
    assert all(start < datetime.now(UTC) for _, start in slots)
    assert {start.minute for _, start in slots} <= {0, 30}


def test_command_seeds_what_it_is_asked_for(runner: CliRunner, path: Path) -> None:
    result = runner.invoke(main, ["seed", "--size", "test", "--database-url", f"sqlite:///{path}"])

    assert result.exit_code == 0, result.output
    assert count(path, "clinic") == 3


def test_existing_data_needs_force(runner: CliRunner, path: Path, rows: Rows) -> None:
    store(f"sqlite:///{path}", rows)
    arguments = ["seed", "--size", "test", "--seed", "9", "--database-url", f"sqlite:///{path}"]
    before = path.read_bytes()

    refused = runner.invoke(main, arguments)
    unchanged = path.read_bytes() == before
    forced = runner.invoke(main, [*arguments, "--force"])

    assert refused.exit_code == 2
    assert "--force" in refused.output
    assert unchanged
    assert forced.exit_code == 0
    assert path.read_bytes() != before


def test_if_missing_is_content_with_what_is_there(
    runner: CliRunner, path: Path, rows: Rows
) -> None:
    store(f"sqlite:///{path}", rows)

    result = runner.invoke(main, ["seed", "--if-missing", "--database-url", f"sqlite:///{path}"])

    assert result.exit_code == 0
    assert result.output == ""


def test_file_that_is_no_database_is_left_alone(runner: CliRunner, path: Path) -> None:
    path.write_text("my novel, chapter one")

    result = runner.invoke(main, ["seed", "--force", "--database-url", f"sqlite:///{path}"])

    assert result.exit_code == 2
    assert "no SQLite database" in result.output
    assert path.read_text() == "my novel, chapter one"


def test_interrupted_seeding_leaves_the_old_database_and_no_litter(path: Path, rows: Rows) -> None:
    url = f"sqlite:///{path}"
    store(url, rows)
    before = path.read_bytes()
    broken = generate(DATASETS["test"], seed=5)
    broken.appointment[-1]["id"] = broken.appointment[0]["id"]

    with pytest.raises(SeedError, match="could not be written"):
        store(url, broken)

    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_unknown_size_is_bad_usage(runner: CliRunner) -> None:
    result = runner.invoke(main, ["seed", "--size", "galactic"])

    assert result.exit_code == 2
    assert "'test', 'demo'" in result.output


def test_unusable_database_url_is_named(runner: CliRunner) -> None:
    result = runner.invoke(main, ["seed", "--database-url", "clinic.db"])

    assert result.exit_code == 2
    assert "DATABASE_URL='clinic.db' is no database URL" in result.output


def test_directory_that_cannot_be_written_is_one_sentence(runner: CliRunner, path: Path) -> None:
    path.write_text("")
    url = f"sqlite:///{path}/below-a-file/clinic.db"

    result = runner.invoke(main, ["seed", "--size", "test", "--database-url", url])

    assert result.exit_code == 2
    assert "Not a directory" in result.output
