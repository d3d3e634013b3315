"""Columns into SQLite by executemany, which no other way in from Python outdoes.

Ids ascend and appointments come by veterinarian and start, so that the indexes of keys and
uniqueness, which SQLite keeps from the first row on, are only ever appended to.
"""

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Connection

from clinic.models import APPOINTMENT_DURATION
from clinic.seed import names
from clinic.seed.rows import Ids, Rows, license_number, start_of

BATCH = 50_000
# As SQLAlchemy writes times and intervals on SQLite: the latter as a time after the epoch.
START = "%Y-%m-%d %H:%M:%S.000000"
DURATION = f"1970-01-01 00:{APPOINTMENT_DURATION.seconds // 60:02d}:00.000000"

Progress = Callable[[int], None]
Tuples = Iterator[tuple[Any, ...]]


def load(connection: Connection, rows: Rows, progress: Progress) -> None:
    """Insert all rows into their tables, which are there and empty."""
    driver: Any = connection.connection.driver_connection
    readers = (_clinics, _people, _veterinarians, _cats, _appointments)
    for (table, count), read in zip(rows.counts.items(), readers, strict=True):
        for begin in range(0, count, BATCH):
            batch = slice(begin, min(begin + BATCH, count))
            driver.executemany(_INSERT[table], read(rows, batch))
            progress(batch.stop - batch.start)


_INSERT = {
    table: f"INSERT INTO {table} ({columns}) VALUES ({', '.join('?' * len(columns.split()))})"
    for table, columns in {
        "clinic": "id, name",
        "person": "id, given_name, surname",
        "veterinarian": "id, license_number, clinic_id",
        "cat": "id, name, age, color, lives, owner_id",
        "appointment": "id, start, duration, cat_id, owner_id, clinic_id, veterinarian_id",
    }.items()
}


def _clinics(rows: Rows, batch: slice) -> Tuples:
    return zip(_hex(rows.clinic_ids[batch]), rows.clinic_names[batch], strict=True)


def _people(rows: Rows, batch: slice) -> Tuples:
    return zip(
        _hex(rows.person_ids[batch]),
        map(names.GIVEN_NAMES.__getitem__, rows.given_names[batch].tolist()),
        map(names.SURNAMES.__getitem__, rows.surnames[batch].tolist()),
        strict=True,
    )


def _veterinarians(rows: Rows, batch: slice) -> Tuples:
    return zip(
        _hex(rows.person_ids[batch]),
        map(license_number, rows.licenses[batch].tolist()),
        _hex(rows.clinic_ids[rows.veterinarian_clinic[batch]]),
        strict=True,
    )


def _cats(rows: Rows, batch: slice) -> Tuples:
    return zip(
        _hex(rows.cat_ids[batch]),
        map(names.CAT_NAMES.__getitem__, rows.cat_names[batch].tolist()),
        rows.cat_ages[batch].tolist(),
        rows.cat_colors[batch].tolist(),
        rows.cat_lives[batch].tolist(),
        _hex(rows.person_ids[rows.cat_owner[batch]]),
        strict=True,
    )


def _appointments(rows: Rows, batch: slice) -> Tuples:
    slots = rows.visit_slot[batch]
    cats, veterinarians = rows.visit_cat[batch], rows.visit_veterinarian[batch]
    starts = {slot: start_of(slot).strftime(START) for slot in set(slots.tolist())}
    # Few, and each of them often: made once.
    clinics = list(_hex(rows.clinic_ids))
    doctors = list(_hex(rows.person_ids[: len(rows.licenses)]))
    return zip(
        _hex(rows.visit_ids[batch]),
        map(starts.__getitem__, slots.tolist()),
        [DURATION] * len(slots),
        _hex(rows.cat_ids[cats]),
        _hex(rows.person_ids[rows.cat_owner[cats]]),
        map(clinics.__getitem__, rows.veterinarian_clinic[veterinarians].tolist()),
        map(doctors.__getitem__, veterinarians.tolist()),
        strict=True,
    )


def _hex(ids: Ids) -> Iterator[str]:
    text = ids.tobytes().hex()
    return (text[begin : begin + 32] for begin in range(0, len(text), 32))
