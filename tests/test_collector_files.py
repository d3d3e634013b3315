"""The sampling variant of the Collector differs from the plain one in nothing but the sampling."""

from itertools import chain
from pathlib import Path
from typing import Any

import yaml

OTEL = Path(__file__).resolve().parent.parent / "otel"


def pipelines(name: str) -> dict[str, dict[str, list[str]]]:
    told: dict[str, Any] = yaml.safe_load((OTEL / name).read_text(encoding="utf-8"))
    return dict(told["service"]["pipelines"])


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
