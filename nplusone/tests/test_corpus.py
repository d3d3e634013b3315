"""The labelled corpus: what real programs sent, and what has to be said of it."""

import random

import pytest

from nplusone.tests.corpus.cases import CASES, Case
from nplusone.tests.corpus.score import RULES, load, score
from otel_nplusone._core.detect import find_n_plus_one, find_repeats, is_incomplete
from otel_nplusone._core.fingerprint import fingerprint
from otel_nplusone._core.model import Finding, RepeatClass, Trace


def faults(found: list[Finding]) -> set[tuple[RepeatClass, frozenset[str], bool]]:
    return {
        (
            finding.what.repeat_class,
            frozenset(fingerprint(text).summary for text in finding.what.pattern),
            finding.what.overlapping,
        )
        for finding in found
    }


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_recorded_trace_gets_its_verdict(case: Case) -> None:
    traces = load(case)

    found = [finding for trace in traces for finding in find_n_plus_one(trace)]

    assert faults(found) == {
        (fault.repeat_class, frozenset(fault.statements), fault.overlapping)
        for fault in case.faults
    }
    assert any(map(is_incomplete, traces)) == case.incomplete


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
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


def test_precision_and_recall_are_one() -> None:
    found = score(RULES["otel-nplusone"])

    assert found.wrong == ()
    assert (found.precision, found.recall) == (1.0, 1.0)


def test_other_rules_miss_faults_or_cry_wolf() -> None:
    others = [score(rule) for name, rule in RULES.items() if name != "otel-nplusone"]

    assert all(other.precision < 1 or other.recall < 1 for other in others)
