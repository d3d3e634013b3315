"""Test that datasets are deterministic, of the stated sizes, and stored whole or not at all."""

import os
import signal
import sqlite3
import subprocess
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import UniqueConstraint, inspect, select

from clinic.cli import main
from clinic.db import make_engine
from clinic.errors import SeedError
from clinic.models import Base
from clinic.seed import names
from clinic.seed.cli import create_prod_db, create_test_db
from clinic.seed.datasets import DATASETS
from clinic.seed.generate import generate
from clinic.seed.load import store
from clinic.seed.rows import Rows
from harness.project import tool
from harness.waiting import wait_until


@pytest.fixture
def runner() -> CliRunner:
    return CliRunner()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "clinic.db"


def with_a_key_twice(rows: Rows) -> Rows:
    """Return rows that no database takes, as is noticed at the very end."""
    rows.visit_ids[-1] = rows.visit_ids[0]
    return rows


def count(path: Path, table: str) -> int:
    with closing(sqlite3.connect(path)) as connection:
        number: int = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    return number


def everything(seed: int) -> list[object]:
    rows = generate(DATASETS["test"], seed)
    return [rows.clinic, rows.person, rows.veterinarian, rows.cat, rows.appointment]


def test_same_seed_makes_the_same_rows() -> None:
    assert everything(seed=3) == everything(seed=3)


def test_other_seed_makes_other_rows() -> None:
    assert everything(seed=3) != everything(seed=4)


def test_rows_of_a_seed_are_those_of_every_machine() -> None:
    rows = generate(DATASETS["test"], seed=20)

    assert str(rows.appointment[0]["id"]) == "024b0556-7f14-4ed9-8ee5-8ac9a41959db"
    assert rows.clinic[0]["name"] == "Bay Cat Hospital"


def test_clinics_are_as_many_as_there_are_names_for() -> None:
    most = len(names.CLINIC_PLACES) * len(names.CLINIC_KINDS)

    rows = generate(replace(DATASETS["test"], clinics=most), seed=1)

    assert len(set(rows.clinic_names)) == most
    with pytest.raises(SeedError, match=f"names for {most} clinics"):
        generate(replace(DATASETS["test"], clinics=most + 1), seed=1)


def test_ids_are_random_uuids_and_all_different(demo_rows: Rows) -> None:
    ids = [row["id"] for table in (demo_rows.person, demo_rows.cat) for row in table]

    assert {key.version for key in ids} == {4}
    assert {key.variant for key in ids} == {uuid.RFC_4122}
    assert len(set(ids)) == len(ids)


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
    assert "is not a SQLite database" in result.output
    assert path.read_text() == "my novel, chapter one"


def test_interrupted_seeding_leaves_the_old_database_and_no_litter(path: Path, rows: Rows) -> None:
    url = f"sqlite:///{path}"
    store(url, rows)
    before = path.read_bytes()
    broken = with_a_key_twice(generate(DATASETS["test"], seed=5))

    with pytest.raises(SeedError, match="could not be written"):
        store(url, broken)

    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_unknown_size_is_bad_usage(runner: CliRunner) -> None:
    result = runner.invoke(main, ["seed", "--size", "galactic"])

    assert result.exit_code == 2
    assert "'test', 'demo', 'prod'" in result.output


def test_unusable_database_url_is_named(runner: CliRunner) -> None:
    result = runner.invoke(main, ["seed", "--database-url", "clinic.db"])

    assert result.exit_code == 2
    assert "DATABASE_URL='clinic.db' is not a database URL" in result.output


def test_directory_that_cannot_be_written_is_one_sentence(runner: CliRunner, path: Path) -> None:
    path.write_text("")
    url = f"sqlite:///{path}/below-a-file/clinic.db"

    result = runner.invoke(main, ["seed", "--size", "test", "--database-url", url])

    assert result.exit_code == 2
    assert "Not a directory" in result.output


def test_stored_rows_keep_every_rule(path: Path, demo_rows: Rows) -> None:
    store(f"sqlite:///{path}", demo_rows)

    with closing(sqlite3.connect(path)) as connection:
        broken = connection.execute("PRAGMA foreign_key_check").fetchall()
        integrity = connection.execute("PRAGMA integrity_check").fetchone()[0]

    assert broken == []
    assert integrity == "ok"


@pytest.mark.parametrize("table", ["clinic", "person", "veterinarian", "cat", "appointment"])
def test_what_is_read_back_is_what_was_made(table: str, database_url: str, rows: Rows) -> None:
    engine = make_engine(database_url)
    with engine.connect() as connection:
        stored = connection.execute(select(Base.metadata.tables[table])).mappings().all()
    engine.dispose()

    assert {row["id"]: dict(row) for row in stored} == {
        row["id"]: row for row in getattr(rows, table)
    }


def test_database_has_every_constraint_and_index_of_the_models(database_url: str) -> None:
    engine = make_engine(database_url)
    found = inspect(engine)

    for name, table in Base.metadata.tables.items():
        keys = {index["name"] for index in found.get_indexes(name)}
        unique = {one["name"] for one in found.get_unique_constraints(name)}
        foreign = {one["name"] for one in found.get_foreign_keys(name)}
        assert {str(index.name) for index in table.indexes} <= keys
        assert {str(c.name) for c in table.constraints if isinstance(c, UniqueConstraint)} <= unique
        assert {str(c.name) for c in table.foreign_key_constraints} == foreign
        assert found.get_pk_constraint(name)["constrained_columns"] == ["id"]
    assert len(found.get_check_constraints("appointment")) == 1
    engine.dispose()


def test_progress_is_told_of_every_row(path: Path, rows: Rows) -> None:
    told: list[int] = []

    store(f"sqlite:///{path}", rows, told.append)

    assert sum(told) == rows.total


def test_create_test_db_writes_test_db(
    runner: CliRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    first = runner.invoke(create_test_db, [])
    second = runner.invoke(create_test_db, [])
    forced = runner.invoke(create_test_db, ["--force"])

    assert (first.exit_code, second.exit_code, forced.exit_code) == (0, 2, 0)
    assert "--force" in second.output
    assert count(tmp_path / "test.db", "clinic") == 3


def test_prod_db_that_is_no_database_is_left_alone(
    runner: CliRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "prod.db").write_text("a novel")

    result = runner.invoke(create_prod_db, ["--force"])

    assert result.exit_code == 2
    assert "is not a SQLite database" in result.output
    assert (tmp_path / "prod.db").read_text() == "a novel"


@pytest.fixture
def heard_interrupts() -> Iterator[None]:
    """Let children hear SIGINT also where this run was started in the background, and is deaf."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heard_interrupts")
@pytest.mark.parametrize(("stop", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted_create_prod_db_loses_nothing(
    stop: signal.Signals, status: int, path: Path, rows: Rows
) -> None:
    store(f"sqlite:///{path}", rows)
    before = path.read_bytes()
    command = [tool("create-prod-db"), "--force", f"--database-url=sqlite:///{path}"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, cwd=path.parent, env=os.environ)

    def is_writing() -> bool:
        assert process.poll() is None
        return any(file.stat().st_size > 2**20 for file in path.parent.glob(".*.seeding-*"))

    with process:
        try:
            wait_until(is_writing, what="a database in the making", deadline_s=60)
            process.send_signal(stop)
            _, words = process.communicate(timeout=120)
        finally:
            process.kill()

    assert process.returncode == status
    assert b"Traceback" not in words
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]
