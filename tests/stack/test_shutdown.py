"""Stop the service while visitors wait for it: all that it has traced reaches Jaeger."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.clients.clinic import Page
from harness.clients.prometheus import Prometheus
from harness.compose.engines import LOST_BY_THE_SERVICE, STARTED, Jaeger
from harness.compose.project import Compose
from harness.errors import ClinicError
from harness.waiting import wait_until
from tests.stack.visit import PATIENCE_S, clinic_name, visit, wait_until_stored

pytestmark = [pytest.mark.stack, pytest.mark.breaking]

VISITORS = 4
COUNTED_S = 60
OF_SERVICE = '{service_name="cat-clinic"}'
EXPORTED = f"otel_sdk_exporter_span_exported_total{OF_SERVICE}"
QUEUE_WAS_FULL = 'otel_sdk_processor_span_processed_total{service_name="cat-clinic",error_type!=""}'


@pytest.fixture
def restarted(stack: Compose, services: tuple[str, ...]) -> Iterator[None]:
    """Start the service again afterwards."""
    yield
    stack.up(services)


@pytest.mark.usefixtures("restarted")
def test_a_stop_under_load_loses_no_span(
    stack: Compose, jaeger: Jaeger, prometheus: Prometheus
) -> None:
    name = clinic_name(stack)
    lost_before = prometheus.count(LOST_BY_THE_SERVICE)
    visits: list[Page] = []

    def keep_coming() -> None:
        while True:
            try:
                visits.append(visit(stack, "/success-stories", clinic=name))
            except ClinicError:
                return  # the service is gone

    with ThreadPoolExecutor(VISITORS) as visitors:
        leaving = [visitors.submit(keep_coming) for _ in range(VISITORS)]
        wait_until(lambda: len(visits) >= VISITORS, what="visits", deadline_s=PATIENCE_S)
        stack.do("stop", "service")
        for visitor in leaving:
            visitor.result()

    assert {one.status for one in visits} == {200}
    assert min(one.spans or 0 for one in visits) > 200
    for one in visits:
        wait_until_stored(jaeger, one)
    wait_until(
        lambda: (
            prometheus.count(STARTED)
            == prometheus.count(EXPORTED) + prometheus.count(QUEUE_WAS_FULL)
        ),
        what="the service's books to balance",
        deadline_s=COUNTED_S,
    )
    assert prometheus.count(LOST_BY_THE_SERVICE) == lost_before
    assert stack.containers()["service"]["State"]["ExitCode"] == 0
