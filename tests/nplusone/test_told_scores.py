"""Hold the scores that the README tells to those of the corpus."""

from harness.project import PROJECT
from nplusone.tests.corpus.cases import ALL, CASES, IN_DOUBT
from nplusone.tests.corpus.clients import PROGRAMS
from nplusone.tests.corpus.score import RULES, against_rivals, compare

TEXT = (PROJECT / "nplusone" / "README.md").read_text()


def test_the_readme_counts_the_traces() -> None:
    clean = sum(not case.faults for case in CASES)

    assert f"{len(ALL)} traces were recorded from {len(PROGRAMS)} real programs" in TEXT
    assert f"{len(CASES) - clean} with faults,\n{clean} near misses" in TEXT
    assert f"and {len(IN_DOUBT)} that two people could label differently" in TEXT


def test_the_readme_tells_the_scores_of_all_rules() -> None:
    for said in RULES.values():
        found = compare(said, CASES)

        row = f" | {found.found} | {found.false} | {found.precision:.2f} | {found.recall:.2f} |"
        assert row in TEXT


def test_the_readme_tells_the_scores_of_those_that_watch() -> None:
    for title, scores in against_rivals().items():
        name, found = next(iter(scores.items()))
        if name.startswith("perf-sentinel"):
            continue
        faults = found.found + found.missed

        (row,) = [line for line in TEXT.splitlines() if line.startswith(f"| {name}")]
        assert f"| {found.found} of {faults} | {found.false} | {found.missed} |" in row
        assert f"| {title.split(', ')[1].split()[0]} |" in row
