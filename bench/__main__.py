"""`python -m bench [QUESTION …]`: measure, and write docs/benchmarks.md and var/bench/*.json.

Each question is a module with a function measure() that returns named numbers. Nothing here is
asserted: figures are for reading, and the machine that they come from stands beside them.
"""

import argparse
import json
import platform
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

from bench import demo, tracestore

PROJECT = Path(__file__).resolve().parent.parent
RESULTS = PROJECT / "var" / "bench"
DOCUMENT = PROJECT / "docs" / "benchmarks.md"

Figures = Mapping[str, float | int]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, how it is measured, and the targets that stand beside some figures."""

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
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what is asked for, all by default; return 0, or 2 for bad usage."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("questions", nargs="*", metavar="QUESTION", help=", ".join(QUESTIONS))
    asked = parser.parse_args(arguments).questions or list(QUESTIONS)
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
    """Return the page of all results that there are, of this run and of earlier ones."""
    parts = ["# Benchmarks\n\nWritten by `make bench`; the numbers are not edited.\n"]
    for name, question in QUESTIONS.items():
        path = RESULTS / f"{name}.json"
        if path.exists():
            parts.append(_section(question, json.loads(path.read_text())))
    return "\n".join(parts)


def _section(question: Question, result: Mapping[str, Mapping[str, float]]) -> str:
    machine = ", ".join(f"{key} {value}" for key, value in result["machine"].items())
    rows = [
        f"| {name} | {_number(value)} | {question.targets.get(name, '')} |"
        for name, value in result["figures"].items()
    ]
    table = "\n".join(["| figure | measured | wanted |", "|---|---:|---|", *rows])
    return f"## {question.asks}\n\n{table}\n\n{machine}\n"


def _number(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"


if __name__ == "__main__":
    sys.exit(main())
