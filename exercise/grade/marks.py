"""Hold what is judged of an answer, and sum it up."""

from collections.abc import Sequence
from dataclasses import dataclass

HINT_COSTS = (5, 10, 15)


@dataclass(frozen=True, slots=True)
class Mark:
    """Say of one thing whether it is right, for how many points, and why."""

    name: str
    points: int
    right: bool
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade:
    """Hold all marks of an answer, and what is told once it is graded."""

    marks: Sequence[Mark]
    hints: int
    told: Sequence[str]

    @property
    def passed(self) -> bool:
        """Return whether everything is right; hints cost points, and do not fail anybody."""
        return all(mark.right for mark in self.marks)

    @property
    def points(self) -> int:
        """Return the points of 100, without those that hints have cost."""
        return max(0, sum(mark.points for mark in self.marks if mark.right) - self.cost)

    @property
    def cost(self) -> int:
        return sum(HINT_COSTS[: self.hints])

    def lines(self) -> list[str]:
        """Return the grade for a terminal."""
        rows = [
            f"{'right' if mark.right else 'WRONG'}  {mark.name} ({mark.points}): {mark.says}"
            for mark in self.marks
        ]
        hints = [f"       {self.hints} of 3 hints taken: -{self.cost}"] if self.hints else []
        total = f"{'PASSED' if self.passed else 'NOT PASSED'}, {self.points} of 100 points."
        return [*rows, *hints, total, *self.told]
