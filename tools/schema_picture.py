"""Draw the schema from the models, as SVG: `python -m tools.schema_picture > docs/schema.svg`.

A box for each table with its columns, and a line for each foreign key, from the columns that have
it to the key that it names; a bracket joins the columns of a composite key. Where the boxes stand
is said here; all else comes from the models.
"""

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from sqlalchemy import Column, ForeignKeyConstraint, Table

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
# Lines that meet at one row, and lines that go up next to each other, keep this far apart.
PORT, LANE = 9, 12
BRACKET = 10
STYLE = """
    .box { fill: #ffffff; stroke: #b9b1a3; }
    .head { fill: #a64f12; }
    .name { fill: #ffffff; font-weight: 600; }
    text { font: 13px system-ui, "DejaVu Sans", sans-serif; fill: #20242a; }
    .type { fill: #5d6570; text-anchor: end; }
    .key { font-weight: 600; }
    .arrow { fill: #5d6570; }
    .line, .bracket { fill: none; stroke: #5d6570; stroke-width: 1.4; }
    .line { marker-end: url(#arrow); }
    @media (prefers-color-scheme: dark) {
        .line, .bracket { stroke: #b9b1a3; }
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
        *_lines(boxes),
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


def _lines(boxes: dict[str, Box]) -> Iterator[str]:
    """Draw every foreign key in a lane of its own, those with the longest way outermost."""
    lines = [
        Line(box, boxes[key.referred_table.name], key)
        for box in boxes.values()
        for key in box.table.foreign_key_constraints
    ]
    lanes: Counter[int] = Counter()
    # A row that a bracket comes from or leads to has no place in its middle for another line.
    ports = Counter(end for line in lines if len(line.own) > 1 for end in line.ends())
    for line in sorted(lines, key=lambda line: (line.way, str(line.key.name))):
        lanes[line.side_x] += 1
        begin = _spread(ports, line.box, line.own, line.leaves_right)
        end = _spread(ports, line.other, line.named, line.enters_right)
        yield from line.drawn(begin, end, lane=lanes[line.side_x])


def _spread(
    ports: Counter[tuple[str, str, bool]], box: Box, columns: list[str], right: bool
) -> int:
    """Return the height of a key on one side of a box, apart from those that were given before."""
    port = (box.table.name, "+".join(columns), right)
    ports[port] += 1
    return _middle(box, columns) - PORT * (ports[port] - 1)


def _middle(box: Box, columns: list[str]) -> int:
    heights = [box.middle_of(column) for column in columns]
    return (min(heights) + max(heights)) // 2


class Line:
    """Draw a foreign key from its columns to those that it names."""

    def __init__(self, box: Box, other: Box, key: ForeignKeyConstraint) -> None:
        named: list[Column[object]] = [element.column for element in key.elements]
        self.box, self.other, self.key = box, other, key
        self.own = list(key.column_keys)
        self.named = [column.name for column in named]
        # To a box in the same column it leads around: on the right at the edge, else on the left.
        same, last = other.x == box.x, box.x == 20 + max(PLACES.values())[0] * (WIDTH + GAP_X)
        self.leaves_right = other.x > box.x or (same and last)
        self.enters_right = other.x < box.x or (same and last)
        self.side_x = box.x + WIDTH if self.leaves_right else box.x

    @property
    def way(self) -> int:
        """Return how far it goes up or down, in pixels."""
        return abs(_middle(self.box, self.own) - _middle(self.other, self.named))

    def ends(self) -> Iterator[tuple[str, str, bool]]:
        """Yield table, column and side of every row that it comes from or leads to."""
        for column in self.own:
            yield self.box.table.name, column, self.leaves_right
        for column in self.named:
            yield self.other.table.name, column, self.enters_right

    def drawn(self, begin_y: int, end_y: int, lane: int) -> Iterator[str]:
        """Yield its path, and the brackets of a composite key."""
        out = 1 if self.leaves_right else -1
        into = 1 if self.enters_right else -1
        between = self.side_x + out * (BRACKET + LANE * lane)
        begin_x = self._bracket_x(self.box, self.own, self.leaves_right, out)
        end_x = self._bracket_x(self.other, self.named, self.enters_right, into)
        yield from self._bracket(self.box, self.own, begin_x)
        yield from self._bracket(self.other, self.named, end_x)
        columns = ", ".join(self.own)
        title = escape(f"{self.box.table.name} ({columns}) → {self.other.table.name}")
        yield (
            f'  <path class="line" d="M{begin_x} {begin_y} H{between} V{end_y} H{end_x}">'
            f"<title>{title}</title></path>"
        )

    @staticmethod
    def _bracket_x(box: Box, columns: list[str], right: bool, out: int) -> int:
        side = box.x + WIDTH if right else box.x
        return side + (out * BRACKET if len(columns) > 1 else 0)

    @staticmethod
    def _bracket(box: Box, columns: list[str], x: int) -> Iterator[str]:
        if len(columns) > 1:
            side = box.x if x < box.x else box.x + WIDTH
            top, bottom = (pick(map(box.middle_of, columns)) for pick in (min, max))
            yield f'  <path class="bracket" d="M{side} {top} H{x} V{bottom} H{side}"/>'


if __name__ == "__main__":
    sys.stdout.write(draw())
