import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.tracestore.samples import span
from tracestore.store.spans import kind_name, statement_of


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


def test_a_kind_has_jaegers_name_and_an_unknown_one_has_none() -> None:
    named = [kind_name(number) for number in range(-1, 7)]

    assert named == ["", "", "internal", "server", "client", "producer", "consumer", ""]
