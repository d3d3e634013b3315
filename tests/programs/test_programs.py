"""Test what the detector finds in other people's programs, and what its advice brings there.

Each program runs twice: as it is installed, and as a copy to which the advice was applied.
"""

from collections.abc import Sequence
from pathlib import Path

import pytest

from harness.parts.start import Tracestore
from otel_nplusone._core.tally import DEFAULT_MIN_REPEATS
from tests.programs.expected import Expected, Found, difference, expectation_of, found_in
from tests.programs.programs import PROGRAMS
from tests.programs.watching import Watching, statements_of

MENDED = [
    (name, one) for name in PROGRAMS for one in expectation_of(name).findings if one.statements
]
pytestmark = pytest.mark.programs


@pytest.fixture(scope="session")
def watching(store: Tracestore, tmp_path_factory: pytest.TempPathFactory) -> Watching:
    folder: Path = tmp_path_factory.mktemp("programs")
    return Watching(store, folder)


def check_same(expected: Sequence[Found], found: Sequence[Found]) -> None:
    """Fail with what is lost and what is new, in the form of expected.toml."""
    if difference(expected, found):
        pytest.fail(difference(expected, found), pytrace=False)


@pytest.mark.parametrize("name", PROGRAMS)
def test_findings_are_those_that_are_expected(name: str, watching: Watching) -> None:
    expected = [one.found for one in expectation_of(name).findings]

    check_same(expected, found_in(watching.report(name)))


@pytest.mark.parametrize("name", PROGRAMS)
def test_scan_of_the_backend_finds_the_same(name: str, watching: Watching) -> None:
    check_same(found_in(watching.report(name)), found_in(watching.scanned(name)))


@pytest.mark.parametrize("name", PROGRAMS)
def test_all_of_a_program_is_seen(name: str, watching: Watching) -> None:
    expected = expectation_of(name).warnings

    warnings = watching.report(name)["warnings"]

    assert len(warnings) == len(expected), warnings
    assert all(map(str.startswith, sorted(warnings), sorted(expected))), warnings


@pytest.mark.parametrize("name", PROGRAMS)
def test_advice_brings_nothing_new(name: str, watching: Watching) -> None:
    mended = watching.report(name, mended=True)

    assert {found.kind for found in found_in(mended)} == expectation_of(name).left


@pytest.mark.parametrize(("name", "one"), MENDED)
def test_diff_shows_that_advice_helps(name: str, one: Expected, watching: Watching) -> None:
    findings = watching.report(name)["findings"]
    (finding,) = [found for found in findings if found_in({"findings": [found]}) == [one.found]]

    compared = watching.compared(name, one.found.route)

    texts = finding["statement"].split("; ")  # several of a nested one
    rows = [row["repeats"] for row in compared["statements"] if row["statement"] in texts]
    assert len(rows) == len(texts)
    assert all(row["b"] < DEFAULT_MIN_REPEATS for row in rows), rows
    assert statements_of(compared) == list(one.statements)
