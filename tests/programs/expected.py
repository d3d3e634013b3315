"""Read and write what is expected to be found in a program: `NAME/expected.toml`.

    [[finding]]
    route = "GET /<project_id>/export/<string:file>.<string:format>"
    class = "n_plus_one"
    repeats = 48                                     in one request, at most
    place = "ihatemoney/models.py:615 in …"          the line that sends it
    path = "… ← …"                                   the way from there to the loop, if it is longer
    relationship = "Bill.payer"                      what is loaded lazily, if the spans tell
    statement = "SELECT …"                           as reports shorten it
    advice = "…"

    [[finding.mend]]                                 the advice, done to a copy of the program
    file = "ihatemoney/models.py"
    before = "bills = self.get_bills()"              stands there once
    after = "bills = self.get_bills().options(…)"

A finding without a mend says in `unmended` why the advice is not a matter of an edit. `statements`
are those of one request, the median before the mend and after it.
"""

import difflib
import json
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from otel_nplusone._core.excerpt import shorten

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Edit:
    """Hold a change to a file of a program, whose old text stands there once."""

    file: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, order=True)
class Found:
    """Hold what is compared of a finding."""

    route: str
    repeat_class: str
    statement: str
    repeats: int
    place: str
    path: str = ""
    relationship: str = ""
    advice: str = ""

    @property
    def kind(self) -> tuple[str, str, str]:
        """Tell findings apart that are left after lines have moved."""
        return self.route, self.repeat_class, self.statement


@dataclass(frozen=True, slots=True)
class Expected:
    """Hold a finding that is expected, and what becomes of it."""

    found: Found
    edits: tuple[Edit, ...] = ()
    unmended: str = ""
    statements: tuple[int, ...] = ()


def expected_of(program: str) -> list[Expected]:
    """Return what is expected to be found in a program, in the order of its file."""
    document = tomllib.loads((FOLDER / program / "expected.toml").read_text(encoding="utf-8"))
    return [_expected(one) for one in document["finding"]]


def _expected(read: dict[str, Any]) -> Expected:
    edits = tuple(Edit(**edit) for edit in read.pop("mend", ()))
    unmended, statements = read.pop("unmended", ""), tuple(read.pop("statements", ()))
    return Expected(Found(repeat_class=read.pop("class"), **read), edits, unmended, statements)


def found_in(report: dict[str, Any]) -> list[Found]:
    """Return the findings of a report in JSON, in a stable order."""
    return sorted(
        Found(
            one["route"],
            one["class"],
            shorten(one["statement"]),
            one["repeats"]["max"],
            one["code"] or "",
            one["path"] or "",
            one["relationship"] or "",
            one["advice"],
        )
        for one in report["findings"]
    )


def difference(expected: Iterable[Found], found: Iterable[Found]) -> str:
    """Return what is lost (-) and what is new (+), as in expected.toml; empty if all is as ever."""
    before, after = (
        [line for one in sorted(every) for line in _lines(one)] for every in (expected, found)
    )
    shown = difflib.unified_diff(before, after, "expected", "found", lineterm="", n=9)
    return "\n".join(shown)


def _lines(one: Found) -> list[str]:
    named = {"class": one.repeat_class, "repeats": one.repeats, "place": one.place}
    named |= {"path": one.path, "relationship": one.relationship}
    told = {"route": one.route, **named, "statement": one.statement, "advice": one.advice}
    # A string of JSON is one of TOML.
    lines = (
        f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in told.items() if value
    )
    return ["[[finding]]", *lines, ""]
