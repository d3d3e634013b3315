"""Say what a learner is told: the pager's message, what is wanted, where to look, and the hints."""

from collections.abc import Mapping
from dataclasses import dataclass

from exercise.grade.marks import HINT_COSTS
from exercise.lesson import HINTS, Lesson, all_lessons
from exercise.places import Folder, State

DIFFICULTIES = {1: "first steps", 2: "needs a second look", 3: "not where one looks first"}
# What a repair has to keep, for the page and for the terminal.
RULES = (
    "every page shows what is said below, from the database as it is at that moment,",
    "sends as many statements for much data as for little,",
    "answers within its objective under load, and slows no other page down.",
)


@dataclass(frozen=True, slots=True)
class Situation:
    """Hold what is told of an exercise so far."""

    seed: int
    difficulty: str
    pager: str
    pages: tuple[tuple[str, str], ...]
    strategies: tuple[str, ...]
    hints: tuple[str, ...]
    next_cost: int | None
    links: Mapping[str, str]

    def lines(self, answer: str) -> list[str]:
        """Return the situation for a terminal."""
        links = [f"  {name:<10} {address}" for name, address in self.links.items()]
        return [
            f"Exercise {self.seed} ({self.difficulty})",
            "",
            f"PAGER  {self.pager}",
            "",
            "Visitors come all the time. One fault is there, and one thing that looks like one",
            "and is not. Name the fault's route, statement and line, and repair it:",
            *[f"  {rule}" for rule in RULES],
            "",
            "What pages show (not all of them are there today):",
            *[f"  {route:<24} {what}" for route, what in self.pages],
            "",
            *links,
            "",
            f"Write your answer into {answer}, or into the exercise's page.",
            "  make exercise-check   grades it",
            f"  make exercise-hint    gives a hint, of {HINTS}; the next costs {self.next_cost}"
            if self.next_cost
            else "  (all hints are taken)",
        ]


def tell(state: State, links: Mapping[str, str]) -> Situation:
    """Return the situation of the exercise that is set."""
    drawn, lesson = state.drawn, state.drawn.lesson
    return Situation(
        seed=state.seed,
        difficulty=DIFFICULTIES[lesson.difficulty],
        pager=lesson.pager,
        pages=pages(lesson),
        strategies=tuple(sorted(drawn.herbs)),
        hints=lesson.hints[: state.hints],
        next_cost=HINT_COSTS[state.hints] if state.hints < HINTS else None,
        links=links,
    )


def pages(drawn: Lesson) -> tuple[tuple[str, str], ...]:
    """Return what each page shows, by route; of all lessons, so that this names no fault."""
    shown = {lesson.route: lesson.wanted for lesson in (*all_lessons(), drawn)}
    return tuple(sorted(shown.items()))


def take_hint(folder: Folder) -> str | None:
    """Return the next hint and write down that it is taken; None if there is no other."""
    state = folder.state()
    if state.hints >= HINTS:
        return None
    folder.keep(State(state.seed, state.source, state.hints + 1))
    return state.drawn.lesson.hints[state.hints]
