"""Test which spans are failed attempts, and what of a retried statement counts."""

import pytest

from nplusone.tests.traces import MS, Drawing
from otel_nplusone._core.detect import find_n_plus_one
from otel_nplusone._core.retries import failed_attempts
from otel_nplusone._core.tree import Tree

CAT = "SELECT name FROM cat WHERE id = ?"
CLINIC = "SELECT id FROM clinic WHERE name = ?"
FAILED, FINE = True, False


def repeats(drawing: Drawing) -> list[tuple[str, int]]:
    return [(f.what.statement, f.what.repeats) for f in find_n_plus_one(drawing.trace())]


@pytest.mark.parametrize(
    ("outcomes", "attempts"),
    [
        ([FAILED, FINE], [0]),
        ([FAILED, FAILED, FINE], [0, 1]),
        ([FAILED, FAILED], [0, 1]),
        ([FINE, FAILED, FINE], [1]),
        ([FAILED], []),
        ([FAILED, FINE, FINE], []),
        ([FAILED, FINE, FAILED, FINE], []),
        ([FAILED] * 10, list(range(10))),
        ([FAILED] * 11, []),
    ],
)
def test_attempts_fail_one_after_the_other_but_for_the_last(
    outcomes: list[bool], attempts: list[int]
) -> None:
    drawing = Drawing()
    request = drawing.server()
    ids = [drawing.span(request, name="attempt", failed=failed) for failed in outcomes]

    assert failed_attempts(Tree(drawing.trace())) == {ids[number] for number in attempts}


def test_attempts_are_taken_in_the_order_of_their_start() -> None:
    drawing = Drawing()
    request = drawing.server()
    drawing.span(request, name="attempt", start=20 * MS)
    failed = drawing.span(request, name="attempt", failed=True, start=10 * MS)

    assert failed_attempts(Tree(drawing.trace())) == {failed}


def test_what_runs_at_the_same_time_is_not_tried_again() -> None:
    drawing = Drawing()
    request = drawing.server()
    drawing.span(request, name="attempt", failed=True, start=10 * MS, ms=5)
    drawing.span(request, name="attempt", start=14 * MS, ms=5)

    assert failed_attempts(Tree(drawing.trace())) == frozenset()


def test_spans_of_other_parents_or_names_and_roots_are_not_attempts_at_one_thing() -> None:
    drawing = Drawing()
    one, other = drawing.server(), drawing.server()
    drawing.span(one, name="attempt", failed=True)
    drawing.span(other, name="attempt")
    drawing.span(other, name="read", failed=True)
    drawing.span(other, name="write", failed=True)
    drawing.span(name="job", failed=True)
    drawing.span(name="job")

    assert failed_attempts(Tree(drawing.trace())) == frozenset()


@pytest.mark.parametrize(
    ("tried", "found"),
    [
        ([6, 0], [(CAT, 6)]),
        ([5, 0], [(CAT, 5)]),
        ([4, 4], []),
        ([6, 2, 0], [(CAT, 6)]),
        ([2, 6, 0], [(CAT, 6)]),
        ([3, 6], [(CAT, 6)]),
    ],
)
def test_of_attempts_that_loop_the_fullest_counts(
    tried: list[int], found: list[tuple[str, int]]
) -> None:
    drawing = Drawing()
    request = drawing.server()
    for number, times in enumerate(tried, 1):
        drawing.many(
            drawing.span(request, name="attempt", failed=number < len(tried)), [CAT] * times
        )

    assert repeats(drawing) == found


def test_a_loop_next_to_attempts_is_found() -> None:
    drawing = Drawing()
    request = drawing.server()
    for failed in (FAILED, FINE):
        drawing.sql(drawing.span(request, name="attempt", failed=failed), CLINIC)
    drawing.many(request, [CAT] * 5)

    assert repeats(drawing) == [(CAT, 5)]


def test_a_statement_that_is_sent_again_after_its_failure_counts_once() -> None:
    drawing = Drawing()
    request = drawing.server()
    for failed in (FINE, FAILED, FINE, FINE, FINE, FINE, FINE):
        drawing.sql(request, CAT, failed=failed)

    assert repeats(drawing) == [(CAT, 5)]
