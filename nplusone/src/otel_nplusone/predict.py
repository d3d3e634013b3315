"""Predict what mending an N+1 would bring, from traces alone.

    from otel_nplusone.predict import predict

    for outlook in predict(["traces.jsonl"]):
        for one in outlook.together:
            print(outlook.route, one.repair, one.statements, one.p50_ns, one.capacity)

docs/reference/predict.md has the counting rule, the model, and what it cannot know.
"""

from collections.abc import Sequence
from dataclasses import replace

from otel_nplusone._predict.counting import Loop, Repair
from otel_nplusone._predict.growth import Growth, Line
from otel_nplusone._predict.interval import Interval
from otel_nplusone._predict.model import (
    DEFAULT_LIMIT_NS,
    Figures,
    Outlook,
    Prediction,
)
from otel_nplusone.scan import Progress, Wanted, scan

__all__ = [
    "Figures",
    "Growth",
    "Interval",
    "Line",
    "Loop",
    "Outlook",
    "Prediction",
    "Repair",
    "predict",
]


def predict(
    sources: Sequence[str], wanted: Wanted | None = None, progress: Progress = iter
) -> tuple[Outlook, ...]:
    """Scan sources and return what each route with an N+1 has to expect, the slowest first.

    `wanted.limit_ns` is the duration at which a page is too slow. SourceError where a source cannot
    be read at all.
    """
    asked = wanted or Wanted()
    limit_ns = asked.limit_ns or DEFAULT_LIMIT_NS
    return scan(sources, replace(asked, limit_ns=limit_ns), progress).outlooks
