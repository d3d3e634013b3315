"""Test that the picture in docs/ is that of the models."""

import xml.etree.ElementTree as ET

import pytest

from clinic.models import Base
from harness.project import PROJECT
from tools.schema_picture import draw


def test_picture_in_the_documentation_is_up_to_date() -> None:
    picture = (PROJECT / "docs" / "schema.svg").read_text(encoding="utf-8")

    assert picture == draw(), "the models have changed: make schema"


@pytest.mark.parametrize("table", Base.metadata.sorted_tables, ids=lambda table: str(table.name))
def test_picture_shows_every_column_and_every_foreign_key(table: object) -> None:
    picture = ET.fromstring(draw())
    texts = [element.text for element in picture.iter("{http://www.w3.org/2000/svg}text")]
    lines = [element.text or "" for element in picture.iter("{http://www.w3.org/2000/svg}title")]
    drawn = Base.metadata.tables[str(table)]

    assert drawn.name in texts
    assert {column.name for column in drawn.columns} <= set(texts)
    of_this = [line for line in lines if line.startswith(f"{drawn.name} (")]
    assert len(of_this) == len(drawn.foreign_key_constraints)
