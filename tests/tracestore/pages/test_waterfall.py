from dataclasses import replace

import pytest

from tracestore.pages._waterfall import RUN_LENGTH, RunRow, SpanRow, WaterfallSpan, fold, lay_out

MS = 1_000_000
CAT = "SELECT * FROM cat WHERE id = ?"
APPOINTMENT = "SELECT * FROM appointment WHERE veterinarian_id = ?"

ROOT = WaterfallSpan("root", "", "clinic", "GET /", 0, 1000 * MS)


def select(number: int, text: str = CAT, **changes: object) -> WaterfallSpan:
    """Make a statement that starts in the given millisecond and takes half of one."""
    name = " ".join(text.split()[:1] + text.split()[3:4])
    made = WaterfallSpan(
        f"s{number}", "root", "clinic", name, number * MS, number * MS + MS // 2, text
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # a test's short spelling


def connect(number: int) -> WaterfallSpan:
    return select(number, name="connect", statement=None)


def sizes(spans: list[WaterfallSpan]) -> list[int]:
    return [len(group) for group in fold(spans)]


@pytest.mark.parametrize(
    ("spans", "groups"),
    [
        pytest.param([select(n) for n in range(RUN_LENGTH)], [5], id="five-equal-are-a-run"),
        pytest.param([select(n) for n in range(RUN_LENGTH - 1)], [1] * 4, id="four-are-not"),
        pytest.param(
            [select(n, APPOINTMENT if n == 6 else CAT) for n in range(13)],
            [6, 1, 6],
            id="another-statement-ends-a-run",
        ),
        pytest.param(
            [select(n, CAT if n % 2 else APPOINTMENT) for n in range(10)],
            [1] * 10,
            id="alternating-do-not-fold",
        ),
        pytest.param(
            [select(n, name="work", statement=None) for n in range(9)],
            [1] * 9,
            id="without-a-statement-do-not-fold",
        ),
        pytest.param(
            [connect(n) if n % 2 else select(n) for n in range(12)],
            [6, 6],
            id="connects-fold-among-themselves",
        ),
        pytest.param(
            [select(n, **({"name": "connect"} if n == 2 else {})) for n in range(6)],
            [1] * 6,
            id="a-statement-named-connect-is-a-statement",
        ),
    ],
)
def test_runs_of_equal_statements_fold(spans: list[WaterfallSpan], groups: list[int]) -> None:
    assert sizes(spans) == groups


@pytest.mark.parametrize(
    "different",
    [{"service": "billing"}, {"name": "SELECT dog"}, {"statement": "SELECT 1"}],
    ids=["service", "name", "statement"],
)
def test_a_span_of_another_key_is_not_part_of_the_run(different: dict[str, str]) -> None:
    spans = [*(select(n) for n in range(4)), select(4, **different)]

    assert sizes(spans) == [1] * 5


def test_connect_does_not_break_a_run() -> None:
    spans = [select(0), select(1), connect(2), select(3), select(4), select(5)]

    groups = fold(spans)

    assert [[span.name for span in group] for group in groups] == [
        ["SELECT cat"] * 5,
        ["connect"],
    ]


def test_children_of_different_parents_do_not_make_a_run() -> None:
    parents = [select(n, name="work", statement=None, span_id=f"p{n}") for n in range(2)]
    children = [select(n, parent_span_id=f"p{n // 10 - 1}") for n in (10, 11, 12, 20, 21, 22)]

    rows = lay_out([ROOT, *parents, *children]).rows

    assert not [row for row in rows if isinstance(row, RunRow)]


def test_a_run_says_count_and_total_and_opens_into_its_spans() -> None:
    waterfall = lay_out([ROOT, *(select(n) for n in range(480))])

    run = waterfall.rows[1]
    assert isinstance(run, RunRow)
    assert (run.name, run.count, run.total_nano) == ("SELECT cat", 480, 240 * MS)
    assert waterfall.share(run.total_nano) == pytest.approx(0.24)
    assert [row.span.span_id for row in run.rows[:2]] == ["s0", "s1"]
    assert {row.depth for row in run.rows} == {2}


def test_a_run_opens_into_what_its_spans_contain() -> None:
    children = [select(n, span_id=f"d{n}", parent_span_id=f"s{n}") for n in range(5)]

    run = lay_out([ROOT, *(select(n) for n in range(5)), *children]).rows[1]

    assert isinstance(run, RunRow)
    assert [row.depth for row in run.rows] == [2, 3] * 5


def test_rows_go_depth_first_in_order_of_start() -> None:
    child = select(2, parent_span_id="s1", span_id="inner")

    rows = lay_out([select(5), child, select(1), ROOT]).rows

    assert [(row.span.span_id, row.depth) for row in rows if isinstance(row, SpanRow)] == [
        ("root", 0),
        ("s1", 1),
        ("inner", 2),
        ("s5", 1),
    ]


def test_orphans_stand_after_the_root() -> None:
    orphan = WaterfallSpan("lost", "gone", "clinic", "work", -5 * MS, 3 * MS)

    waterfall = lay_out([orphan, ROOT])

    assert [row.span.span_id for row in waterfall.rows if isinstance(row, SpanRow)] == [
        "root",
        "lost",
    ]
    assert waterfall.root == ROOT
    assert waterfall.start_nano == -5 * MS


def test_orphans_fold_where_they_miss_the_same_parent() -> None:
    children = [select(n, parent_span_id=f"gone{n // 4}") for n in range(12)]

    apart = lay_out([ROOT, *children]).rows
    together = lay_out([ROOT, *(replace(span, parent_span_id="gone") for span in children)]).rows

    assert len(apart) == 13
    assert [row.count for row in together if isinstance(row, RunRow)] == [12]


def test_a_circle_of_parents_is_shown_once() -> None:
    circle = [
        select(1, span_id="a", parent_span_id="c"),
        select(2, span_id="b", parent_span_id="a"),
        select(3, span_id="c", parent_span_id="b"),
        select(4, span_id="self", parent_span_id="self"),
    ]

    rows = lay_out(circle).rows

    assert [row.span.span_id for row in rows if isinstance(row, SpanRow)] == [
        "a",
        "b",
        "c",
        "self",
    ]


def test_a_chain_of_thousands_is_laid_out() -> None:
    chain = [
        WaterfallSpan(f"n{n}", f"n{n - 1}" if n else "", "clinic", "call", n, 10_000)
        for n in range(5000)
    ]

    assert len(lay_out(chain).rows) == 5000


def test_an_end_before_the_start_has_no_duration() -> None:
    backwards = replace(ROOT, start_nano=10, end_nano=5)

    waterfall = lay_out([backwards])

    assert waterfall.root.duration_nano == 0
    assert waterfall.share(5) > 0


def alike(spans: list[WaterfallSpan]) -> list[int]:
    return [len(group) for group in fold(spans, "alike")]


def test_equal_siblings_are_alike_wherever_they_stand() -> None:
    spans = [select(n, CAT if n % 2 else APPOINTMENT) for n in range(10)]

    assert alike(spans) == [5, 5]


def test_alike_spans_without_a_statement_fold_too() -> None:
    calls = [select(n, name="GET", statement=None) for n in range(6)]

    assert alike([*calls, select(6)]) == [6, 1]


def test_four_alike_are_not_folded() -> None:
    assert alike([select(n, CAT if n % 2 else APPOINTMENT) for n in range(8)]) == [1] * 8


def test_alike_spans_below_two_parents_are_two_groups() -> None:
    parents = [select(n, APPOINTMENT, span_id=f"p{n}") for n in range(2)]
    children = [select(n, span_id=f"c{n}", parent_span_id=f"p{n % 2}") for n in range(2, 14)]

    rows = lay_out([ROOT, *parents, *children], "alike").rows

    assert [row.count for row in rows if isinstance(row, RunRow)] == [6, 6]


def test_unfolded_every_span_is_a_row() -> None:
    rows = lay_out([ROOT, *(select(n) for n in range(50))], "none").rows

    assert len(rows) == 51
