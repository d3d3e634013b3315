"""Check the configurations by the engines' own programs, as the compose file mounts them."""

import pytest

from harness.compose.project import Compose

pytestmark = pytest.mark.stack

CHECKS = {
    "otel-collector": ("otel-collector", "validate", "--config=/etc/otelcol-contrib/config.yaml"),
    "otel-collector, sampling": (
        "otel-collector",
        "validate",
        "--config=/etc/otelcol-contrib/config.yaml",
        "--config=/etc/otelcol-contrib/chosen.yaml",
    ),
    "jaeger": (
        "jaeger",
        "validate",
        "--config=/etc/jaeger/jaeger.yaml",
        "--config=/etc/jaeger/jaeger-mcp.yaml",
    ),
    "prometheus": (
        "--entrypoint=promtool",
        "prometheus",
        "check",
        "config",
        "/etc/prometheus/prometheus.yml",
    ),
}


@pytest.mark.parametrize("engine", CHECKS)
def test_an_engine_accepts_its_configuration(other_project: Compose, engine: str) -> None:
    chosen = {"COLLECTOR_CONFIG": "collector-sampling.yaml"}

    checked = other_project.run("run", "--rm", "--no-deps", *CHECKS[engine], env=chosen)

    assert checked.returncode == 0, checked.stderr + checked.stdout
