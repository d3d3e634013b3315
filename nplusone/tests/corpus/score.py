"""Print precision and recall on the corpus, of ours and of other rules: `make test-detector`.

A fault is a statement or a call of a case that repeats and should not. Classes count for ours
alone: the other rules have none. The same traces are judged again under each mutation.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from nplusone.tests.corpus import rules
from nplusone.tests.corpus.cases import CASES, IN_DOUBT
from nplusone.tests.corpus.clients import PROGRAMS
from nplusone.tests.corpus.label import Case
from nplusone.tests.corpus.labels.open import OPEN
from nplusone.tests.corpus.mutations import LOOSE, MUTATIONS, Mutation
from nplusone.tests.corpus.naming import name_of
from nplusone.tests.corpus.recording import TRACES
from otel_nplusone._core.detect import find_n_plus_one
from otel_nplusone._core.model import RepeatClass, Span, Trace
from otel_nplusone._read.assemble import Assembler
from otel_nplusone._read.files import read_file
from otel_nplusone._read.skipped import Skipped

Said = set[tuple[str, str]]
SETTLED = tuple(case for case in CASES if case.name not in OPEN)
LANGUAGE_OF = {program.name: program.language for program in PROGRAMS}


@dataclass(frozen=True, slots=True)
class Score:
    """Count how a rule did: faults that it found, false alarms, faults that it missed."""

    found: int
    false: int
    missed: int
    wrong: tuple[str, ...] = ()

    @property
    def precision(self) -> float:
        """Return the part of what it says that is true; 1 where it says nothing."""
        said = self.found + self.false
        return self.found / said if said else 1.0

    @property
    def recall(self) -> float:
        """Return the part of the faults that it says; 1 where there are none."""
        faults = self.found + self.missed
        return self.found / faults if faults else 1.0


@lru_cache(maxsize=1024)
def spans_of(case: Case) -> tuple[Span, ...]:
    """Return the recorded spans of a case, in the order of the file."""
    return tuple(read_file(str(TRACES / f"{case.name}.json.gz"), Skipped()))


def load(case: Case, mutation: Mutation = list) -> list[Trace]:
    """Return the traces of a case, as they are after a mutation."""
    with Assembler() as assembler:
        assembler.add(mutation(spans_of(case)))
        return list(assembler.traces())


def said_of(case: Case, mutation: Mutation = list) -> Said:
    """Return what this detector says of a case: class and statement, by the recorded spans' names.

    What two findings tell is told "once more": a false alarm.
    """
    names = {span.span_id: name_of(span) for span in spans_of(case)}
    said: Said = set()
    for trace in load(case, mutation):
        for finding in find_n_plus_one(trace):
            repeated = {names[span_id] for span_id in finding.what.offender_span_ids}
            told = {(finding.what.repeat_class.value, name) for name in repeated}
            said |= {(c, f"{name} once more") for c, name in told & said} | told
    return said


def labelled(case: Case) -> Said:
    """Return what is right to say of a case."""
    return {(fault.repeat_class.value, name) for fault in case.faults for name in fault.statements}


def compare(said: Callable[[Case], set[str]], cases: Iterable[Case]) -> Score:
    """Compare what is said of each case with its labels, by statement alone."""
    pairs = [(case, {("", n) for _, n in labelled(case)}) for case in cases]
    return _score((case, right, {("", n) for n in said(case)}) for case, right in pairs)


def ours(mutation: str, cases: Iterable[Case] = CASES) -> Score:
    """Compare what this detector says after a mutation; classes count but for the loose ones."""
    apply = MUTATIONS[mutation]
    if mutation in LOOSE:
        return compare(lambda case: {name for _, name in said_of(case, apply)}, cases)
    return _score((case, labelled(case), said_of(case, apply)) for case in cases)


def _score(judged: Iterable[tuple[Case, Said, Said]]) -> Score:
    found = false = missed = 0
    wrong = []
    for case, right, said in judged:
        found += len(said & right)
        false += len(said - right)
        missed += len(right - said)
        wrong += [f"{case.name}: false alarm, {_words(s)}" for s in sorted(said - right)]
        wrong += [f"{case.name}: missed, {_words(s)}" for s in sorted(right - said)]
    return Score(found, false, missed, tuple(wrong))


def _words(said: tuple[str, str]) -> str:
    return " ".join(filter(None, said))


def _rule(rule: rules.Rule) -> Callable[[Case], set[str]]:
    return lambda case: rules.union(rule, load(case))


RULES: dict[str, Callable[[Case], set[str]]] = {
    "otel-nplusone": lambda case: {name for _, name in said_of(case)},
    "contiguous, other query before, 5 and 50 ms (Sentry)": _rule(rules.contiguous_with_source),
    "5 equal templates within 500 ms": _rule(rules.five_within_half_a_second),
    "more than 10 siblings within twice the median": _rule(rules.more_than_ten_alike),
}


def of_class(repeat_class: RepeatClass) -> Score:
    """Return how this detector did with one class."""

    def only(said: Said) -> Said:
        return {s for s in said if s[0] == repeat_class.value}

    return _score((case, only(labelled(case)), only(said_of(case))) for case in CASES)


def of_language(language: str) -> tuple[int, Score]:
    """Return how many traces of a language there are, and how this detector did with them."""
    cases = [case for case in CASES if LANGUAGE_OF[case.program] == language]
    return len(cases), ours("as recorded", cases)


def main() -> int:
    """Print the tables; return 1 if ours is wrong anywhere but in the cases that are open."""
    _print_traces()
    _print_table("rule", {name: compare(said, CASES) for name, said in RULES.items()})
    by_language = {name: of_language(name) for name in dict.fromkeys(LANGUAGE_OF.values())}
    rows = {f"{name}, {count} traces": score for name, (count, score) in by_language.items()}
    _print_table("otel-nplusone, by language", rows)
    faults = [repeat_class for repeat_class in RepeatClass if repeat_class.is_fault]
    _print_table("otel-nplusone, by class", {c.value: of_class(c) for c in faults})
    by_mutation = {name: ours(name) for name in MUTATIONS}
    _print_table("otel-nplusone, by mutation", by_mutation)
    _print_doubts()
    for name, reason in OPEN.items():
        print(f"open, {name}: {reason}\n")
    wrong = [
        f"{name}: {w}"
        for name, score in by_mutation.items()
        for w in score.wrong
        if w.partition(":")[0] not in OPEN
    ]
    for mistake in wrong:
        print(f"wrong, {mistake}")
    return 1 if wrong else 0


def _print_traces() -> None:
    clean = sum(not case.faults for case in CASES)
    count = len(CASES) + len(IN_DOUBT)
    print(
        f"{count} recorded traces: {len(CASES) - clean} with faults, {clean} near misses, ", end=""
    )
    print(f"{len(IN_DOUBT)} in doubt\n")
    by_program = Counter(case.program for case in (*CASES, *IN_DOUBT))
    for program in PROGRAMS:
        print(f"{program.language:12}{program.client:40}{by_program[program.name]:4}")
    print()


def _print_table(title: str, scores: dict[str, Score]) -> None:
    print(f"{title:54}{'found':>7}{'false':>7}{'missed':>8}{'precision':>11}{'recall':>8}")
    for name, s in scores.items():
        print(f"{name:54}{s.found:7}{s.false:7}{s.missed:8}{s.precision:11.2f}{s.recall:8.2f}")
    print()


def _print_doubts() -> None:
    for case in IN_DOUBT:
        said = ", ".join(map(_words, sorted(said_of(case)))) or "nothing"
        print(f"in doubt, {case.name}: {case.doubt}; says: {said}\n")


if __name__ == "__main__":
    sys.exit(main())
