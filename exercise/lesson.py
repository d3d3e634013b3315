"""Describe a fault: what a learner is told of it, what counts as found, and how it is judged.

A lesson is one small file that defines LESSON. The code that the clinic runs for it is the module
that `served` names, or the same file.
"""

import ast
import importlib.util
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType

from exercise.errors import ExerciseError
from harness.project import PROJECT

# The built-in lessons, by difficulty: 1 is for a first exercise.
NAMES = ("heron", "wren", "finch", "stork", "raven", "robin", "crow")
HINTS = 3


@dataclass(frozen=True, slots=True)
class Place:
    """Name code by its file in the project and a function in it; a template is one whole file."""

    file: str
    function: str = ""

    def lines(self) -> range:
        """Return the lines of the function, or of the file; raise ExerciseError if it is gone."""
        text = (PROJECT / self.file).read_text(encoding="utf-8")
        if not self.function:
            return range(1, len(text.splitlines()) + 1)
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef) and node.name == self.function:
                return range(node.lineno, (node.end_lineno or node.lineno) + 1)
        raise ExerciseError(f"{self.file} has no function {self.function}: mend the lesson.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """Hold one fault; `targets`, `path` and `expected` are for what its page is asked with.

    path: where the page of a target is. expected: what the page lists then, item by item, by the
    database alone. share: p95 after the repair, at most so much of p95 before it.
    """

    name: str
    title: str
    difficulty: int
    served: str = ""
    pager: str
    wanted: str
    route: str
    statement: Sequence[str]
    places: Sequence[Place]
    hints: tuple[str, str, str]
    first_look: str
    targets: Callable[[sqlite3.Connection], list[str]]
    path: Callable[[str], str]
    expected: Callable[[sqlite3.Connection, str], list[str]]
    share: float
    method: str = "GET"
    # The strategy in force, by its real name.
    strategy: str = "core"
    # What is done to the database first.
    prepare: Sequence[str] = ()
    # The columns that an index has to lead with, as (table, column).
    index: tuple[str, str] | None = None
    # What SETTINGS of an answer may set.
    settings: Sequence[str] = ()
    # Whether the clinic asks the registry of licences, a service next to it.
    asks_registry: bool = False


def load(name: str) -> Lesson:
    """Return a lesson by its name, or from a file; raise ExerciseError for anything else."""
    if name in NAMES:
        return _lesson_of(import_module(f"exercise.lessons.{name}"), name)
    path = Path(name)
    if not path.is_file():
        raise ExerciseError(
            f"There is no lesson {name!r}: name a file, or one of {', '.join(NAMES)}."
        )
    return _lesson_of(load_file(path), name)


def served_module(name: str) -> ModuleType:
    """Return the code that the clinic runs for a lesson; a file may hold both."""
    lesson = load(name)
    if lesson.served:
        return import_module(lesson.served)
    return load_file(Path(name))


def load_file(path: Path) -> ModuleType:
    """Run a Python file as a module; raise ExerciseError if it cannot be read."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ExerciseError(f"{path} is not a Python file.")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise ExerciseError(f"{path} cannot be run: {type(error).__name__}: {error}") from error
    return module


def all_lessons() -> Iterator[Lesson]:
    """Yield the built-in lessons."""
    return map(load, NAMES)


def _lesson_of(module: ModuleType, name: str) -> Lesson:
    lesson = getattr(module, "LESSON", None)
    if not isinstance(lesson, Lesson):
        raise ExerciseError(f"{name} defines no LESSON: see docs/exercise.md for its fields.")
    return lesson
