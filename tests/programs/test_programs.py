"""Test what the detector finds in other people's programs, and what its advice brings there.

Each program runs twice: as it is installed, and as a copy to which the advice was applied.
"""

import json
import subprocess
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import pytest

from harness.parts.start import Tracestore
from harness.project import tool
from otel_nplusone._core.tally import DEFAULT_MIN_REPEATS
from tests.programs.expected import Expected, Found, difference, expected_of, found_in
from tests.programs.programs import Run, program_of

PROGRAMS = ("ihatemoney", "oscar")
MENDED = [(name, one) for name in PROGRAMS for one in expected_of(name) if one.edits]
pytestmark = pytest.mark.programs


@pytest.fixture(scope="session")
def run(store: Tracestore, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """Return what runs a program once, and reports."""

    @cache
    def report(name: str, *, mended: bool = False) -> dict[str, Any]:
        folder = tmp_path_factory.mktemp(name)
        edits = [edit for one in expected_of(name) for edit in one.edits] if mended else []
        return Run(program_of(name), folder, store, service(name, mended=mended), edits).report()

    return report


def service(name: str, *, mended: bool = False) -> str:
    return f"{name}-mended" if mended else name


def ask(*words: str) -> dict[str, Any]:
    """Return what otel-nplusone says in JSON."""
    command = [tool("otel-nplusone"), *words, "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.stdout, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def check_same(expected: Sequence[Found], found: Sequence[Found]) -> None:
    """Fail with what is lost and what is new, in the form of expected.toml."""
    if difference(expected, found):
        pytest.fail(difference(expected, found), pytrace=False)


@pytest.mark.parametrize("name", PROGRAMS)
def test_findings_are_those_that_are_expected(name: str, run: Callable[..., Any]) -> None:
    report = run(name)

    check_same([one.found for one in expected_of(name)], found_in(report))


@pytest.mark.parametrize("name", PROGRAMS)
def test_scan_of_the_backend_finds_the_same(
    name: str, run: Callable[..., Any], store: Tracestore
) -> None:
    report = run(name)
    scanned = ask("scan", store.ui, "--service", service(name))

    check_same(found_in(report), found_in(scanned))


@pytest.mark.parametrize("name", PROGRAMS)
def test_advice_brings_nothing_new(name: str, run: Callable[..., Any]) -> None:
    left = {one.found.kind for one in expected_of(name) if not one.edits}

    assert {found.kind for found in found_in(run(name, mended=True))} == left


@pytest.mark.parametrize(("name", "one"), MENDED)
def test_diff_shows_that_advice_helps(
    name: str, one: Expected, run: Callable[..., Any], store: Tracestore
) -> None:
    (finding,) = [f for f in run(name)["findings"] if found_in({"findings": [f]}) == [one.found]]
    run(name, mended=True)

    sides = ("--service-a", service(name), "--service-b", service(name, mended=True))
    told = ask("diff", store.ui, store.ui, *sides, "--route", one.found.route)

    texts = finding["statement"].split("; ")  # several of a nested one
    rows = [row["repeats"] for row in told["statements"] if row["statement"] in texts]
    assert len(rows) == len(texts)
    assert all(row["b"] < DEFAULT_MIN_REPEATS for row in rows), rows
    assert [told[side]["statements_p50"] for side in "ab"] == list(one.statements)
