from dataclasses import replace

from tracestore.pages._statements import distinct_statements
from tracestore.pages._waterfall import WaterfallSpan

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
