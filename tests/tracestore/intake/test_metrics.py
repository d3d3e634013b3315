from typing import Any

import pytest
from flask.testing import FlaskClient
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric

from tracestore.store import metrics
from tracestore.store.database import Store
from tracestore.store.metrics import MetricPoint, latest_points, write_points

POINT = MetricPoint("cat-clinic", "one", "created", "{}", "{span}", "sum", "1", 1)


def request(*made: Metric, instance: str = "one") -> ExportMetricsServiceRequest:
    request = ExportMetricsServiceRequest()
    resource_metrics = request.resource_metrics.add()
    for key, value in (("service.name", "cat-clinic"), ("service.instance.id", instance)):
        resource_metrics.resource.attributes.add(key=key).value.string_value = value
    resource_metrics.scope_metrics.add().metrics.extend(made)
    return request


def counter(value: int, *, at: int = 1, processor: str = "batch") -> Metric:
    metric = Metric(name="spans.created", unit="{span}")
    point = metric.sum.data_points.add(as_int=value, time_unix_nano=at)
    point.attributes.add(key="processor").value.string_value = processor
    return metric


def post(client: FlaskClient, request: ExportMetricsServiceRequest) -> ExportMetricsServiceResponse:
    response = client.post(
        "/v1/metrics", data=request.SerializeToString(), content_type="application/x-protobuf"
    )
    assert response.status_code == 200
    return ExportMetricsServiceResponse.FromString(response.data)


def latest(client: FlaskClient, **query: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get("/api/metrics/latest", query_string=query).get_json()[
        "metrics"
    ]
    return found


def test_the_latest_value_of_a_series_is_given(client: FlaskClient) -> None:
    post(client, request(counter(5, at=1)))
    post(client, request(counter(9, at=2)))

    assert latest(client) == [
        {
            "service": "cat-clinic",
            "instance": "one",
            "name": "spans.created",
            "unit": "{span}",
            "type": "sum",
            "attributes": {"processor": "batch"},
            "value": 9,
            "time_unix_nano": 2,
        }
    ]


def test_of_two_points_of_one_time_the_later_to_come_is_kept(client: FlaskClient) -> None:
    post(client, request(counter(5, at=1)))
    post(client, request(counter(9, at=1)))

    assert [metric["value"] for metric in latest(client)] == [9]


def test_a_point_that_comes_late_does_not_replace_a_newer_one(client: FlaskClient) -> None:
    post(client, request(counter(9, at=2)))
    post(client, request(counter(5, at=1)))

    assert [metric["value"] for metric in latest(client)] == [9]


def test_instances_and_attributes_are_series_of_their_own(client: FlaskClient) -> None:
    post(client, request(counter(1), counter(2, processor="simple")))
    post(client, request(counter(4), instance="two"))

    assert sum(metric["value"] for metric in latest(client)) == 7


def test_gauges_and_histograms_are_kept(client: FlaskClient) -> None:
    gauge = Metric(name="memory")
    gauge.gauge.data_points.add(as_double=float("nan"))
    histogram = Metric(name="statements")
    histogram.histogram.data_points.add(
        count=3, sum=515.0, explicit_bounds=[10.0, 100.0], bucket_counts=[2, 0, 1]
    )

    post(client, request(gauge, histogram))

    assert [(metric["type"], metric["value"]) for metric in latest(client)] == [
        ("gauge", None),
        (
            "histogram",
            {"count": 3, "sum": 515.0, "bounds": [10.0, 100.0], "bucket_counts": [2, 0, 1]},
        ),
    ]


def test_a_type_that_is_not_kept_is_refused_by_name(client: FlaskClient) -> None:
    exponential = Metric(name="latency")
    exponential.exponential_histogram.data_points.add()

    answer = post(client, request(counter(1), exponential))

    assert answer.partial_success.rejected_data_points == 1
    assert "exponential_histogram" in answer.partial_success.error_message
    assert len(latest(client)) == 1


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"service": "cat-clinic"}, 1),
        ({"service": "other"}, 0),
        ({"name": "spans.created"}, 1),
        ({"name": "x"}, 0),
    ],
)
def test_metrics_are_found_by_service_and_name(
    client: FlaskClient, query: dict[str, str], found: int
) -> None:
    post(client, request(counter(1)))

    assert len(latest(client, **query)) == found


def test_the_number_of_series_is_bounded(store: Store) -> None:
    points = [
        MetricPoint("s", str(number), "m", "{}", "", "sum", "1", number)
        for number in range(metrics.MAX_SERIES + 10)
    ]

    write_points(store, points)

    kept = latest_points(store)
    assert len(kept) == metrics.MAX_SERIES
    assert min(point.time_unix_nano for point in kept) == 10


def test_an_empty_request_is_accepted(client: FlaskClient) -> None:
    post(client, ExportMetricsServiceRequest())

    assert latest(client) == []
