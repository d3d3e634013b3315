"""Test the labelled corpus: what real programs sent, and what has to be said of it."""

import gzip
import random
import re

import pytest

from nplusone.tests.corpus.cases import ALL, CASES, IN_DOUBT
from nplusone.tests.corpus.clients import PROGRAMS
from nplusone.tests.corpus.label import Case
from nplusone.tests.corpus.labels.open import OPEN
from nplusone.tests.corpus.mutations import MUTATIONS
from nplusone.tests.corpus.naming import name_of
from nplusone.tests.corpus.recording import TRACES
from nplusone.tests.corpus.rivals.verdicts import said_by_rivals
from nplusone.tests.corpus.score import (
    RULES,
    SETTLED,
    against_rivals,
    compare,
    labelled,
    load,
    ours,
    said_of,
    spans_of,
)
from otel_nplusone._core.detect import find_n_plus_one, find_repeats, is_incomplete
from otel_nplusone._core.model import Finding, RepeatClass, Trace


def overlaps(case: Case, finding: Finding) -> bool | None:
    """Tell whether the repeats overlap; None where the label leaves it open."""
    left_open = any(fault.overlapping is None for fault in case.faults)
    return None if left_open else finding.what.overlapping


def faults(
    case: Case, found: list[Finding]
) -> set[tuple[RepeatClass, frozenset[str], bool | None]]:
    names = {span.span_id: name_of(span) for span in spans_of(case)}
    return {
        (
            finding.what.repeat_class,
            frozenset(names[span_id] for span_id in finding.what.offender_span_ids),
            overlaps(case, finding),
        )
        for finding in found
    }


@pytest.mark.parametrize("case", SETTLED, ids=lambda case: case.name)
def test_a_recorded_trace_gets_its_verdict(case: Case) -> None:
    traces = load(case)

    found = [finding for trace in traces for finding in find_n_plus_one(trace)]

    assert faults(case, found) == {
        (fault.repeat_class, frozenset(fault.statements), fault.overlapping)
        for fault in case.faults
    }
    assert any(map(is_incomplete, traces)) == case.incomplete


@pytest.mark.parametrize("case", SETTLED, ids=lambda case: case.name)
def test_chunks_are_told_from_faults(case: Case) -> None:
    found = [finding for trace in load(case) for finding in find_repeats(trace)]

    classes = {finding.what.repeat_class for finding in found}
    assert (RepeatClass.CHUNKED_BATCH in classes) == case.chunked


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_verdicts_are_the_same_in_any_order_of_the_spans(case: Case) -> None:
    for trace in load(case):
        shuffled = random.Random(5).sample(trace.spans, len(trace.spans))

        found = find_repeats(Trace(trace.trace_id, tuple(shuffled)))

        assert found == find_repeats(trace)


def test_every_class_is_in_the_corpus_and_no_more_than_half_are_faults() -> None:
    labelled = {fault.repeat_class for case in CASES for fault in case.faults}
    near_misses = [case for case in CASES if not case.faults]

    assert labelled == {c for c in RepeatClass if c.is_fault}
    assert len(near_misses) * 2 >= len(CASES)


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_precision_and_recall_are_one_whatever_happens_to_the_spans(mutation: str) -> None:
    found = ours(mutation, SETTLED)

    assert found.wrong == ()
    assert (found.precision, found.recall) == (1.0, 1.0)


def test_what_is_judged_wrongly_is_listed_as_open_and_nothing_else_is() -> None:
    wrong = {case.name for case in CASES if said_of(case) != labelled(case)}

    assert wrong == set(OPEN)


def test_the_corpus_is_large_and_says_what_is_in_doubt() -> None:
    clients = {program.name: program for program in PROGRAMS}
    languages = {clients[case.program].language for case in ALL}

    assert len(CASES) >= 200
    assert len({case.program for case in ALL}) >= 12
    assert languages == {program.language for program in PROGRAMS}
    assert all(case.doubt for case in IN_DOUBT)


def test_traces_are_small() -> None:
    sizes = [path.stat().st_size for path in TRACES.iterdir()]

    assert len(sizes) == len({case.name for case in ALL}) == len(ALL)
    assert max(sizes) < 60_000
    assert sum(sizes) < 3_000_000


def test_every_rival_answered_for_traces_of_the_corpus() -> None:
    known = {case.name for case in CASES}

    assert said_by_rivals()
    assert all(answers and known.issuperset(answers) for answers in said_by_rivals().values())


def test_no_rival_finds_what_is_missed_here() -> None:
    for scores in against_rivals().values():
        rival, ours = scores.values()

        assert rival.found <= ours.found
        assert ours.wrong == ()


def test_other_rules_miss_faults_or_cry_wolf() -> None:
    others = [compare(said, CASES) for name, said in RULES.items() if name != "otel-nplusone"]

    assert all(other.precision < 1 or other.recall < 1 for other in others)


def test_no_trace_tells_of_the_machine_that_recorded_it() -> None:
    texts = {path.name: gzip.decompress(path.read_bytes()) for path in TRACES.glob("*.gz")}

    assert len(texts) > 300
    told = re.compile(rb"/var/corpus/|/home/|/root/|/Users/|/registry/src/[^/]+-[0-9a-f]{16}/")
    assert [name for name, text in texts.items() if told.search(text)] == []
