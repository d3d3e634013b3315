"""Hold the table of docs/programs.md to what is expected of each program."""

from harness.project import PROJECT
from tests.programs.expected import Expected, expectation_of
from tests.programs.programs import PROGRAMS


def row(program: str, one: Expected) -> str:
    """Return a finding as the table shows it."""
    before, after = one.statements or ("–", "–")
    found = one.found
    cells = (program, f"`{found.route}`", f"`{found.repeat_class}`", found.repeats, before, after)
    return f"| {' | '.join(map(str, cells))} |"


def test_the_table_has_every_finding_that_is_expected() -> None:
    page = (PROJECT / "docs" / "programs.md").read_text(encoding="utf-8")

    rows = [row(name, one) for name in PROGRAMS for one in expectation_of(name).findings]

    assert [line for line in page.splitlines() if line.startswith("| ")][1:] == rows
