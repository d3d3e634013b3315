"""Read the answers of other detectors that were run on the corpus, as `make rivals` kept them."""

import json
from dataclasses import dataclass
from pathlib import Path

Verdicts = dict[str, dict[str, list[str]]]
VERDICTS = Path(__file__).with_name("verdicts.json")
PERF_SENTINEL = "perf-sentinel 0.7.8"


@dataclass(frozen=True, slots=True)
class Watcher:
    """Describe a library that watches programs in Python, and those whose libraries it knows."""

    programs: tuple[str, ...]


# An environment of its own: nplus1 takes the name `nplusone`.
PYTHON = Path(__file__).resolve().parents[4] / "var" / "rivals-venv" / "bin" / "python"
WATCHERS = {
    "nplus1 1.1.5": Watcher(
        ("clinic", "orm", "async_orm", "django_books", "django_shop", "peewee_blog")
    ),
    "queryspy 0.6.0": Watcher(("clinic", "orm", "async_orm")),
}


def said_by_rivals() -> Verdicts:
    """Return the statements that each of them calls repeated, by case."""
    found: Verdicts = json.loads(VERDICTS.read_text())
    return found
