"""Draw requests whose costs are known, as they are and as they would be if they were mended.

before │ SELECT clinic │ gap │ SELECT visit │ gap, rows │ SELECT cat │ gap │ … │ after
"""

from dataclasses import dataclass, replace
from typing import Any

from nplusone.tests.traces import MS, Drawing
from otel_nplusone._core.model import Trace

CLINIC = "SELECT clinic.id FROM clinic WHERE clinic.name = ?"
VISIT = "SELECT visit.cat_id FROM visit WHERE visit.clinic_id = ?"
CAT = "SELECT cat.name FROM cat WHERE cat.id = ?"
S = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Page:
    """Hold what a page costs, in milliseconds: `row_ms` is what an entity costs the client."""

    repeats: int = 100
    keys: int = 100
    trip_ms: float = 1.0
    gap_ms: float = 0.2
    row_ms: float = 0.02
    before_ms: float = 2.0
    after_ms: float = 4.0

    @property
    def duration_ms(self) -> float:
        """Return what it takes as it was launched."""
        loop = self.repeats * (self.trip_ms + self.gap_ms)
        return self.around_ms + 2 * (self.trip_ms + self.gap_ms) + self.repeats * self.row_ms + loop

    @property
    def around_ms(self) -> float:
        """Return what belongs to none of the statements."""
        return self.before_ms + self.after_ms

    @property
    def as_rows_ms(self) -> float:
        """Return what it takes when one statement returns plain rows, which cost nearly nothing."""
        return self.around_ms + self.trip_ms + self.gap_ms + self.keys * self.row_ms / 8

    @property
    def as_entities_ms(self) -> float:
        """Return what it takes when the cats are loaded together, and every row is an entity."""
        statements = 3 * (self.trip_ms + self.gap_ms)
        return self.around_ms + statements + (self.repeats + self.keys) * self.row_ms

    @property
    def once_ms(self) -> float:
        """Return what it takes when the session answers for the cats that it knows."""
        return replace(self, repeats=self.keys).duration_ms + (
            (self.repeats - self.keys) * self.row_ms
        )

    def draw(self, number: int = 1, *, at_ms: float = 0, told_rows: bool = False) -> Trace:
        """Draw the request, the number of its trace, and when it begins."""
        return Trace(f"{number:032x}", tuple(self.drawn(number, at_ms, told_rows=told_rows).spans))

    def drawn(self, number: int = 1, at_ms: float = 0, *, told_rows: bool = False) -> Drawing:
        start = S * 1_000 + round(at_ms * MS)
        drawing = Drawing(trace_id=f"{number:032x}", start=start)
        request = drawing.server("/stories", ms=self.duration_ms)
        now = start + round(self.before_ms * MS)
        rows: dict[str, Any] = {"db__response__returned_rows": self.repeats} if told_rows else {}
        for text, gap, more in (
            (CLINIC, self.gap_ms, {}),
            (VISIT, self.gap_ms + self.repeats * self.row_ms, rows),
        ):
            drawing.sql(request, text, ms=self.trip_ms, start=now, **more)
            now += round((self.trip_ms + gap) * MS)
        for repeat in range(self.repeats):
            value: dict[str, Any] = {"nplusone__values_hash": f"{repeat % self.keys}"}
            drawing.sql(request, CAT, ms=self.trip_ms, start=now, **value)
            now += round((self.trip_ms + self.gap_ms) * MS)
        return drawing
