"""`make test-detector`: precision and recall on the corpus, of ours and of other rules.

A fault is a statement of a case that repeats and should not. Classes count for ours alone: the
other rules have none.
"""

import sys
from collections.abc import Iterable
from dataclasses import dataclass

from nplusone.tests.corpus import rules
from nplusone.tests.corpus.cases import CASES, Case
from nplusone.tests.corpus.recording import TRACES
from otel_nplusone._core.detect import find_n_plus_one
from otel_nplusone._core.fingerprint import fingerprint
from otel_nplusone._core.model import Trace
from otel_nplusone._read.assemble import Assembler
from otel_nplusone._read.files import read_file
from otel_nplusone._read.skipped import Skipped


@dataclass(frozen=True, slots=True)
class Score:
    """How a rule did: faults that it found, false alarms, faults that it missed."""

    found: int
    false: int
    missed: int
    wrong: tuple[str, ...]

    @property
    def precision(self) -> float:
        """The part of what it says that is true."""
        said = self.found + self.false
        return self.found / said if said else 0.0

    @property
    def recall(self) -> float:
        """The part of the faults that it says."""
        return self.found / (self.found + self.missed)


def load(case: Case) -> list[Trace]:
    """The recorded traces of a case."""
    with Assembler() as assembler:
        assembler.add(read_file(str(TRACES / f"{case.name}.json.gz"), Skipped()))
        return list(assembler.traces())


def ours(trace: Trace) -> set[str]:
    """What this detector says, by statement."""
    return {fingerprint(text).summary for f in find_n_plus_one(trace) for text in f.what.pattern}


RULES: dict[str, rules.Rule] = {
    "otel-nplusone": ours,
    "contiguous, other query before, 5 and 50 ms (Sentry)": rules.contiguous_with_source,
    "5 equal templates within 500 ms": rules.five_within_half_a_second,
    "more than 10 siblings within twice the median": rules.more_than_ten_alike,
}


def score(rule: rules.Rule, cases: Iterable[Case] = CASES) -> Score:
    """Compare what a rule says of each case with its labels."""
    found = false = missed = 0
    wrong = []
    for case in cases:
        labelled = {statement for fault in case.faults for statement in fault.statements}
        said = rules.union(rule, load(case))
        found += len(said & labelled)
        false += len(said - labelled)
        missed += len(labelled - said)
        wrong += [f"{case.name}: false alarm, {name}" for name in sorted(said - labelled)]
        wrong += [f"{case.name}: missed, {name}" for name in sorted(labelled - said)]
    return Score(found, false, missed, tuple(wrong))


def main() -> int:
    """Print the table; return 1 unless ours is right everywhere."""
    scores = {name: score(rule) for name, rule in RULES.items()}
    clean = sum(not case.faults for case in CASES)
    print(f"{len(CASES)} recorded traces, {clean} of them near misses\n")
    print(f"{'rule':54}{'found':>7}{'false':>7}{'missed':>8}{'precision':>11}{'recall':>8}")
    for name, s in scores.items():
        print(f"{name:54}{s.found:7}{s.false:7}{s.missed:8}{s.precision:11.2f}{s.recall:8.2f}")
    mistakes = scores["otel-nplusone"].wrong
    for mistake in mistakes:
        print(f"\nwrong: {mistake}")
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
