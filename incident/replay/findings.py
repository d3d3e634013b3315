"""Ask otel-nplusone what is wrong in the traces of a replay."""

import time

from incident.stack.commands import SERVICE_NAME
from incident.stack.run import Run
from otel_nplusone.errors import NPlusOneError
from otel_nplusone.jaeger import Search
from otel_nplusone.report import as_text
from otel_nplusone.scan import Wanted, scan

MOST_TRACES = 40
_BEFORE_START_S = 5


def show(run: Run) -> None:
    """Print the findings in traces of this run, taken from all of its time."""
    backend = run.stack.trace_ui.address
    since_s = time.monotonic() - run.console.started + _BEFORE_START_S
    run.console.step("Scanning the traces for N+1 queries.")
    try:
        result = scan([backend], Wanted(Search(SERVICE_NAME, since_s, MOST_TRACES)))
    except NPlusOneError as error:
        run.console.step(f"Warning: the traces could not be scanned: {error}")
        return
    run.console.result(f"\notel-nplusone scan {backend} --max-traces {MOST_TRACES}\n")
    run.console.result(as_text(result, backend))
