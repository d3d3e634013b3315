"""Test that the page of a trace tells the ways from a statement to the loops that repeat it."""

from html import unescape

import pytest
from flask.testing import FlaskClient
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.tracestore.conftest import Write
from tests.tracestore.samples import TRACE, request, span

CAT = "SELECT cat.id FROM cat WHERE cat.id = ?"
GET_CAT = "/srv/app/clinic/db.py:41 get_cat"
LOOP = "/srv/app/clinic/stories.py:63 list_cats_seen_at"
OTHER = "/srv/app/clinic/owners.py:7 list_cats_of"


def sent(number: int, way: str) -> Span:
    """Make a span of a statement that tells its line and the way to the loop."""
    made = span(number, parent=1, statement=CAT)
    told = {"code.file.path": "/srv/app/clinic/db.py", "nplusone.code.path": way}
    for key, value in told.items():
        made.attributes.append(KeyValue(key=key, value=AnyValue(string_value=value)))
    made.attributes.append(KeyValue(key="code.line.number", value=AnyValue(int_value=41)))
    return made


@pytest.mark.parametrize(
    ("ways", "shown"),
    [
        (
            [f"{GET_CAT} ← {LOOP}"],
            ["…/clinic/db.py:41 get_cat ← …/clinic/stories.py:63 list_cats_seen_at"],
        ),
        (
            [f"{GET_CAT} ← {LOOP}", f"{GET_CAT} ← {OTHER}"],
            [
                "3 × …/clinic/db.py:41 get_cat ← …/clinic/stories.py:63 list_cats_seen_at",
                "3 × …/clinic/db.py:41 get_cat ← …/clinic/owners.py:7 list_cats_of",
            ],
        ),
    ],
)
def test_each_way_is_shown_without_its_long_folders(
    ways: list[str], shown: list[str], client: FlaskClient, write: Write
) -> None:
    write(request([span(1), *(sent(n, ways[n % len(ways)]) for n in range(2, 8))]))

    page = unescape(client.get(f"/trace/{TRACE.hex()}").text)

    assert all(f">{way}</code>" in page for way in shown)
    assert page.count(" get_cat ← …") == len(shown)
