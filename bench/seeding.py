"""Measure how much faster `prod` is seeded than by a session that is given row after row.

The slow way is the one that suggests itself: session.add for each row and a commit for each
thousand, of 20,000 rows in the proportions of `prod`. (With a flush for each row as well, as
factories in tests do it, it is slower still, and told apart.) The quick way is create-prod-db, as a
process of its own: all 4.15 million rows, made and stored with their keys, indexes and statistics.
All are measured on the same database, in the same run, and told in rows per second. In the end
every strategy reads one clinic of `prod`, whose cats have to be the same: here and not in a test,
as naive takes 25,000 statements for it.
"""

import os
import subprocess
import sys
import time
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from bench.databases import on_both
from clinic.db import ClinicSession, make_engine
from clinic.models import Appointment, Base, Cat, Clinic, Person, Veterinarian
from clinic.seed.datasets import DATASETS
from clinic.seed.generate import generate
from clinic.seed.load import store
from clinic.seed.rows import Rows
from clinic.stories.strategies import STRATEGIES
from harness.project import tool

TARGETS = {
    "sqlite_times_row_by_row": "at least 25",
    "sqlite_peak_memory_mib": "at most 512",
    "sqlite_prod_strategies_agreeing": "all 11",
    "postgresql_times_row_by_row": "at least 40",
    "postgresql_peak_memory_mib": "at most 512",
    "postgresql_prod_strategies_agreeing": "all 11",
}
COMMIT_EVERY = 1_000
SEED = 20
# Fewer people at fewer clinics make about 20,000 rows in prod's proportions.
SMALL = replace(DATASETS["prod"], clinics=10, people=480)

Figures = dict[str, float | int]


def measure() -> Figures:
    """Seed a SQLite file and a PostgreSQL database, each in both ways."""
    return on_both(_measure_on)


def _measure_on(kind: str, url: str) -> Figures:
    slow = _row_by_row(url, flush_each=False)
    flushed = _row_by_row(url, flush_each=True)
    seconds, peak_mib = _create_prod_db(url)
    total = generate(DATASETS["prod"], SEED).total
    return {
        f"{kind}_row_by_row_rows_per_second": round(slow),
        f"{kind}_flushed_rows_per_second": round(flushed),
        f"{kind}_prod_rows": total,
        f"{kind}_prod_seconds": round(seconds, 1),
        f"{kind}_prod_rows_per_second": round(total / seconds),
        f"{kind}_times_row_by_row": round(total / seconds / slow, 1),
        f"{kind}_times_flushed": round(total / seconds / flushed, 1),
        f"{kind}_peak_memory_mib": round(peak_mib),
        **{f"{kind}_{name}": number for name, number in _agreement(url).items()},
    }


def _agreement(url: str) -> Figures:
    """Read one clinic of `prod` by every strategy, and count those that give core's cats."""
    engine = make_engine(url)
    answers = {}
    with Session(engine) as session:
        name = session.scalars(select(Clinic.name).order_by(Clinic.name).limit(1)).one()
    for strategy, read in STRATEGIES.items():
        with ClinicSession(engine) as session:
            answers[strategy] = [
                (c.id, c.name, c.age, c.color, c.lives) for c in read(session, name)
            ]
    engine.dispose()
    agreeing = sum(answer == answers["core"] for answer in answers.values())
    return {"prod_cats_of_one_clinic": len(answers["core"]), "prod_strategies_agreeing": agreeing}


def _row_by_row(url: str, *, flush_each: bool) -> float:
    """Return how many rows a second a session stores that is given one after the other."""
    rows = generate(SMALL, SEED)
    store(url, generate(replace(SMALL, people=1), SEED))
    engine = make_engine(url)
    with engine.begin() as connection:
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(table.delete())
    begin, number = time.perf_counter(), 0
    with Session(engine) as session:
        for records in _objects(rows):
            for record in records:
                session.add(record)
                number += 1
                if flush_each:
                    session.flush()
                if number % COMMIT_EVERY == 0:
                    session.commit()
            # Without relationships the session does not know which kind has to be there first.
            session.flush()
        session.commit()
    seconds = time.perf_counter() - begin
    engine.dispose()
    return number / seconds


def _objects(rows: Rows) -> list[list[Base]]:
    """Return the rows as entities, kind by kind; a veterinarian brings its person along."""
    doctors = {vet["id"]: vet for vet in rows.veterinarian}
    people: list[Base] = [
        Veterinarian(**person, **{k: v for k, v in doctors[person["id"]].items() if k != "id"})
        if person["id"] in doctors
        else Person(**person)
        for person in rows.person
    ]
    clinics: list[Base] = [Clinic(**row) for row in rows.clinic]
    cats: list[Base] = [Cat(**row) for row in rows.cat]
    visits: list[Base] = [Appointment(**row) for row in rows.appointment]
    return [clinics, people, cats, visits]


def _create_prod_db(url: str) -> tuple[float, float]:
    """Run create-prod-db; return its seconds, start of the process included, and MiB at most."""
    command = [tool("create-prod-db"), "--force", f"--database-url={url}"]
    begin = time.perf_counter()
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begin
    assert process.stderr is not None
    with process.stderr as words:
        if status != 0:
            raise RuntimeError(f"create-prod-db failed: {words.read().decode()}")
    process.returncode = 0
    # Linux tells KiB, macOS bytes.
    return seconds, usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
