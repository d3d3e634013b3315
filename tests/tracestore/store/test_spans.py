import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.tracestore.samples import span
from tracestore.store.spans import kind_name, kind_number, statement_of


@pytest.mark.parametrize("key", ["db.query.text", "db.statement"])
def test_a_statement_is_found_among_other_attributes(key: str) -> None:
    made = Span()
    for name, text in (("db.system.name", "sqlite"), ("db.statement", ""), (key, "SELECT 1")):
        made.attributes.add(key=name).value.string_value = text

    assert statement_of(made) == "SELECT 1"


def test_a_connect_has_no_statement() -> None:
    connect = span(1, name="connect")
    connect.attributes.add(key="db.system.name").value.string_value = "sqlite"

    assert statement_of(connect) is None


@pytest.mark.parametrize(
    ("number", "name"),
    [(1, "internal"), (2, "server"), (3, "client"), (4, "producer"), (5, "consumer")],
)
def test_kinds_have_a_number_and_a_name(number: int, name: str) -> None:
    assert (kind_name(number), kind_number(name)) == (name, number)


def test_an_unknown_kind_is_unspecified() -> None:
    assert [kind_name(number) for number in (-1, 0, 6)] == ["", "", ""]
    assert kind_number("teapot") == 0
