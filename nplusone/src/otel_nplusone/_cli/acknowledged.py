"""Leave out findings that somebody has acknowledged: what, who, why, until when.

# nplusone.toml
[[acknowledged]]
route = "GET /reports/*"                    # any of class, service, route, statement,
statement = "SELECT * FROM row WHERE *"     # fingerprint, code: patterns as of a shell
who = "ada"
why = "A nightly report of forty rows at most."
until = 2027-03-31
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from otel_nplusone._core.patterns import means
from otel_nplusone._core.summary import Summary
from otel_nplusone.errors import UsageError
from otel_nplusone.scan import Result, matches

_TABLE = "acknowledged"
_NEEDED = ("who", "why", "until")
_WHAT: dict[str, Callable[[str, Summary], bool]] = {
    "class": lambda pattern, found: means(pattern, found.repeat_class.value),
    "service": lambda pattern, found: means(pattern, found.service),
    "route": lambda pattern, found: matches(pattern, found.route),
    "statement": lambda pattern, found: means(pattern, found.statement),
    "fingerprint": lambda pattern, found: means(pattern, found.fingerprint),
    "code": lambda pattern, found: any(
        means(pattern, place) for place in (found.code or "", found.path or "", *found.places)
    ),
}


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Hold one entry: `what` are the patterns, all of which have to match."""

    what: tuple[tuple[str, str], ...]
    who: str
    why: str
    until: date

    def is_of(self, found: Summary) -> bool:
        """Tell whether a finding is meant, whatever the date is."""
        return all(_WHAT[name](pattern, found) for name, pattern in self.what)

    def __str__(self) -> str:
        """Return it as a message names it."""
        what = ", ".join(f"{name} {pattern!r}" for name, pattern in self.what)
        return f"{what} (acknowledged by {self.who} until {self.until}: {self.why})"


def read_acknowledged(path: Path) -> list[Acknowledgement]:
    """Return the entries of a file; UsageError with the number of one that is wrong."""
    import tomllib  # here, for it takes longer to import than most files to scan

    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise UsageError(f"--acknowledged {path}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise UsageError(f"--acknowledged {path}: no TOML: {error}") from error
    entries = document.pop(_TABLE, [])
    if document or not isinstance(entries, list):
        names = ", ".join(map(repr, document)) or _TABLE
        raise UsageError(f"--acknowledged {path}: {names}: expected [[{_TABLE}]] alone")
    return [
        _entry(entry, f"--acknowledged {path}, entry {number}")
        for number, entry in enumerate(entries, start=1)
    ]


def _entry(entry: Any, place: str) -> Acknowledgement:
    if not isinstance(entry, dict):
        raise UsageError(f"{place}: expected a table, [[{_TABLE}]]")
    for name in entry:
        if name not in (*_WHAT, *_NEEDED):
            raise UsageError(f"{place}: {name!r}: expected {', '.join((*_WHAT, *_NEEDED))}")
    missing = [name for name in _NEEDED if not entry.get(name)]
    if missing:
        raise UsageError(f"{place}: say {' and '.join(missing)}")
    what = tuple((name, entry[name]) for name in _WHAT if name in entry)
    if not what:
        raise UsageError(f"{place}: say what is meant, by one of {', '.join(_WHAT)}")
    for name, value in (*what, ("who", entry["who"]), ("why", entry["why"])):
        if not isinstance(value, str):
            raise UsageError(f"{place}: {name} = {value!r}: expected a text")
    if type(entry["until"]) is not date:
        raise UsageError(f"{place}: until = {entry['until']!r}: expected a date, 2027-03-31")
    return Acknowledgement(what, entry["who"], entry["why"], entry["until"])


def without_acknowledged(
    result: Result, entries: Sequence[Acknowledgement], today: date, *, is_whole: bool
) -> Result:
    """Return the result without what is acknowledged; its warnings tell of entries that are over.

    is_whole: nothing was left out of the scan, so that an entry without a finding is of no use.
    """
    valid = [entry for entry in entries if entry.until >= today]
    shown = tuple(f for f in result.findings if not any(entry.is_of(f) for entry in valid))
    told = []
    for entry in entries:
        if not any(map(entry.is_of, result.findings)):
            if is_whole:
                told.append(f"matches nothing any more, and can go: {entry}")
        elif entry not in valid:
            told.append(f"its time is over: {entry}")
    return replace(result, findings=shown, warnings=(*result.warnings, *told))
