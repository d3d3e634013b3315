"""See the incident and its fix as Jaeger, Prometheus and Locust show them."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.clients.prometheus import Prometheus
from harness.compose.engines import Jaeger, Locust, Trace
from harness.compose.project import Compose, make
from harness.waiting import wait_until

pytestmark = pytest.mark.stack

STORIES = "/success-stories"
FIRST_TRACE_S = 120
# The service follows its flags within two seconds, everything else is allowed three.
FOLLOWED_S = 5
ARRIVED_S = 90
MANY = 200
FEW = 3
# A visitor's request waits for its answer; what began before the switch ends after it.
NEW_TRACES = 20

NewTraces = Callable[[int, int], list[Trace]]


@pytest.fixture
def new_traces(jaeger: Jaeger) -> NewTraces:
    """Return whole traces of Success Stories that the service began after a moment."""

    def since(moment_ns: int, at_most: int) -> list[Trace]:
        traces = jaeger.traces("cat-clinic", f"GET {STORIES}", moment_ns, at_most=at_most)
        return [
            trace
            for trace in traces
            if trace.root_service == "visitors" and (trace.request_start_ns or 0) >= moment_ns
        ]

    return since


def test_one_request_that_a_visitor_began_sends_hundreds_of_statements(
    new_traces: NewTraces, jaeger: Jaeger
) -> None:
    since_ns = time.time_ns() - 60 * 10**9

    traces = wait_until(
        lambda: [trace for trace in new_traces(since_ns, 5) if trace.db_spans >= MANY],
        what=f"a trace of {STORIES} with {MANY} DB spans that Locust began",
        deadline_s=FIRST_TRACE_S,
        every_s=1,
    )

    assert traces[0].root_service == "visitors"
    # In its image the clinic is installed among its libraries.
    trace_id = traces[0].trace_id
    assert jaeger.values(trace_id, "code.file.path") == {"clinic/db.py"}
    (code,) = jaeger.values(trace_id, "nplusone.code")
    assert code.startswith("clinic/db.py:")


@pytest.mark.parametrize("metric", ["calls", "latencies"])
def test_the_monitor_tab_has_figures_of_the_clinic(jaeger: Jaeger, metric: str) -> None:
    assert wait_until(
        lambda: [point for point in jaeger.monitor(metric, "cat-clinic") if point > 0],
        what=f"{metric} of cat-clinic in the Monitor tab",
        deadline_s=ARRIVED_S,
        every_s=1,
    )


@pytest.mark.parametrize(
    "histogram",
    [
        'traces_span_metrics_duration_milliseconds_bucket{service_name="cat-clinic"}',
        "clinic_request_statements_bucket",
    ],
)
def test_exemplars_lead_to_traces_that_jaeger_has(
    jaeger: Jaeger, prometheus: Prometheus, histogram: str
) -> None:
    def known() -> list[str]:
        # The newest may be of a trace that is still on its way.
        return [one for one in prometheus.exemplars(histogram)[:20] if jaeger.trace(one).spans]

    assert wait_until(
        known, what=f"an exemplar of {histogram} with a trace", deadline_s=ARRIVED_S, every_s=1
    )


def test_the_fix_reaches_new_requests_within_seconds_without_restart_or_failure(
    stack: Compose,
    locust: Locust,
    new_traces: NewTraces,
    flags_file: Path,
) -> None:
    before = stack.containers()["service"]
    failed_before = locust.visits().failed

    fix(flags_file, "core")
    effective_ns = time.time_ns() + FOLLOWED_S * 10**9
    seen: dict[str, Trace] = {}

    def enough() -> bool:
        # Only what was begun well after the switch; older requests end as they began.
        seen.update((trace.trace_id, trace) for trace in new_traces(effective_ns, 5 * NEW_TRACES))
        return len(seen) >= NEW_TRACES

    wait_until(enough, what="traces after the fix", deadline_s=ARRIVED_S, every_s=1)

    assert max(trace.db_spans for trace in seen.values()) <= FEW
    after = stack.containers()["service"]
    assert after["Id"] == before["Id"]
    assert after["State"]["StartedAt"] == before["State"]["StartedAt"]
    assert after["RestartCount"] == 0
    assert locust.visits().failed == failed_before == 0


def fix(flags_file: Path, strategy: str) -> None:
    """Say `make fix`."""
    make("fix", f"STRATEGY={strategy}", f"FLAGS_FOLDER={flags_file.parent}")
