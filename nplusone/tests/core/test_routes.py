"""Test that entry spans are named by what they are for."""

import pytest
from opentelemetry.trace import SpanKind as SdkKind

from nplusone.tests.live_service import Service
from nplusone.tests.traces import Drawing
from otel_nplusone._core.detect import find_n_plus_one
from otel_nplusone._core.model import SpanKind
from otel_nplusone._core.routes import route

GET = {"http.request.method": "GET"}
CELERY = {"messaging.destination.name": "celery", "celery.task_name": "reports.send"}


@pytest.mark.parametrize(
    ("attributes", "name", "expected"),
    [
        (GET | {"http.route": "/cats/<id>"}, "GET /cats/<id>", "GET /cats/<id>"),
        ({"http.route": "/cats"}, "anything", "/cats"),
        (GET | {"url.path": "/users/17/cats"}, "GET", "GET /users/{id}/cats"),
        ({"http.method": "GET", "http.target": "/cats?page=2"}, "HTTP GET", "GET /cats"),
        ({"http.method": "POST", "http.url": "http://shop:80/cart/7"}, "POST", "POST /cart/{id}"),
        (GET, "GET", "GET"),
        (GET | {"url.path": "/cats"}, "cats.views.index", "cats.views.index"),
        (CELERY, "run/reports.send", "reports.send"),
        (
            {"messaging.destination.name": "default", "messaging.sidekiq.job_class": "SendReport"},
            "default process",
            "SendReport",
        ),
        ({"messaging.destination.name": "orders"}, "orders process", "orders"),
        ({}, "nightly", "nightly"),
    ],
)
def test_an_entry_span_is_named_by_what_it_is_for(
    attributes: dict[str, object], name: str, expected: str
) -> None:
    assert route(attributes, name) == expected


def test_tasks_of_one_queue_are_findings_of_their_own() -> None:
    drawing = Drawing()
    request = drawing.span(name="run/x", kind=SpanKind.CONSUMER, attributes=CELERY, ms=1_000)
    drawing.many(request, [f"SELECT name FROM cat WHERE id = {number}" for number in range(6)])

    (finding,) = find_n_plus_one(drawing.trace())

    assert finding.entry.route == "reports.send"


def test_the_metrics_of_a_bare_get_have_its_path() -> None:
    service = Service()
    attributes = GET | {"url.path": "/cats/17"}
    with service.tracer.start_as_current_span("GET", kind=SdkKind.SERVER, attributes=attributes):
        service.queries(6)

    (point,) = service.points("nplusone.findings")

    assert point.attributes["http.route"] == "GET /cats/{id}"
