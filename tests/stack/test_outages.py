"""Stop a part of the stack under load and bring it back: requests, spans and their counts."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests

from harness.clients.prometheus import Prometheus
from harness.compose.engines import LOST_BY_THE_COLLECTOR, LOST_BY_THE_SERVICE, Jaeger, Locust
from harness.compose.project import Compose
from harness.waiting import wait_until
from tests.stack.visit import PATIENCE_S, visit, wait_until_stored

pytestmark = [pytest.mark.stack, pytest.mark.breaking]

BACK_S = 120
# The service holds back 16,384 spans, and each visit is some 500: these are more than fit.
MORE_THAN_A_QUEUE = 60
COMPLAINT = '"logger": "opentelemetry.'


@pytest.fixture(autouse=True)
def counted_anew(locust: Locust) -> None:
    """Let Locust count what one test does."""
    locust.forget()


@contextmanager
def away(stack: Compose, service: str) -> Iterator[None]:
    """Stop a part of the stack; bring it back afterwards, whatever happened."""
    stack.do("stop", service)
    try:
        yield
    finally:
        stack.do("up", "--detach", "--wait", "--no-deps", service)


def wait_for_visits(locust: Locust, number: int = 3) -> None:
    """Wait until some of Locust's own visitors have been answered as well."""
    wait_until(
        lambda: locust.visits().answered > number,
        what=f"answers to {number} visitors",
        deadline_s=PATIENCE_S,
        every_s=1,
    )


def test_without_jaeger_requests_go_on_and_its_spans_arrive_when_it_is_back(
    stack: Compose, jaeger: Jaeger, prometheus: Prometheus, locust: Locust
) -> None:
    lost_before = prometheus.count(LOST_BY_THE_COLLECTOR)

    with away(stack, "jaeger"):
        meanwhile = visit(stack)
        wait_for_visits(locust)
    wait_until_stored(jaeger, meanwhile)
    afterwards = visit(stack)
    wait_until_stored(jaeger, afterwards)

    assert (meanwhile.status, afterwards.status) == (200, 200)
    assert locust.visits().failed == 0
    assert prometheus.count(LOST_BY_THE_COLLECTOR) == lost_before


def test_without_the_collector_requests_go_on_and_what_is_lost_is_counted(
    stack: Compose, jaeger: Jaeger, prometheus: Prometheus, locust: Locust
) -> None:
    lost_before = prometheus.count(LOST_BY_THE_SERVICE)
    stopped_at = int(time.time())

    with away(stack, "otel-collector"):
        meanwhile = visit(stack)
        wait_for_visits(locust, MORE_THAN_A_QUEUE)
        wait_until(
            lambda: COMPLAINT in stack.do("logs", "--since", str(stopped_at), "service"),
            what="the service to complain of the Collector",
            deadline_s=BACK_S,
            every_s=1,
        )
    afterwards = visit(stack)
    wait_until_stored(jaeger, afterwards)

    assert (meanwhile.status, afterwards.status) == (200, 200)
    assert locust.visits().failed == 0
    wait_until(
        lambda: prometheus.count(LOST_BY_THE_SERVICE) > lost_before,
        what="the loss in Prometheus",
        deadline_s=BACK_S,
        every_s=1,
    )


def test_without_the_database_requests_are_answered_503_and_recover(
    stack: Compose, jaeger: Jaeger, locust: Locust
) -> None:
    before = stack.containers()["service"]["State"]["StartedAt"]

    with away(stack, "db"):
        meanwhile = visit(stack)
        wait_until(
            lambda: locust.visits().failed, what="a visitor to be told", deadline_s=PATIENCE_S
        )
    wait_until(lambda: is_ready(stack), what="the service to be ready again", deadline_s=BACK_S)
    afterwards = visit(stack)
    wait_until_stored(jaeger, afterwards)

    assert (meanwhile.status, afterwards.status) == (503, 200)
    assert all("503" in error for error in locust.visits().errors)
    assert stack.containers()["service"]["State"]["StartedAt"] == before


def is_ready(stack: Compose) -> bool:
    return requests.get(stack.url("CLINIC_PORT", "/readyz"), timeout=PATIENCE_S).ok
