"""Break each part of the compose stack's chain, and see the doctor name it.

On the engines' own programs, so that each can be stopped or misconfigured.
"""

import re
from pathlib import Path

import pytest

from clinic.seed.datasets import DATASETS
from clinic.seed.generate import generate
from clinic.seed.load import store as store_rows
from harness.clients.prometheus import Prometheus
from harness.processes import Processes
from harness.project import PROJECT
from harness.waiting import wait_until
from incident.doctor.examine import CONTAINERS, FINE, GRAFANA, WRONG, examine
from tests.stack.native import Faults, Native, start

pytestmark = pytest.mark.stack

# Nobody listens on their ports in these tests: neither Locust, Grafana, nor the control page.
LEFT_OUT = {"ports", "control", GRAFANA}
PATIENCE_S = 40
EVERYTHING_WRONG = Faults(
    no_span_metrics=True, no_exemplars=True, no_rules=True, monitor_elsewhere=True
)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> str:
    url = f"sqlite:///{tmp_path_factory.mktemp('clinic')}/clinic.db"
    store_rows(url, generate(DATASETS["test"], seed=1))
    return url


def states(
    native: Native, *, project: Path = PROJECT, patience_s: float = PATIENCE_S
) -> dict[str, tuple[str, str]]:
    found = examine(native.stack(project), without=CONTAINERS, patience_s=patience_s)
    return {one.part: (one.state, one.text) for one in found}


def stop(processes: Processes, native: Native, part: str) -> None:
    """End a part, and wait until Prometheus has noticed."""
    processes.stop(native.parts[part])
    prometheus = Prometheus(native.stack().prometheus.address)
    wait_until(
        lambda: prometheus.value(f'up{{job="{part}"}}') == 0,
        what=f"{part} to be missed",
        deadline_s=PATIENCE_S,
    )


def spans_made(native: Native) -> int:
    prometheus = Prometheus(native.stack().prometheus.address)
    return prometheus.count('otel_sdk_span_started_total{service_name="cat-clinic"}')


def collector_received(found: dict[str, tuple[str, str]]) -> int:
    match = re.search(r"received ([\d,]+) spans", found["collector"][1])
    assert match, found["collector"]
    return int(match[1].replace(",", ""))


def wrong(found: dict[str, tuple[str, str]]) -> set[str]:
    return {part for part, (state, _) in found.items() if state != FINE} - LEFT_OUT


def test_a_chain_that_is_well_is_fine_until_a_part_of_it_stops(
    processes: Processes, database: str, tmp_path: Path
) -> None:
    native = start(processes, tmp_path, database, Faults())

    well = states(native)
    made, received = spans_made(native), collector_received(well)
    stop(processes, native, "jaeger")
    without_jaeger = states(native, patience_s=5)
    stop(processes, native, "otel-collector")
    without_both = states(native, patience_s=5)

    assert wrong(well) == set(), well
    assert 0 < received <= made, "spans of another job were added to the Collector's"
    assert well[GRAFANA][0] == WRONG
    assert "GRAFANA_PORT" in well["ports"][1]
    assert well["control"][0] == WRONG and "does not answer" in well["control"][1]
    assert {"traces", "search", "targets", "monitor tab"} <= wrong(without_jaeger)
    assert "collector" not in wrong(without_jaeger)
    assert "jaeger" in without_jaeger["targets"][1]
    assert "cannot reach the Collector" in without_both["collector"][1]


def test_each_part_that_is_set_up_wrongly_is_named_by_itself(
    processes: Processes, database: str, tmp_path: Path
) -> None:
    native = start(processes, tmp_path, database, EVERYTHING_WRONG)
    project = tmp_path / "project"
    project.mkdir()
    (project / ".env").write_text("PROMETHEUS_IMAGE=prom/prometheus:v9.9.9\n", encoding="utf-8")

    found = states(native, project=project, patience_s=10)

    assert wrong(found) == {"targets", "span metrics", "monitor tab", "exemplars", "prometheus"}
    assert "no alert rules" in found["targets"][1]
    assert "exemplar-storage" in found["exemplars"][1]
    assert "9.9.9" in found["prometheus"][1]
