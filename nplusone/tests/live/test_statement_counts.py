"""Count repeats within bounds."""

from otel_nplusone._live.statement_counts import RepeatCounter


def test_repeats_are_counted_for_each_trace_and_statement() -> None:
    counter = RepeatCounter()

    counts = [counter.count(trace, sql) for trace, sql in ((1, "a"), (1, "a"), (1, "b"), (2, "a"))]

    assert counts == [1, 2, 1, 1]


def test_oldest_trace_makes_room() -> None:
    counter = RepeatCounter(max_traces=2)
    for trace in (1, 2, 3):
        counter.count(trace, "a")

    assert counter.count(3, "a") == 2
    assert counter.count(1, "a") == 1


def test_statements_beyond_the_bound_are_not_remembered() -> None:
    counter = RepeatCounter(max_statements=1)

    counts = [counter.count(1, sql) for sql in ("a", "b", "b", "a")]

    assert counts == [1, 1, 1, 2]
