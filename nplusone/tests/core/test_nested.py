"""Test which patterns are found in a sequence of statements."""

import pytest

from otel_nplusone._core.nested import Pattern, find_patterns

A, B, C, OTHER = 1, 2, 3, 9


@pytest.mark.parametrize(
    ("sequence", "least", "found"),
    [
        ([A, B] * 3, 3, [((A, B), 3)]),
        ([A, B] * 3, 4, []),
        ([A, B] * 2, 2, [((A, B), 2)]),
        ([A, B, A, B, A], 2, [((A, B), 2)]),
        ([OTHER, *[A, B] * 3], 3, [((A, B), 3)]),
        ([*[A, B] * 3, OTHER, *[A, B] * 4], 3, [((A, B), 7)]),
        ([B, A] * 3, 3, [((A, B), 3)]),
        ([A] * 10, 2, []),
        ([A, B, C] * 3, 3, [((A, B, C), 3)]),
    ],
)
def test_rounds_of_a_pattern_are_counted(
    sequence: list[int], least: int, found: list[tuple[tuple[int, ...], int]]
) -> None:
    assert find_patterns(sequence, least) == [Pattern(*one) for one in found]


def test_a_statement_of_two_patterns_belongs_to_the_one_with_more_rounds() -> None:
    found = find_patterns([*[A, B] * 3, OTHER, *[B, C] * 5], 3)

    assert found == [Pattern((B, C), 5)]


def test_of_two_patterns_with_as_many_rounds_the_first_by_number_counts() -> None:
    found = find_patterns([*[B, C] * 3, OTHER, *[A, B] * 3], 3)

    assert found == [Pattern((A, B), 3)]
