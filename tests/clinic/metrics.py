"""Read recorded metrics for tests."""

from collections.abc import Iterator
from typing import Any

from opentelemetry.sdk.metrics.export import InMemoryMetricReader


def data_points(reader: InMemoryMetricReader) -> Iterator[tuple[str, Any]]:
    """Yield (metric name, data point) of everything that was recorded."""
    data = reader.get_metrics_data()
    assert data is not None
    for resource in data.resource_metrics:
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                for point in metric.data.data_points:
                    yield metric.name, point
