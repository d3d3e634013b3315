"""Write reports: whole files, drawn from the events alone, and JSON as its schema says."""

import json
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from PIL import Image, ImageChops

from harness.project import PROJECT
from incident.story import events as ev
from incident.story import svg
from incident.story.document import document
from incident.story.drawing import PAPER, WIDTH, Drawing
from incident.story.pages import HTML, JSON, write_whole
from incident.story.png import MARGIN_X, SCALE, png
from incident.story.report import drawings, write_report
from incident.story.schema import schema
from incident.story.story import Story, tell
from tests.incident.story.plausible import events, story

PUBLISHED = PROJECT / "docs" / "reference" / "replay-report.schema.json"
CHARTS = {
    *("latency", "requests", "sql", "cpu"),
    *("waterfall-before", "waterfall-after", "predictions"),
}


def as_json(told: Story) -> object:
    return json.loads(json.dumps(document(told)))


def test_the_published_schema_is_that_of_the_code() -> None:
    made = json.dumps(schema(), indent=2) + "\n"

    assert PUBLISHED.read_text(encoding="utf-8") == made, (
        f"write it again: python -m incident.story.schema > {PUBLISHED.relative_to(PROJECT)}"
    )
    Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("until_s", [0.0, 15.0, 130.0, 280.0, None])
def test_report_json_is_what_the_schema_says(until_s: float | None) -> None:
    Draft202012Validator(schema()).validate(as_json(story(until_s)))


def test_a_report_of_nothing_is_what_the_schema_says() -> None:
    Draft202012Validator(schema()).validate(as_json(Story()))


def test_the_schema_refuses_what_is_not_a_report() -> None:
    report = document(story())
    del report["phases"][0]["begun"]["strategy"]

    with pytest.raises(ValidationError, match="'strategy' is a required property"):
        Draft202012Validator(schema()).validate(report)


def test_report_json_holds_the_result_and_every_prediction() -> None:
    short = ev.FellShort(at_s=300, text="the alert did not fire.")
    report = document(tell([*events(), short]))

    assert report["result"]["headline"] == "Fell short: the alert did not fire."
    assert report["result"]["fell_short"] == ["the alert did not fire."]
    assert report["result"]["finished"]
    assert [one["inside"] for one in report["predictions"]].count(True) == 6
    assert {one["measure"]: round(one["mid"]) for one in report["ratios"]}["statements"] == 512


def test_every_chart_is_written_twice(tmp_path: Path) -> None:
    paths = write_report(tmp_path, story())

    assert paths[:2] == [tmp_path / HTML, tmp_path / JSON]
    for suffix in (".svg", ".png"):
        assert {one.stem for one in (tmp_path / "charts").glob(f"*{suffix}")} == CHARTS
    for one in (tmp_path / "charts").glob("*.svg"):
        assert ElementTree.fromstring(one.read_text()).tag == "{http://www.w3.org/2000/svg}svg"


def test_the_same_events_give_the_same_files(tmp_path: Path) -> None:
    first, again = (write_report(tmp_path, story()) for _ in range(2))
    once = {path: path.read_bytes() for path in first}

    assert {path: path.read_bytes() for path in again} == once
    assert not list(tmp_path.rglob(".*"))


def test_a_story_without_an_end_says_so(tmp_path: Path) -> None:
    write_report(tmp_path, story(130))

    report = json.loads((tmp_path / JSON).read_text())

    assert report["result"]["headline"] == (
        "The replay could not finish: its record stops after 2:10 minutes."
    )
    assert report["result"]["exit_code"] == 3
    assert not report["result"]["finished"]


def test_half_a_file_never_takes_the_place_of_a_whole_one(tmp_path: Path) -> None:
    (tmp_path / JSON).write_text("whole")

    with pytest.raises(TypeError):
        write_whole(tmp_path / JSON, None)  # type: ignore[arg-type]

    assert (tmp_path / JSON).read_text() == "whole"


@pytest.mark.parametrize("drawing", list(drawings(story())), ids=lambda one: one.name)
def test_a_png_has_ink_over_its_whole_width(drawing: Drawing) -> None:
    image = Image.open(BytesIO(png(drawing)))

    assert image.width == (WIDTH + 2 * MARGIN_X) * SCALE
    inked = ImageChops.difference(image, Image.new("RGB", image.size, PAPER)).getbbox()
    assert inked is not None
    left, top, right, bottom = inked
    assert left <= 2 * MARGIN_X * SCALE
    assert right >= image.width - 3 * MARGIN_X * SCALE
    # Nothing is cut off.
    assert left > 0
    assert top > 0
    assert right < image.width
    assert bottom < image.height


def test_a_colour_is_the_same_as_svg_and_as_png() -> None:
    waterfall = next(one for one in drawings(story()) if one.name == "waterfall-before")
    colours = Image.open(BytesIO(png(waterfall))).getcolors(1 << 20)

    assert ".db{fill:#e08a00" in svg.file(waterfall)
    assert (0xE0, 0x8A, 0x00) in [colour for _, colour in colours or []]
