"""Measure, and write docs/benchmarks.md and var/bench/*.json: `python -m bench [QUESTION …]`.

Each question is a module with a function measure() that returns named numbers, or whole tables:
row → column → number. Nothing here is asserted: figures are for reading, and the machine that
they come from stands next to them.
"""

import argparse
import json
import platform
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from bench import (
    corpus,
    demo,
    detector,
    live,
    pages,
    predict,
    seeding,
    stack,
    strategies,
    telemetry,
    tracestore,
    tracing,
    workers,
)

PROJECT = Path(__file__).resolve().parent.parent
RESULTS = PROJECT / "var" / "bench"
DOCUMENT = PROJECT / "docs" / "benchmarks.md"

Table = Mapping[str, Mapping[str, float | int]]
Figures = Mapping[str, float | int | str | Table]


@dataclass(frozen=True, slots=True)
class Question:
    """Say what is asked, how it is measured, and the targets of some figures."""

    asks: str
    measure: Callable[[], Figures]
    targets: Mapping[str, str]


QUESTIONS: Mapping[str, Question] = {
    "demo": Question(
        "How long does make demo take, and what does it show?", demo.measure, demo.TARGETS
    ),
    "tracestore": Question(
        "What does tracestore take in and give back?", tracestore.measure, tracestore.TARGETS
    ),
    "pages": Question(
        "How soon is a trace's page painted in Chromium?", pages.measure, pages.TARGETS
    ),
    "strategies": Question(
        "What does each way to read the Success Stories cost, on both databases?",
        strategies.measure,
        strategies.TARGETS,
    ),
    "predict": Question(
        "How right is scan --predict about what each repair brings, and at 50 times the size?",
        predict.measure,
        predict.TARGETS,
    ),
    "seeding": Question(
        "How fast is `prod` seeded, against a session that is given row after row?",
        seeding.measure,
        seeding.TARGETS,
    ),
    "telemetry": Question(
        "How many spans are lost when the backend is slow or down, or the clinic is stopped?",
        telemetry.measure,
        telemetry.TARGETS,
    ),
    "tracing": Question(
        "What does observing cost: each layer of telemetry, against none?",
        tracing.measure,
        tracing.TARGETS,
    ),
    "workers": Question(
        "What changes under other worker models, and what does not?",
        workers.measure,
        workers.TARGETS,
    ),
    "corpus": Question(
        "How often is otel-nplusone right about the labelled traces, and how often are others?",
        corpus.measure,
        corpus.TARGETS,
    ),
    "detector": Question(
        "How fast does otel-nplusone read and judge a million spans?",
        detector.measure,
        detector.TARGETS,
    ),
    "live": Question(
        "What does it cost the clinic to find its N+1 while it runs?", live.measure, live.TARGETS
    ),
    "stack": Question(
        "What does the compose stack cost under its default load, and how soon does it show the "
        "incident?",
        stack.measure,
        stack.TARGETS,
    ),
}
# Needs Docker, and is asked only by name (make bench-stack).
BY_NAME = {"stack"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what is asked for, by default all but BY_NAME; return 0, or 2 for bad usage."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("questions", nargs="*", metavar="QUESTION", help=", ".join(QUESTIONS))
    asked = parser.parse_args(arguments).questions or [
        name for name in QUESTIONS if name not in BY_NAME
    ]
    unknown = set(asked) - set(QUESTIONS)
    if unknown:
        parser.error(f"no question {', '.join(sorted(unknown))}; there are {', '.join(QUESTIONS)}")
    RESULTS.mkdir(parents=True, exist_ok=True)
    for name in asked:
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        result = {"machine": _machine(), "figures": dict(QUESTIONS[name].measure())}
        (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=2) + "\n")
    document = _document()
    DOCUMENT.write_text(document)
    print(document)
    return 0


def _machine() -> dict[str, str | int]:
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": psutil.cpu_count() or 0,
        "memory_gib": round(psutil.virtual_memory().total / 2**30),
    }


def _document() -> str:
    """Return the page of all results that there are, of this run and of earlier ones.

    What was measured elsewhere, and is in the page alone, stays as it is.
    """
    parts = ["# Benchmarks\n\nWritten by `make bench`; the numbers are not edited.\n"]
    written = _written_sections()
    for name, question in QUESTIONS.items():
        path = RESULTS / f"{name}.json"
        if path.exists():
            parts.append(_section(question, json.loads(path.read_text())))
        elif question.asks in written:
            parts.append(written[question.asks])
    return "\n".join(parts)


def _written_sections() -> dict[str, str]:
    """Return the sections of the page as it is, by what they ask."""
    if not DOCUMENT.exists():
        return {}
    _, *sections = DOCUMENT.read_text().split("\n## ")
    return {text.splitlines()[0]: f"## {text.rstrip()}\n" for text in sections}


def _section(question: Question, result: Mapping[str, Any]) -> str:
    machine = ", ".join(f"{key} {value}" for key, value in result["machine"].items())
    figures: Figures = result["figures"]
    rows = [
        f"| {name} | {_number(value)} | {question.targets.get(name, '')} |"
        for name, value in figures.items()
        if not isinstance(value, Mapping)
    ]
    table = "\n".join(["| figure | measured | wanted |", "|---|---:|---|", *rows])
    tables = [_table(name, value) for name, value in figures.items() if isinstance(value, Mapping)]
    return "\n\n".join([f"## {question.asks}", table, *tables, f"{machine}\n"])


def _table(name: str, table: Table) -> str:
    """Draw a table; every row has the columns of the first."""
    columns = list(next(iter(table.values())))
    lines = [f"| {name} | {' | '.join(columns)} |", "|---|" + "---:|" * len(columns)]
    lines += [
        f"| {row} | {' | '.join(_number(cells[column]) for column in columns)} |"
        for row, cells in table.items()
    ]
    return "\n".join(lines)


def _number(value: float | str) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int):
        return f"{value:,}"
    # A ratio of 1.04 is not 1.0.
    return f"{value:,.2f}" if abs(value) < 10 else f"{value:,.1f}"


if __name__ == "__main__":
    sys.exit(main())
