"""Find N+1 queries as the exporter `nplusone` of OTEL_TRACES_EXPORTER, which sends nothing away.

opentelemetry-distro makes it by its entry point, with a batch processor of its own next to those
of other exporters. It writes to stderr what it finds, and a summary at the end. `otel-nplusone
run` does without it: spans that wait in a batch are lost when a signal ends the process.
"""

import sys
from collections.abc import Sequence
from typing import Protocol

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from otel_nplusone._core.model import Trace
from otel_nplusone._live.fence import fenced
from otel_nplusone._live.open_traces import OpenTraces
from otel_nplusone._live.sdk_spans import to_model
from otel_nplusone._report.text import render
from otel_nplusone._run.announce import Announcer
from otel_nplusone._run.engines import describe_engines, leave_engines


class Audience(Protocol):
    """Define who is told of each trace, and of the end."""

    def take(self, trace: Trace) -> None: ...
    def close(self) -> None: ...


class Terminal:
    """Write to a stream: each kind of finding once, and a summary if there was any trace."""

    def __init__(self, announcer: Announcer) -> None:
        self._announcer = announcer

    def take(self, trace: Trace) -> None:
        self._announcer.take(trace)

    def close(self) -> None:
        result = self._announcer.result()
        if result.traces_read:
            self._announcer.write(f"otel-nplusone: {render(result)}")


class NPlusOneExporter(SpanExporter):
    """Put traces together and tell an audience of them. A fault inside is logged once."""

    def __init__(self, audience: Audience | None = None) -> None:
        describe_engines()
        self._audience = audience if audience is not None else Terminal(Announcer(sys.stderr))
        self._traces = OpenTraces()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return SpanExportResult.SUCCESS if self._take(spans) else SpanExportResult.FAILURE

    @fenced
    def shutdown(self) -> None:
        leave_engines()
        for trace in self._traces.rest():
            self._audience.take(trace)
        self._audience.close()

    @fenced
    def _take(self, spans: Sequence[ReadableSpan]) -> bool:
        for span in spans:
            context = span.get_span_context()
            if context is not None:
                is_local_root = span.parent is None or span.parent.is_remote
                self._traces.ended_alone(to_model(span, context), is_local_root=is_local_root)
        for trace in self._traces.due():
            self._audience.take(trace)
        return True
