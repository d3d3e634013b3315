"""Test that provisioned links lead where somebody who is not logged in may go."""

import re
from typing import Any

import pytest
import yaml

from harness.project import PROJECT

GRAFANA: dict[str, Any] = yaml.safe_load(
    (PROJECT / "docker-compose.yml").read_text(encoding="utf-8")
)["services"]["grafana"]
TEXT = (PROJECT / "dashboards/provisioning/datasources/datasources.yaml").read_text("utf-8")
SOURCES: dict[str, dict[str, Any]] = {
    source["uid"]: source for source in yaml.safe_load(TEXT)["datasources"]
}
TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"


def expanded(text: str, variables: dict[str, str]) -> str:
    """Put variables in as Grafana does while it reads a provisioning file: $$ is a $."""
    return re.sub(
        r"\$\$|\$\{(\w+)}|\$(\w+)",
        lambda match: "$" if match[0] == "$$" else variables.get(match[1] or match[2], ""),
        text,
    )


@pytest.mark.parametrize("port", ["16686", "26686"])
def test_an_exemplar_opens_on_jaegers_own_page_where_it_listens(port: str) -> None:
    environment = {
        name: value.replace("${TRACE_UI_PORT:-16686}", port)
        for name, value in GRAFANA["environment"].items()
    }
    (destination,) = SOURCES["prometheus"]["jsonData"]["exemplarTraceIdDestinations"]

    link = expanded(destination["url"], environment).replace("${__value.raw}", TRACE_ID)

    assert destination["name"] == "trace_id"
    assert link == f"http://127.0.0.1:{port}/trace/{TRACE_ID}"


def test_no_link_needs_explore_which_an_anonymous_viewer_may_not_use() -> None:
    """Refuse links to a source, from an exemplar, a panel or a page: they lead to Explore."""
    dashboards = (PROJECT / "dashboards" / "json").glob("*.json")
    written = [TEXT, *(path.read_text(encoding="utf-8") for path in dashboards)]

    assert GRAFANA["environment"]["GF_AUTH_ANONYMOUS_ORG_ROLE"] == "Viewer"
    for text in written:
        assert "datasourceUid" not in text
        assert "/explore" not in text


def test_every_variable_of_the_sources_is_given_to_grafana() -> None:
    used = set(re.findall(r"(?<!\$)\$\{(\w+)}", TEXT))

    assert used
    assert used <= set(GRAFANA["environment"])
