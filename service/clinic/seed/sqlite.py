"""Store columns in SQLite without a Python object for each row.

A statement gets whole columns, each as one blob of values of the same width, and cuts the rows out
of them:

    INSERT INTO person (id, given_name) WITH RECURSIVE row(i) AS (0, 1, 2 …)
    SELECT CAST(substr(:ids, i * 32 + 1, 32) AS TEXT), … FROM row

That takes a third less time than executemany, which makes and binds each value by itself. Ids
ascend and appointments come by veterinarian and start, so that the indexes of keys and uniqueness,
which SQLite keeps from the first row on, are only ever appended to.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from clinic.models import APPOINTMENT_DURATION
from clinic.seed import names
from clinic.seed.ahead import made_ahead
from clinic.seed.rows import Rows, license_number, start_of

BATCH = 20_000
# As SQLAlchemy writes times and intervals on SQLite: the latter as a time after the epoch.
START = "%Y-%m-%d %H:%M:%S.000000"
DURATION = f"1970-01-01 00:{APPOINTMENT_DURATION.seconds // 60:02d}:00.000000"

Array = NDArray[Any]
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Column:
    """Describe a column: values of `width` bytes each, and what is made of them."""

    name: str
    width: int
    at: Callable[[slice], Array]
    made: str = "CAST({} AS TEXT)"

    @property
    def expression(self) -> str:
        return self.made.format(f"substr(?, i * {self.width} + 1, {self.width})")


CONSTANT = "CAST(? AS TEXT)"


def load(connection: Connection, rows: Rows, progress: Progress) -> None:
    """Insert all rows into their tables, which are there and empty."""
    driver: Any = connection.connection.driver_connection
    counts = rows.counts
    for table, columns in _tables(rows):
        statement = _insert(table, columns)
        for count, blobs in made_ahead(_batches(columns, counts[table])):
            driver.execute(statement, (count, *blobs))
            progress(count)


def _batches(columns: Sequence[Column], total: int) -> Iterator[tuple[int, list[bytes]]]:
    for begin in range(0, total, BATCH):
        batch = slice(begin, min(begin + BATCH, total))
        yield batch.stop - batch.start, [column.at(batch).tobytes() for column in columns]


def _insert(table: str, columns: Sequence[Column]) -> str:
    fields = ", ".join(column.name for column in columns)
    values = ", ".join(column.expression for column in columns)
    numbers = "WITH RECURSIVE row(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM row WHERE i + 1 < ?)"
    return f"INSERT INTO {table} ({fields}) {numbers} SELECT {values} FROM row"


def _tables(rows: Rows) -> Iterator[tuple[str, list[Column]]]:
    clinics = np.arange(len(rows.clinic_names), dtype=np.int32)
    licenses = np.arange(len(rows.licenses), dtype=np.int32)
    license_numbers = [license_number(number) for number in rows.licenses.tolist()]
    yield "clinic", [_ids("id", rows.clinic_ids), _texts("name", clinics, rows.clinic_names)]
    yield (
        "person",
        [
            _ids("id", rows.person_ids),
            _texts("given_name", rows.given_names, names.GIVEN_NAMES),
            _texts("surname", rows.surnames, names.SURNAMES),
        ],
    )
    yield (
        "veterinarian",
        [
            _ids("id", rows.person_ids),
            _texts("license_number", licenses, license_numbers),
            _ids("clinic_id", rows.clinic_ids, rows.veterinarian_clinic),
        ],
    )
    yield (
        "cat",
        [
            _ids("id", rows.cat_ids),
            _texts("name", rows.cat_names, names.CAT_NAMES),
            _integers("age", rows.cat_ages),
            _integers("color", rows.cat_colors),
            _integers("lives", rows.cat_lives),
            _ids("owner_id", rows.person_ids, rows.cat_owner),
        ],
    )
    yield "appointment", _appointment(rows)


def _appointment(rows: Rows) -> list[Column]:
    slots = int(rows.visit_slot.max(initial=0)) + 1
    starts = np.array([start_of(slot).strftime(START).encode() for slot in range(slots)])
    people, clinics = rows.person_ids, rows.clinic_ids
    return [
        _ids("id", rows.visit_ids),
        Column("start", starts.dtype.itemsize, lambda batch: starts[rows.visit_slot[batch]]),
        # The same for every row: one value, from which nothing is cut.
        Column("duration", 0, lambda _: np.array(DURATION.encode()), CONSTANT),
        _ids("cat_id", rows.cat_ids, rows.visit_cat),
        Column("owner_id", 32, lambda b: _hex(people[rows.cat_owner[rows.visit_cat[b]]])),
        Column(
            "clinic_id",
            32,
            lambda b: _hex(clinics[rows.veterinarian_clinic[rows.visit_veterinarian[b]]]),
        ),
        _ids("veterinarian_id", people, rows.visit_veterinarian),
    ]


def _ids(name: str, ids: Array, positions: Array | None = None) -> Column:
    if positions is None:
        return Column(name, 32, lambda batch: _hex(ids[batch]))
    return Column(name, 32, lambda batch: _hex(ids[positions[batch]]))


def _texts(name: str, positions: Array, table: Sequence[str]) -> Column:
    """Write texts with as many bytes as the longest has, and spaces after the others."""
    encoded = np.array([text.encode() for text in table])
    padded = np.char.ljust(encoded, encoded.dtype.itemsize)
    width = padded.dtype.itemsize
    return Column(name, width, lambda batch: padded[positions[batch]], "rtrim(CAST({} AS TEXT))")


def _integers(name: str, values: Array) -> Column:
    """Write integers from 0 to 99."""
    digits = np.array([f"{number:2d}".encode() for number in range(100)])
    return Column(name, 2, lambda batch: digits[values[batch]], "CAST({} AS INTEGER)")


# The two digits of every byte.
_DIGITS = np.array([list(f"{byte:02x}".encode()) for byte in range(256)], dtype=np.uint8)


def _hex(ids: Array) -> Array:
    return _DIGITS[ids]
