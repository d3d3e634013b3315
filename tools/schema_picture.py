"""Draw the schema from the models, as SVG: `python -m tools.schema_picture > docs/schema.svg`.

A box for each table with its columns, and a line for each foreign key, from the column that has it
to the key that it names. Where the boxes stand is said here; all else comes from the models.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from sqlalchemy import ForeignKeyConstraint, Table

from clinic.models import Base

WIDTH, ROW, HEAD = 250, 22, 30
GAP_X, GAP_Y = 110, 60
# Column and row of each table's box.
PLACES = {
    "clinic": (0, 0),
    "veterinarian": (1, 0),
    "person": (2, 0),
    "appointment": (1, 1),
    "cat": (2, 1),
}
TALLEST_FIRST_ROW = 4
STYLE = """
    .box { fill: #ffffff; stroke: #b9b1a3; }
    .head { fill: #a64f12; }
    .name { fill: #ffffff; font-weight: 600; }
    text { font: 13px system-ui, "DejaVu Sans", sans-serif; fill: #20242a; }
    .type { fill: #5d6570; text-anchor: end; }
    .key { font-weight: 600; }
    .arrow { fill: #5d6570; }
    .line { fill: none; stroke: #5d6570; stroke-width: 1.4; marker-end: url(#arrow); }
    @media (prefers-color-scheme: dark) {
        .line { stroke: #b9b1a3; }
        .arrow { fill: #b9b1a3; }
    }
"""


@dataclass(frozen=True, slots=True)
class Box:
    """Hold a table where it stands; y grows downwards."""

    table: Table
    x: int
    y: int

    @property
    def height(self) -> int:
        return HEAD + ROW * len(self.table.columns) + 8

    def middle_of(self, column: str) -> int:
        """Return the height at which a column's row has its middle."""
        position = [one.name for one in self.table.columns].index(column)
        return self.y + HEAD + ROW * position + ROW // 2 + 4


def draw() -> str:
    """Return the picture as SVG text."""
    boxes = {table.name: _box(table) for table in Base.metadata.sorted_tables}
    width = max(box.x for box in boxes.values()) + WIDTH + 40
    height = max(box.y + box.height for box in boxes.values()) + 20
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img" aria-label="The schema of the clinic">',
        f"  <style>{STYLE}  </style>",
        '  <defs><marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" '
        'markerHeight="8" orient="auto"><path class="arrow" d="M0 0 L8 4 L0 8 z"/>'
        "</marker></defs>",
        *(line for box in boxes.values() for line in _lines(box, boxes)),
        *(part for box in boxes.values() for part in _drawn(box)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _box(table: Table) -> Box:
    column, row = PLACES[table.name]
    first_row = HEAD + ROW * TALLEST_FIRST_ROW + GAP_Y
    return Box(table, 20 + column * (WIDTH + GAP_X), 20 + row * first_row)


def _drawn(box: Box) -> Iterator[str]:
    yield f'  <rect class="box" x="{box.x}" y="{box.y}" width="{WIDTH}" height="{box.height}"/>'
    yield f'  <rect class="head" x="{box.x}" y="{box.y}" width="{WIDTH}" height="{HEAD}"/>'
    yield f'  <text class="name" x="{box.x + 12}" y="{box.y + 20}">{escape(box.table.name)}</text>'
    for column in box.table.columns:
        y = box.middle_of(column.name) + 4
        kind = "key" if column.primary_key else "column"
        yield f'  <text class="{kind}" x="{box.x + 12}" y="{y}">{escape(column.name)}</text>'
        type_name = type(column.type).__name__.removesuffix("Type").lower()
        yield f'  <text class="type" x="{box.x + WIDTH - 12}" y="{y}">{escape(type_name)}</text>'


def _lines(box: Box, boxes: dict[str, Box]) -> Iterator[str]:
    keys = sorted(box.table.foreign_key_constraints, key=lambda key: str(key.name))
    for number, key in enumerate(keys):
        yield _line(box, boxes[key.referred_table.name], key, bend=14 + 12 * number)


def _line(box: Box, other: Box, key: ForeignKeyConstraint, *, bend: int) -> str:
    """Draw from the key's first column out to a side, along the gap, and into the other box."""
    to_right = other.x >= box.x
    begin_x = box.x + WIDTH if to_right else box.x
    end_x = other.x if to_right != (other.x == box.x) else other.x + WIDTH
    begin_y = box.middle_of(key.column_keys[0])
    end_y = other.middle_of(key.elements[0].column.name)
    between = begin_x + bend if to_right else begin_x - bend
    title = escape(f"{box.table.name} ({', '.join(key.column_keys)}) → {other.table.name}")
    return (
        f'  <path class="line" d="M{begin_x} {begin_y} H{between} V{end_y} H{end_x}">'
        f"<title>{title}</title></path>"
    )


if __name__ == "__main__":
    sys.stdout.write(draw())
