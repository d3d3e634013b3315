"""Decode an export request for metrics into points."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.metrics.v1.metrics_pb2 import HistogramDataPoint, Metric, NumberDataPoint
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from tracestore.intake.decode import service_name
from tracestore.store.metrics import MetricPoint
from tracestore.store.spans import MAX_NANO
from tracestore.store.values import finite, plain_attributes


@dataclass(frozen=True, slots=True)
class DecodedPoints:
    """Hold a request's points, and how many were refused and why."""

    points: list[MetricPoint]
    rejected: int
    reason: str


def decode_points(request: ExportMetricsServiceRequest) -> DecodedPoints:
    """Decode a request; count and name the points of a type that is not kept."""
    points: list[MetricPoint] = []
    rejected = 0
    reason = ""
    for resource_metrics in request.resource_metrics:
        owner = (service_name(resource_metrics.resource), _instance(resource_metrics.resource))
        for scope_metrics in resource_metrics.scope_metrics:
            for metric in scope_metrics.metrics:
                kind = metric.WhichOneof("data")
                if kind in ("sum", "gauge", "histogram"):
                    points.extend(_points(owner, metric, kind))
                elif kind is not None:
                    rejected += len(getattr(metric, kind).data_points)
                    reason = (
                        f"metric {metric.name!r}: {kind} is not kept; send sum, gauge or histogram"
                    )
    return DecodedPoints(points, rejected, reason)


def _points(owner: tuple[str, str], metric: Metric, kind: str) -> Iterable[MetricPoint]:
    for point in getattr(metric, kind).data_points:
        value = _histogram(point) if kind == "histogram" else _number(point)
        yield MetricPoint(
            *owner,
            name=metric.name,
            attributes=json.dumps(plain_attributes(point.attributes), sort_keys=True),
            unit=metric.unit,
            type=kind,
            value=json.dumps(value),
            time_unix_nano=min(point.time_unix_nano, MAX_NANO),
        )


def _number(point: NumberDataPoint) -> int | float | None:
    if point.WhichOneof("value") == "as_int":
        return point.as_int
    return finite(point.as_double)


def _histogram(point: HistogramDataPoint) -> dict[str, Any]:
    return {
        "count": point.count,
        "sum": finite(point.sum),
        "bounds": [finite(bound) for bound in point.explicit_bounds],
        "bucket_counts": list(point.bucket_counts),
    }


def _instance(resource: Resource) -> str:
    for attribute in resource.attributes:
        if attribute.key == "service.instance.id":
            return attribute.value.string_value
    return ""
