"""Write rows in the binary format of PostgreSQL's COPY, by hand.

psycopg writes this format a row at a time, from a Python object for each value. The dataset prod
has four million rows: numpy writes a whole batch of them at once, as an array of a structured type.

    header  PGCOPY\\n\\377\\r\\n\\0, flags, extension
    row     int16 number of fields, then for each field int32 length and the value
    trailer int16 -1
    https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format"

A type has fields of fixed lengths: rows whose texts differ in length go into different arrays, one
for each length.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
TRAILER = b"\xff\xff"

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Field:
    """Hold a column of values of one length, as PostgreSQL's binary format has them."""

    name: str
    at: Callable[[slice], Array]


@dataclass(frozen=True, slots=True)
class Text:
    """Hold a column of texts: positions in a table of them."""

    name: str
    positions: NDArray[np.int32]
    table: Sequence[str]


def encode(columns: Sequence[Field | Text], batch: slice) -> Iterator[bytes]:
    """Yield the rows of a batch in COPY's format, those with texts of the same lengths together."""
    texts = {column.name: _texts(column, batch) for column in columns if isinstance(column, Text)}
    fields = {column.name: column.at(batch) for column in columns if isinstance(column, Field)}
    for chosen, lengths in _by_lengths([np.char.str_len(text) for text in texts.values()]):
        values = {name: field[chosen] for name, field in fields.items()}
        for (name, text), length in zip(texts.items(), lengths, strict=True):
            values[name] = text[chosen].astype(f"S{length}")
        yield _rows([values[column.name] for column in columns])


def _texts(column: Text, batch: slice) -> Array:
    table = np.array([text.encode() for text in column.table])
    return table[column.positions[batch]]


def _by_lengths(lengths: Sequence[Array]) -> Iterator[tuple[Any, tuple[int, ...]]]:
    """Yield the positions of the rows whose texts have the same lengths, and these."""
    if not lengths:
        yield slice(None), ()
        return
    combined = np.column_stack(lengths)
    unique, group = np.unique(combined, axis=0, return_inverse=True)
    for number, found in enumerate(unique):
        yield np.flatnonzero(group.reshape(-1) == number), tuple(found.tolist())


def _rows(values: Sequence[Array]) -> bytes:
    """Lay columns side by side, each value after its length, each row after its field count."""
    layout: list[tuple[str, str]] = [("count", ">i2")]
    for number, value in enumerate(values):
        layout += [(f"length{number}", ">i4"), (f"value{number}", value.dtype.str)]
    rows = np.empty(len(values[0]), dtype=layout)
    rows["count"] = len(values)
    for number, value in enumerate(values):
        rows[f"length{number}"] = value.dtype.itemsize
        rows[f"value{number}"] = value
    return rows.tobytes()
