"""Checks of both stacks: from the page to its stored trace."""

from collections.abc import Sequence

from harness.ports import Port, is_taken
from harness.waiting import wait_until
from incident.doctor.patient import Patient, Unwell
from incident.errors import BackendError, DeadlinePassed
from incident.stack.counters import Counters
from incident.stack.settings import COMPOSE

SECOND_NS = 1_000_000_000
# Between a request's start on the one clock and on the other, as long as they are one.
CLOCK_TOLERANCE_NS = SECOND_NS


def listened(ports: Sequence[Port]) -> str:
    """Something listens on each port."""
    silent = [port for port in ports if not is_taken(port.number)]
    if silent:
        names = ", ".join(f"{one.number} ({one.wanted_by}, {one.variable})" for one in silent)
        raise Unwell(
            f"Nothing listens on port {names}.",
            "Start what is missing, or name the port that it has by its variable.",
        )
    return ", ".join(f"{port.wanted_by} {port.number}" for port in ports)


def service(patient: Patient) -> str:
    """The clinic answers, and says which strategy it uses."""
    visit = patient.visit
    return (
        f"answered in {visit.elapsed_ms:,.0f} ms, reads Success Stories by {visit.strategy}: "
        f"{visit.statements:,} statements"
    )


def stored(patient: Patient) -> str:
    """The trace of the doctor's visit arrives, whole."""
    visit, backend = patient.visit, patient.backend
    try:
        wait_until(
            lambda: len(backend.spans(visit.trace_id)) >= visit.spans,
            what="the spans",
            deadline_s=patient.patience_s,
        )
    except DeadlinePassed as error:
        arrived = len(backend.spans(visit.trace_id))
        raise Unwell(
            f"{arrived:,} of {visit.spans:,} spans of trace {visit.trace_id} are stored after "
            f"{patient.patience_s:g} s.",
            "Does the service send to the right place (OTEL_EXPORTER_OTLP_ENDPOINT, "
            f"{patient.settings.otlp.variable})? Then see what it and the receiver log.",
        ) from error
    return f"all {visit.spans:,} spans of trace {visit.trace_id[:8]}… are stored"


def found(patient: Patient) -> str:
    """A search by service and time finds the trace."""
    visit = patient.visit
    start_ns, end_ns = visit.sent_ns - SECOND_NS, visit.answered_ns + SECOND_NS
    if visit.trace_id not in patient.backend.span_counts(start_ns, end_ns):
        raise Unwell(
            "A search for the service cat-clinic does not find the trace.",
            "Is the service called otherwise (OTEL_SERVICE_NAME), or its clock wrong?",
        )
    return "a search by service and time finds it"


def counted(patient: Patient) -> str:
    """The service's own counts arrive, and none of its spans is lost."""
    counters = _counters(patient)
    if counters.dropped:
        raise Unwell(
            f"The service lost {counters.dropped:,} of the {counters.created:,} spans that it "
            "made since it was started.",
            "A full queue (OTEL_BSP_MAX_QUEUE_SIZE) or failing exports: see its log.",
        )
    return f"{counters.created:,} made since the service was started, none lost"


def _counters(patient: Patient) -> Counters:
    try:
        wait_until(
            lambda: patient.counters.counters().created,
            what="the service's metrics",
            deadline_s=patient.patience_s,
        )
    except (DeadlinePassed, BackendError) as error:
        raise Unwell(
            "The service's count of its spans does not arrive.",
            "Does it export metrics (OTEL_EXPORTER_OTLP_METRICS_ENDPOINT)?",
        ) from error
    return patient.counters.counters()


def clocks(patient: Patient) -> str:
    """The request begins by the service's clock when it begins by the doctor's."""
    visit = patient.visit
    starts = [span.start_time_unix_nano for span in patient.backend.spans(visit.trace_id)]
    if not starts:
        raise Unwell("There is no span to read the service's clock from.", "See `traces`.")
    ahead_ns = 0
    if min(starts) < visit.sent_ns - CLOCK_TOLERANCE_NS:
        ahead_ns = min(starts) - visit.sent_ns
    elif min(starts) > visit.answered_ns + CLOCK_TOLERANCE_NS:
        ahead_ns = min(starts) - visit.answered_ns
    if ahead_ns:
        word = "ahead of" if ahead_ns > 0 else "behind"
        raise Unwell(
            f"The service's clock is {abs(ahead_ns) / SECOND_NS:.1f} s {word} this machine's.",
            "Let both follow a time server: searches by time miss what the clock misplaces.",
        )
    return "the service's and this machine's agree"


def versions(patient: Patient) -> str:
    """The clinic that runs is the one of this checkout."""
    resource = patient.backend.resource(patient.visit.trace_id)
    if not resource:
        raise Unwell("There is no span to read the clinic's version from.", "See `traces`.")
    running = resource.get("service.version")
    if running != patient.expected_version:
        how = "`make up` builds it anew" if patient.settings.target == COMPOSE else "start it anew"
        raise Unwell(
            f"The clinic that runs is {running or 'of an unknown version'}, and this checkout is "
            f"{patient.expected_version}.",
            f"Stop it, and {how}.",
        )
    return f"the clinic is {running}, as here"
