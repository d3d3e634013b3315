from dataclasses import replace

from tracestore.pages._statements import distinct_statements, find_repetitions
from tracestore.pages._waterfall import RUN_LENGTH, WaterfallSpan

CAT = WaterfallSpan("1", "", "clinic", "SELECT cat", 0, 10, "SELECT ... FROM cat")


def test_runs_that_are_apart_add_up_to_one_statement() -> None:
    other = replace(CAT, name="SELECT appointment", statement="SELECT ... FROM appointment")

    statements = distinct_statements([CAT, CAT, other, CAT, other])

    assert [(s.name, s.count, s.total_nano) for s in statements] == [
        ("SELECT cat", 3, 30),
        ("SELECT appointment", 2, 20),
    ]


def test_equal_texts_of_two_services_are_two_statements() -> None:
    assert len(distinct_statements([CAT, replace(CAT, service="billing")])) == 2


def test_spans_without_a_statement_are_left_out() -> None:
    assert distinct_statements([replace(CAT, name="connect", statement=None)]) == []


def test_statements_repeated_below_one_parent_are_found_the_longest_first() -> None:
    root = replace(CAT, span_id="root", name="GET /", statement=None)
    short, long = (
        replace(CAT, parent_span_id="root", statement=text, end_nano=nano)
        for text, nano in (("SELECT short", 10), ("SELECT long", 20))
    )
    seldom = replace(short, statement="SELECT seldom")
    elsewhere = replace(long, parent_span_id="gone")

    found = find_repetitions(
        [root, *[short, long, elsewhere] * RUN_LENGTH, *[seldom] * (RUN_LENGTH - 1)]
    )

    assert [(r.statement.text, r.parent, r.statement.count, r.mean_nano) for r in found] == [
        ("SELECT long", "GET /", RUN_LENGTH, 20),
        ("SELECT long", "", RUN_LENGTH, 20),
        ("SELECT short", "GET /", RUN_LENGTH, 10),
    ]
