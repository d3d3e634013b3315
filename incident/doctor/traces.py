"""Check either stack: from the page to its stored trace."""

from collections.abc import Sequence

from harness.errors import BackendError, DeadlinePassed
from harness.ports import Port, is_taken
from harness.waiting import wait_until
from incident.doctor.patient import Patient, Unwell
from incident.stack.counters import Counters
from otel_nplusone.doctor import ahead_of

SECOND_NS = 1_000_000_000


def listened(ports: Sequence[Port]) -> str:
    """Check that something listens on each port."""
    silent = [port for port in ports if not is_taken(port.number)]
    if silent:
        names = ", ".join(f"{one.number} ({one.wanted_by}, {one.variable})" for one in silent)
        raise Unwell(
            f"Nothing listens on port {names}.",
            "Start what is missing, or name its port by its variable.",
        )
    return ", ".join(f"{port.wanted_by} {port.number}" for port in ports)


def service(patient: Patient) -> str:
    """Check that the clinic answers, and says which strategy it uses."""
    page = patient.page
    return (
        f"answered in {page.elapsed_ms:,.0f} ms, reads Success Stories by {page.strategy}: "
        f"{page.statements:,} statements"
    )


def stored(patient: Patient) -> str:
    """Check that the page's trace arrives whole."""
    trace_id, made, backend = patient.trace_id, patient.page.spans or 0, patient.backend
    try:
        wait_until(
            lambda: len(backend.spans(trace_id)) >= made,
            what="the spans",
            deadline_s=patient.patience_s,
        )
    except DeadlinePassed as error:
        arrived = len(backend.spans(trace_id))
        raise Unwell(
            f"{arrived:,} of {made:,} spans of trace {trace_id} are stored after "
            f"{patient.patience_s:g} s.",
            "Does the service send to the right place (OTEL_EXPORTER_OTLP_ENDPOINT, "
            f"{patient.stack.otlp.variable})? Then see what it and the receiver log.",
        ) from error
    return f"all {made:,} spans of trace {trace_id[:8]}… are stored"


def found(patient: Patient) -> str:
    """Check that a search by service and time finds the trace."""
    page = patient.page
    start_ns, end_ns = page.sent_ns - SECOND_NS, page.answered_ns + SECOND_NS
    if page.trace_id not in patient.backend.span_counts(start_ns, end_ns):
        raise Unwell(
            "A search for the service cat-clinic does not find the trace.",
            "Does the service have another name (OTEL_SERVICE_NAME), or is its clock wrong?",
        )
    return "a search by service and time finds it"


def counted(patient: Patient) -> str:
    """Check that the service's own counts arrive, and that no span of it is lost."""
    counters = _counters(patient)
    if counters.dropped:
        raise Unwell(
            f"The service lost {counters.dropped:,} of the {counters.created:,} spans that it "
            "made since its start.",
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
    """Check that the request begins by the service's clock when it begins by this machine's."""
    page = patient.page
    starts = [span.start_time_unix_nano for span in patient.backend.spans(patient.trace_id)]
    if not starts:
        raise Unwell("There is no span to read the service's clock from.", "See `traces`.")
    if ahead_ns := ahead_of(min(starts), page.sent_ns, page.answered_ns):
        word = "ahead of" if ahead_ns > 0 else "behind"
        raise Unwell(
            f"The service's clock is {abs(ahead_ns) / SECOND_NS:.1f} s {word} this machine's.",
            "Let both follow a time server: searches by time miss what the clock misplaces.",
        )
    return "the service's and this machine's agree"


def versions(patient: Patient) -> str:
    """Check that the clinic that runs is the one of this checkout."""
    resource = patient.backend.resource(patient.trace_id)
    if not resource:
        raise Unwell("There is no span to read the clinic's version from.", "See `traces`.")
    running = resource.get("service.version")
    if running != patient.expected_version:
        how = "build it with `make up`" if patient.stack.in_containers else "start it again"
        raise Unwell(
            f"The clinic that runs is {running or 'of an unknown version'}, and this checkout is "
            f"{patient.expected_version}.",
            f"Stop it, and {how}.",
        )
    return f"the clinic is {running}, as here"
