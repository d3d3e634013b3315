"""Test what the Collector's and Jaeger's files have in common, and where they differ."""

from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import yaml

OTEL = Path(__file__).resolve().parent.parent / "otel"


def service(name: str) -> dict[str, Any]:
    told: dict[str, Any] = yaml.safe_load((OTEL / name).read_text(encoding="utf-8"))
    return dict(told["service"])


def pipelines(name: str) -> dict[str, dict[str, list[str]]]:
    return dict(service(name)["pipelines"])


PLAIN = pipelines("collector.yaml")
SAMPLING = pipelines("collector-sampling.yaml")


def test_a_kept_span_goes_through_every_processor_that_it_would_go_through_anyway() -> None:
    usual = PLAIN["traces"]["processors"]
    passed = list(chain(*(pipeline["processors"] for pipeline in SAMPLING.values())))

    passed.remove("tail_sampling")

    assert passed == usual


def test_spans_end_where_they_would_end_anyway() -> None:
    first, second = SAMPLING["traces"], SAMPLING["traces/sampled"]

    assert set(first["exporters"]) - {"forward"} | set(second["exporters"]) == set(
        PLAIN["traces"]["exporters"]
    )
    assert second["receivers"] == ["forward"]


def test_span_metrics_are_computed_before_anything_is_left_out() -> None:
    assert "span_metrics" in SAMPLING["traces"]["exporters"]
    assert "tail_sampling" not in SAMPLING["traces"]["processors"]


def test_metrics_take_the_usual_way() -> None:
    assert "metrics" not in SAMPLING


@pytest.mark.parametrize("name", ["collector.yaml", "jaeger.yaml"])
def test_the_names_of_own_metrics_do_not_follow_a_default(name: str) -> None:
    """Pin the suffixes, whose default has changed: _total in Jaeger 2.13, and none in 2.20."""
    (reader,) = service(name)["telemetry"]["metrics"]["readers"]
    exporter = reader["pull"]["exporter"]["prometheus"]

    assert exporter["without_type_suffix"] is True
    assert exporter["without_units"] is True
