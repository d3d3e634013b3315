"""Read and write what is expected to be found in a program: `NAME/expected.toml`.

    [[finding]]
    route = "GET /<project_id>/export/<string:file>.<string:format>"
    class = "n_plus_one"
    repeats = 48                                     in one request, at most
    place = "ihatemoney/models.py:615 in …"          the line that sends it, if the spans tell
    path = "… ← …"                                   the way from there to the loop, if it is longer
    relationship = "Bill.payer"                      what is loaded lazily, if the spans tell
    statement = "SELECT …"                           as reports shorten it
    advice = "…"

    statements = [50, 2]                             of a request, before the mends and after them

    [[mend]]                                         an edit of a copy, as findings advise
    file = "ihatemoney/models.py"
    before = "bills = self.get_bills()"              stands there once
    after = "bills = self.get_bills().options(…)"

    warnings = ["12 statements lie outside …"]       what the report warns of, by its beginning
    [[further]]                                      a finding that only the mended copy has, as the
    route = "…"                                      mended one has hidden it; no more is compared
    class = "redundant"
    statement = "SELECT …"

A finding that stays has `unmended`: why its advice is not a matter of an edit. The numbers of
statements are medians, which `otel-nplusone diff` tells.
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
    place: str = ""
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
    statements: tuple[int, ...] = ()
    unmended: str = ""


@dataclass(frozen=True, slots=True)
class Expectation:
    """Hold what is expected of a program."""

    findings: tuple[Expected, ...]
    edits: tuple[Edit, ...]
    warnings: tuple[str, ...]
    further: frozenset[tuple[str, str, str]]

    @property
    def left(self) -> set[tuple[str, str, str]]:
        """Return the findings that the mended program has, by their kinds."""
        return {one.found.kind for one in self.findings if one.unmended} | self.further


def expectation_of(program: str) -> Expectation:
    """Return what is expected to be found in a program, in the order of its file."""
    read = tomllib.loads((FOLDER / program / "expected.toml").read_text(encoding="utf-8"))
    edits = tuple(Edit(**edit) for edit in read.get("mend", ()))
    findings = tuple(_expected(one) for one in read.get("finding", ()))
    further = ((one["route"], one["class"], one["statement"]) for one in read.get("further", ()))
    return Expectation(findings, edits, tuple(read.get("warnings", ())), frozenset(further))


def _expected(read: dict[str, Any]) -> Expected:
    unmended, statements = read.pop("unmended", ""), tuple(read.pop("statements", ()))
    if bool(unmended) == bool(statements):
        raise ValueError(f"{read['route']}: say either `statements` or `unmended`")
    return Expected(Found(repeat_class=read.pop("class"), **read), statements, unmended)


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


def written(one: Found, **further: object) -> str:
    """Return a finding as it stands in expected.toml."""
    named = {"class": one.repeat_class, "repeats": one.repeats, "place": one.place}
    named |= {"path": one.path, "relationship": one.relationship}
    told = {
        "route": one.route,
        **named,
        "statement": one.statement,
        "advice": one.advice,
        **further,
    }
    # A string of JSON is one of TOML.
    lines = [f"{key} = {json.dumps(told[key], ensure_ascii=False)}" for key in told if told[key]]
    return "\n".join(["[[finding]]", *lines, ""])


def difference(expected: Iterable[Found], found: Iterable[Found]) -> str:
    """Return what is lost (-) and what is new (+), as in expected.toml; empty if all is as ever."""
    before, after = (
        [line for one in sorted(every) for line in [*written(one).splitlines(), ""]]
        for every in (expected, found)
    )
    shown = difflib.unified_diff(before, after, "expected", "found", lineterm="", n=9)
    return "\n".join(shown)
