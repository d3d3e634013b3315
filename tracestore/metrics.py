"""The latest value of each metric series: how a run learns what a service created and dropped.

A series is a service, its instance, a metric's name and the point's attributes. Nothing but the
newest point of each is kept; whoever wants history wants a metrics backend.
"""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.metrics.v1.metrics_pb2 import HistogramDataPoint, Metric, NumberDataPoint
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from tracestore.spans import service_name
from tracestore.store import Store
from tracestore.values import finite, plain_attributes

MAX_SERIES = 10_000
_MAX_NANO = 2**63 - 1

_KEEP_NEWEST = """
INSERT INTO metric_point VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (service, instance, name, attributes) DO UPDATE SET
  unit = excluded.unit, type = excluded.type, value = excluded.value,
  time_unix_nano = excluded.time_unix_nano
WHERE excluded.time_unix_nano >= metric_point.time_unix_nano
"""


@dataclass(frozen=True, slots=True)
class MetricPoint:
    """One series' point, as `metric_point` keeps it; attributes and value are JSON texts."""

    service: str
    instance: str
    name: str
    attributes: str
    unit: str
    type: str
    value: str
    time_unix_nano: int


@dataclass(frozen=True, slots=True)
class DecodedPoints:
    """What a request holds: the points to keep, and how many are refused for which reason."""

    points: list[MetricPoint]
    rejected: int
    reason: str


def decode_points(request: ExportMetricsServiceRequest) -> DecodedPoints:
    """Take a request apart; points of a type that is not kept are counted and named."""
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


def write_points(store: Store, points: Iterable[MetricPoint]) -> None:
    """Keep each series' newest point; past MAX_SERIES the longest silent series go."""
    rows = [
        (p.service, p.instance, p.name, p.attributes, p.unit, p.type, p.value, p.time_unix_nano)
        for p in points
    ]
    with store.write() as connection:
        connection.executemany(_KEEP_NEWEST, rows)
        _hold_limit(connection)


def latest_points(
    store: Store, *, service: str | None = None, name: str | None = None
) -> list[MetricPoint]:
    """The latest point of each series, of one service and one metric where they are named."""
    with store.read() as connection:
        rows = connection.execute(
            "SELECT * FROM metric_point"
            " WHERE (:service IS NULL OR service = :service) AND (:name IS NULL OR name = :name)"
            " ORDER BY service, name, instance, attributes",
            {"service": service, "name": name},
        ).fetchall()
    return [MetricPoint(*row) for row in rows]


def point_object(point: MetricPoint) -> dict[str, Any]:
    """A point as /api/metrics/latest gives it."""
    return {
        "service": point.service,
        "instance": point.instance,
        "name": point.name,
        "unit": point.unit,
        "type": point.type,
        "attributes": json.loads(point.attributes),
        "value": json.loads(point.value),
        "time_unix_nano": point.time_unix_nano,
    }


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
            time_unix_nano=min(point.time_unix_nano, _MAX_NANO),
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


def _hold_limit(connection: sqlite3.Connection) -> None:
    (count,) = connection.execute("SELECT count(*) FROM metric_point").fetchone()
    if count > MAX_SERIES:
        connection.execute(
            "DELETE FROM metric_point WHERE (service, instance, name, attributes) IN"
            " (SELECT service, instance, name, attributes FROM metric_point"
            "  ORDER BY time_unix_nano LIMIT ?)",
            (count - MAX_SERIES,),
        )
