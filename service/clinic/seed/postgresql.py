"""Store columns in PostgreSQL by COPY, in one transaction."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import numpy as np
from sqlalchemy import Connection

from clinic.models import APPOINTMENT_DURATION
from clinic.seed import names
from clinic.seed.binary_copy import HEADER, TRAILER, Array, Field, Text, encode
from clinic.seed.rows import Rows, license_number, start_of

BATCH = 50_000
# The tables are of this same transaction: their pages can be written as they will be once it is
# old, all visible, and indexes can be read without them.
OPTIONS = "FORMAT BINARY, FREEZE"
FOR_THIS_TRANSACTION = (
    # The keys and indexes that follow are sorted in memory,
    "maintenance_work_mem = '256MB'",
    "work_mem = '256MB'",
    # and foreign keys are checked by merging two indexes, not by a table of a million hashes.
    "enable_hashjoin = off",
)
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)

Progress = Callable[[int], None]


def load(connection: Connection, rows: Rows, progress: Progress) -> None:
    """Copy all rows into their tables, which are there and empty."""
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor:
        for setting in FOR_THIS_TRANSACTION:
            cursor.execute(f"SET LOCAL {setting}")
        for table, count, columns in _tables(rows):
            fields = ", ".join(column.name for column in columns)
            with cursor.copy(f"COPY {table} ({fields}) FROM STDIN ({OPTIONS})") as copy:
                copy.write(HEADER)
                for batch in _batches(count):
                    for part in encode(columns, batch):
                        copy.write(part)
                    progress(batch.stop - batch.start)
                copy.write(TRAILER)


def _tables(rows: Rows) -> Iterator[tuple[str, int, list[Field | Text]]]:
    counts = rows.counts
    clinics = np.arange(counts["clinic"], dtype=np.int32)
    licenses = np.array([license_number(n) for n in rows.licenses.tolist()], dtype="S")
    yield (
        "clinic",
        counts["clinic"],
        [_ids("id", rows.clinic_ids), Text("name", clinics, rows.clinic_names)],
    )
    yield (
        "person",
        counts["person"],
        [
            _ids("id", rows.person_ids),
            Text("given_name", rows.given_names, names.GIVEN_NAMES),
            Text("surname", rows.surnames, names.SURNAMES),
        ],
    )
    yield (
        "veterinarian",
        counts["veterinarian"],
        [
            _ids("id", rows.person_ids),
            Field("license_number", lambda batch: licenses[batch]),
            _ids("clinic_id", rows.clinic_ids, rows.veterinarian_clinic),
        ],
    )
    yield (
        "cat",
        counts["cat"],
        [
            _ids("id", rows.cat_ids),
            Text("name", rows.cat_names, names.CAT_NAMES),
            _integers("age", rows.cat_ages),
            _integers("color", rows.cat_colors),
            _integers("lives", rows.cat_lives),
            _ids("owner_id", rows.person_ids, rows.cat_owner),
        ],
    )
    yield "appointment", counts["appointment"], _appointment(rows)


def _appointment(rows: Rows) -> list[Field | Text]:
    starts = _starts(int(rows.visit_slot.max(initial=0)) + 1)
    # An interval is microseconds, days and months.
    microseconds = APPOINTMENT_DURATION.seconds * 10**6
    duration = np.frombuffer(microseconds.to_bytes(8, "big") + bytes(8), dtype="V16")

    def at(batch: slice) -> Array:
        return starts[rows.visit_slot[batch]]

    return [
        _ids("id", rows.visit_ids),
        Field("start", at),
        Field("duration", lambda batch: np.repeat(duration, batch.stop - batch.start)),
        _ids("cat_id", rows.cat_ids, rows.visit_cat),
        Field("owner_id", lambda b: _raw(rows.person_ids[rows.cat_owner[rows.visit_cat[b]]])),
        Field(
            "clinic_id",
            lambda b: _raw(rows.clinic_ids[rows.veterinarian_clinic[rows.visit_veterinarian[b]]]),
        ),
        _ids("veterinarian_id", rows.person_ids, rows.visit_veterinarian),
    ]


def _starts(count: int) -> Array:
    """Return the start of every half hour in microseconds since 2000."""
    seconds = [int((start_of(slot) - EPOCH).total_seconds()) for slot in range(count)]
    return (np.array(seconds, dtype=np.int64) * 10**6).astype(">i8")


def _ids(name: str, ids: Array, positions: Array | None = None) -> Field:
    if positions is None:
        return Field(name, lambda batch: _raw(ids[batch]))
    return Field(name, lambda batch: _raw(ids[positions[batch]]))


def _raw(ids: Array) -> Array:
    return np.ascontiguousarray(ids).view("V16").reshape(-1)


def _integers(name: str, values: Array) -> Field:
    return Field(name, lambda batch: values[batch].astype(">i4"))


def _batches(count: int) -> Iterator[slice]:
    return (slice(begin, min(begin + BATCH, count)) for begin in range(0, count, BATCH))
