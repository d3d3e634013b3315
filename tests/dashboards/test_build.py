"""Test the dashboards: committed as built, and each panel says what it shows and in which unit."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from dashboards.build import FOLDER, documents, write

DOCUMENTS: dict[str, dict[str, Any]] = {
    name: json.loads(text) for name, text in documents().items()
}
NAMED: dict[str, dict[str, Any]] = {
    f"{name}: {panel['title']}": panel
    for name, document in DOCUMENTS.items()
    for panel in document["panels"]
}
PANELS = [pytest.param(panel, id=name) for name, panel in NAMED.items()]
UIDS = {"clinic-home", "clinic-visitors", "clinic-why-slow", "clinic-database", "clinic-telemetry"}
COLUMNS = 24


def test_what_is_committed_is_what_is_built() -> None:
    committed = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}

    assert committed == documents(), "run `make dashboards` and commit what it writes"


def test_a_dashboard_that_is_built_no_longer_is_removed(tmp_path: Path) -> None:
    (tmp_path / "old.json").write_text("{}", encoding="utf-8")

    write(tmp_path)

    assert {path.name for path in tmp_path.iterdir()} == set(documents())


def test_uids_are_fixed() -> None:
    assert {document["uid"] for document in DOCUMENTS.values()} == UIDS
    assert {name.removesuffix(".json") for name in DOCUMENTS} == UIDS


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_sdk_reads_a_dashboard_as_it_was_written(name: str) -> None:
    """Find fields that the SDK's model does not know: they would be lost on the way."""
    document = DOCUMENTS[name]

    read = json.loads(json.dumps(Dashboard.from_json(document), cls=JSONEncoder))

    # The one thing that Grafana knows and the model does not.
    for annotation in document["annotations"]["list"]:
        assert annotation.pop("titleFormat")
        assert annotation.pop("step")
    assert read == document


@pytest.mark.parametrize("panel", PANELS)
def test_every_panel_has_a_description_and_its_values_a_unit(panel: dict[str, Any]) -> None:
    assert panel["description"]
    assert (panel["type"] == "text") or panel["fieldConfig"]["defaults"]["unit"]


@pytest.mark.parametrize("panel", PANELS)
def test_every_query_asks_the_provisioned_source(panel: dict[str, Any]) -> None:
    targets = panel.get("targets", [])

    assert (panel["type"] == "text") == (not targets)
    for target in targets:
        assert target["datasource"] == {"type": "prometheus", "uid": "prometheus"}
        assert target["expr"].count("(") == target["expr"].count(")")
    assert len({target["refId"] for target in targets}) == len(targets)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_panels_neither_overlap_nor_leave_the_page(name: str) -> None:
    cells = [
        (x, y)
        for panel in DOCUMENTS[name]["panels"]
        for place in [panel["gridPos"]]
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]

    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < COLUMNS


def test_heatmaps_open_traces() -> None:
    heatmaps = [panel for panel in NAMED.values() if panel["type"] == "heatmap"]

    assert heatmaps
    for panel in heatmaps:
        assert [target["exemplar"] for target in panel["targets"]] == [True]


def test_the_home_page_links_to_every_other_and_to_the_engines() -> None:
    home = DOCUMENTS["clinic-home.json"]
    text = next(panel for panel in home["panels"] if panel["type"] == "text")
    targets = set(re.findall(r"\]\(([^)]*)\)", text["options"]["content"]))

    assert {f"/d/{uid}" for uid in UIDS - {"clinic-home"}} <= targets
    assert any("16686/search" in target for target in targets)
    assert "http://127.0.0.1:8089" in targets


@pytest.mark.parametrize("name", DOCUMENTS)
def test_changes_of_strategy_and_phases_of_a_replay_are_annotated(name: str) -> None:
    annotations = DOCUMENTS[name]["annotations"]["list"]

    assert [one["expr"] for one in annotations] == ["clinic:strategy:begun", "incident_phase == 1"]
    assert all(one["enable"] for one in annotations)
